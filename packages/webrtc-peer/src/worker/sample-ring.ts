import type { AudioFrame } from '@rm/codecs';
import { micros, ticksToMicros } from '@rm/rtp-sync';
import { CLOCK_RATE, TICK_SAMPLES } from '../media/audio-format.js';
import { SharedRing } from './shared-ring.js';

/** Pieces of 10 ms that may wait for the mesh's thread: 2.56 s. */
const PIECES = 256;

/*
 * A record, in float64: capture time, its bound (NaN: without), number of samples, whether they are muted; then the samples
 * as float32.
 */
const HEAD = 4;
const RECORD_BYTES = 8 * HEAD + 4 * TICK_SAMPLES;

/** Samples that one thread writes and another reads, in shared memory. Mono at 48 kHz. */
export class SampleRing {
  readonly #ring: SharedRing;
  readonly #doubles: Float64Array;
  readonly #floats: Float32Array;
  /** What is read; the ring's own may be written to at any time. */
  readonly #piece = new Float32Array(TICK_SAMPLES);

  /** The ring in `memory`, or a new one. */
  constructor(memory?: SharedArrayBuffer) {
    this.#ring =
      memory === undefined ? SharedRing.create(PIECES, RECORD_BYTES) : new SharedRing(memory);
    this.#doubles = new Float64Array(this.#ring.memory);
    this.#floats = new Float32Array(this.#ring.memory);
  }

  /** Give it to the other thread. */
  get memory(): SharedArrayBuffer {
    return this.#ring.memory;
  }

  /** Pieces of up to 10 ms that went because nobody read them. */
  get dropped(): number {
    return this.#ring.dropped;
  }

  /** Copies samples in, any number of them, muted or not. True when the reader is to be told. */
  write({ samples, capture }: AudioFrame, muted: boolean): boolean {
    for (let from = 0; from < samples.length; from += TICK_SAMPLES) {
      const piece = samples.subarray(from, from + TICK_SAMPLES);
      const offset = this.#ring.claim();
      const at = offset / 8;
      this.#doubles[at] =
        capture === undefined ? NaN : capture.time + ticksToMicros(from, CLOCK_RATE);
      this.#doubles[at + 1] = capture?.bound ?? NaN;
      this.#doubles[at + 2] = piece.length;
      this.#doubles[at + 3] = Number(muted);
      this.#floats.set(piece, 2 * (at + HEAD));
      this.#ring.commit();
    }
    return this.#ring.wake();
  }

  /** Gives all that waits to `take`, which is done with a frame when it returns. */
  read(take: (frame: AudioFrame, muted: boolean) => void): void {
    this.#ring.awake();
    for (let offset = this.#ring.next(); offset !== undefined; offset = this.#ring.next()) {
      const at = offset / 8;
      const time = this.#doubles[at]!;
      const bound = this.#doubles[at + 1]!;
      const first = 2 * (at + HEAD);
      const samples = this.#piece.subarray(0, this.#doubles[at + 2]!);
      samples.set(this.#floats.subarray(first, first + samples.length));
      const muted = this.#doubles[at + 3] === 1;
      if (!this.#ring.release()) continue;
      const capture = Number.isNaN(time) ? undefined : { time: micros(time), bound: micros(bound) };
      take({ samples, sampleRate: CLOCK_RATE, channels: 1, capture }, muted);
    }
  }
}
