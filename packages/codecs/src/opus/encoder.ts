import { AbortedError, ClosedError } from '../errors.js';
import type { OpusEncoder, OpusEncoderOptions, OpusEncoderSettings } from './engine.js';
import { type HeapSupply, Resident } from './heap-supply.js';
import * as limits from './limits.js';
import type { NativeEncoder, NativeHeap } from './native.js';

/** What an encoder is set to unless told otherwise. */
const DEFAULTS = { fec: false, expectedLoss: 0, dtx: false, maxBandwidth: 'fullband' } as const;

/** An encoder on any engine: checks what it is given, and survives the heap it lives in. */
export class Encoder implements OpusEncoder {
  readonly sampleRate: number;
  readonly channels: number;
  readonly #frameLengths: readonly number[];
  readonly #resident: Resident<NativeHeap, NativeEncoder>;
  readonly #onClose: () => void;
  #settings: OpusEncoderSettings;
  #closed = false;

  /** `onClose` is called once. */
  constructor(supply: HeapSupply<NativeHeap>, options: OpusEncoderOptions, onClose: () => void) {
    const { sampleRate, channels, ...settings } = options;
    this.sampleRate = sampleRate;
    this.channels = channels;
    this.#settings = { ...DEFAULTS, ...settings };
    this.#frameLengths = limits.frameLengths(sampleRate);
    this.#resident = new Resident(supply, (heap) =>
      heap.createEncoder({ sampleRate, channels }, this.#settings),
    );
    this.#onClose = onClose;
    this.#resident.get();
  }

  get lookahead(): number {
    // libopus adds 4 ms to its 2.5 ms of overlap where it may change from one coder to the other.
    const change = this.#settings.application === 'lowdelay' ? 0 : this.sampleRate / 250;
    return this.sampleRate / 400 + change;
  }

  encode(pcm: Float32Array): Uint8Array {
    this.#checkOpen();
    limits.checkFrameLength(pcm.length / this.channels, this.#frameLengths);
    // The samples are not to blame for an abort, so the frame is encoded in the next heap.
    let cause: unknown;
    for (let attempt = 0; attempt < 2; attempt++) {
      const native = this.#resident.get();
      if (!native) break;
      try {
        return native.encode(pcm);
      } catch (error) {
        cause = error;
        this.#resident.aborted();
      }
    }
    throw new AbortedError(
      'the Opus engine failed again and again; leave this frame out, and create another encoder if it lasts',
      { cause },
    );
  }

  configure(settings: Partial<OpusEncoderSettings>): void {
    this.#checkOpen();
    limits.checkSettings(settings);
    const { application } = this.#settings;
    this.#settings = { ...this.#settings, ...settings };
    // libopus does not let go of an application, so the encoder is made anew for the next frame.
    if (this.#settings.application !== application) this.#resident.free();
    else this.#resident.get()?.configure(this.#settings);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#resident.free();
    this.#onClose();
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedError('this Opus encoder is closed; create another one');
  }
}
