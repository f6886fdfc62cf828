import type { AudioFrame } from '@rm/codecs';
import { type Micros, micros } from '@rm/rtp-sync';
import { CLOCK_RATE, TICK_SAMPLES } from '../media/audio-format.js';
import { SharedRing } from './shared-ring.js';

/** Ticks that an application's thread can be behind: 2.56 s. */
const TICKS = 256;
/** Peers that a ring has room for at first. */
const FIRST_PEERS = 4;

/*
 * A record, in float64: the instant; how many messages were posted before; then for each peer its capture time, the
 * bound of that (NaN: unknown), whether it is heard in this tick, and its samples as float32.
 */
const HEAD = 2;
const PEER_HEAD = 3;
const PEER = PEER_HEAD + TICK_SAMPLES / 2;

/** What has to be known to read the ring, told before the first tick that needs it. */
export type TickNews =
  /** The ring that is written to from now on. */
  | { readonly kind: 'tick-ring'; readonly memory: SharedArrayBuffer }
  /** Whose sound the places of a record are for. */
  | { readonly kind: 'heard'; readonly peers: readonly string[] }
  /** There are ticks to read. */
  | { readonly kind: 'ticked' };

/** Writes what is heard in each tick into shared memory. */
export class TickWriter {
  readonly #post: (news: TickNews) => void;
  #ring!: SharedRing;
  #doubles!: Float64Array;
  #floats!: Float32Array;
  #room = FIRST_PEERS / 2;
  #peers: readonly string[] = [];

  constructor(post: (news: TickNews) => void) {
    this.#post = post;
    this.#grow();
  }

  /** Writes a tick; `posted` gives the number of messages posted to the reader so far. */
  write(frames: ReadonlyMap<string, AudioFrame>, instant: Micros, posted: () => number): void {
    if (!this.#knows(frames)) {
      this.#peers = [...frames.keys()];
      while (this.#peers.length > this.#room) this.#grow();
      this.#post({ kind: 'heard', peers: this.#peers });
    }
    const at = this.#ring.claim() / 8;
    const doubles = this.#doubles;
    doubles[at] = instant;
    doubles[at + 1] = posted();
    for (let i = 0; i < this.#peers.length; i++) {
      const place = at + HEAD + i * PEER;
      const frame = frames.get(this.#peers[i]!);
      doubles[place] = frame?.capture?.time ?? NaN;
      doubles[place + 1] = frame?.capture?.bound ?? NaN;
      doubles[place + 2] = frame === undefined ? 0 : 1;
      if (frame !== undefined) this.#floats.set(frame.samples, 2 * (place + PEER_HEAD));
    }
    this.#ring.commit();
    if (this.#ring.wake()) this.#post({ kind: 'ticked' });
  }

  #knows(frames: ReadonlyMap<string, AudioFrame>): boolean {
    for (const peerId of frames.keys()) if (!this.#peers.includes(peerId)) return false;
    return true;
  }

  #grow(): void {
    this.#room *= 2;
    this.#ring = SharedRing.create(TICKS, 8 * (HEAD + this.#room * PEER));
    this.#doubles = new Float64Array(this.#ring.memory);
    this.#floats = new Float32Array(this.#ring.memory);
    this.#post({ kind: 'tick-ring', memory: this.#ring.memory });
  }
}

/** Reads what a {@link TickWriter} writes. */
export class TickReader {
  #ring: SharedRing | undefined;
  #doubles: Float64Array = new Float64Array();
  #floats: Float32Array = new Float32Array();
  #peers: readonly string[] = [];
  /** One for each peer; the ring's own may be written to at any time. */
  #samples: readonly Float32Array[] = [];
  readonly #frames = new Map<string, AudioFrame>();
  #droppedBefore = 0;

  /** Ticks that went because they were not read for more than two seconds. */
  get dropped(): number {
    return this.#droppedBefore + (this.#ring?.dropped ?? 0);
  }

  /** Ticks that can be read now. */
  get waiting(): number {
    return this.#ring?.waiting ?? 0;
  }

  /** Takes what the writer posted. */
  take(news: TickNews): void {
    if (news.kind === 'ticked') this.#ring?.awake();
    else if (news.kind === 'heard') {
      this.#peers = news.peers;
      this.#samples = news.peers.map(() => new Float32Array(TICK_SAMPLES));
    } else {
      this.#droppedBefore = this.dropped;
      this.#ring = new SharedRing(news.memory);
      this.#doubles = new Float64Array(news.memory);
      this.#floats = new Float32Array(news.memory);
    }
  }

  /**
   * The next tick of those that were written before the writer had posted more than `handled` messages; its frames are
   * in `frames` until the next call. So ticks and messages keep their order.
   */
  next(
    handled: number,
  ): { readonly frames: ReadonlyMap<string, AudioFrame>; readonly instant: Micros } | undefined {
    for (let offset = this.#ring?.next(); offset !== undefined; offset = this.#ring?.next()) {
      const at = offset / 8;
      const instant = micros(this.#doubles[at]!);
      const posted = this.#doubles[at + 1]!;
      if (posted <= handled) this.#read(at + HEAD);
      // Dropped while it was read: look again.
      if (posted > handled) return undefined;
      if (this.#ring?.release() === true) return { frames: this.#frames, instant };
    }
    return undefined;
  }

  #read(from: number): void {
    this.#frames.clear();
    for (let i = 0; i < this.#peers.length; i++) {
      const place = from + i * PEER;
      if (this.#doubles[place + 2] === 0) continue;
      const time = this.#doubles[place]!;
      const bound = this.#doubles[place + 1]!;
      const samples = this.#samples[i]!;
      const first = 2 * (place + PEER_HEAD);
      samples.set(this.#floats.subarray(first, first + TICK_SAMPLES));
      this.#frames.set(this.#peers[i]!, {
        samples,
        sampleRate: CLOCK_RATE,
        channels: 1,
        capture: Number.isNaN(time) ? undefined : { time: micros(time), bound: micros(bound) },
      });
    }
  }
}
