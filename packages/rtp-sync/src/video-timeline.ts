import { type CaptureTime, isBelievable, USABLE_BOUND } from './capture-clock.js';
import { DelayWindow } from './delay-window.js';
import { FrameQueue } from './frame-queue.js';
import { type Micros, micros } from './time.js';

/** A picture and when it was captured. The object is reused: read it before the next call. */
export interface TimedVideoFrame<V> {
  readonly frame: V;
  /** Undefined while the sender's clock is unknown or not believable. */
  readonly capture: CaptureTime | undefined;
}

/** Counters of one video stream; names as in W3C webrtc-stats where they exist there, durations in seconds. */
export interface VideoTimelineStatistics {
  readonly framesReceived: number;
  /** Pictures given. */
  readonly framesRendered: number;
  /** All pictures that were never given, for the four reasons below. */
  readonly framesDropped: number;
  /** Came when a later picture had been given. */
  readonly framesLate: number;
  /** A later picture was due already when they were asked for. */
  readonly framesSkipped: number;
  readonly framesDuplicated: number;
  /** Gave way to newer ones, the queue being full. */
  readonly framesOverflowed: number;
  /** Received without a believable capture time, and due at once. */
  readonly framesUnsynchronized: number;
  /** Sum over the pictures given of the time each was held. */
  readonly jitterBufferDelay: number;
  readonly jitterBufferEmittedCount: number;
}

/** A stream that has brought nothing for so long is not waited for; shared screens may be slow. */
const SILENCE = 5_000_000;

/** Holds the decoded pictures of one stream and gives each at its time. */
export class VideoTimeline<V> {
  readonly #queue: FrameQueue<V>;
  readonly #delays = new DelayWindow();
  readonly #capture = { time: micros(0), bound: micros(0) };
  readonly #result: { frame: V; capture: CaptureTime | undefined };
  /** Position of the picture given last. */
  #current = Number.NEGATIVE_INFINITY;
  /** When a delay was measured last. */
  #measured: Micros = micros(0);
  /** Latest instant asked for. */
  #asked = 0;
  #received = 0;
  #rendered = 0;
  #late = 0;
  #skipped = 0;
  #duplicated = 0;
  #overflowed = 0;
  #unsynchronized = 0;
  #heldFor = 0;

  /**
   * @param capacity - Most pictures held; the oldest are dropped and counted beyond.
   * @throws RangeError unless it is a positive integer.
   */
  constructor(capacity: number) {
    this.#queue = new FrameQueue(capacity);
    this.#result = { frame: undefined as V, capture: undefined };
  }

  /**
   * The delay between capture and availability that covers what the last seconds brought; undefined before the
   * first picture, after 5 s without any, and while the delays or the clock are too uncertain to wait for.
   */
  requiredDelay(now: Micros): Micros | undefined {
    if (!this.#delays.steady || now - this.#measured > SILENCE) return undefined;
    return micros(this.#delays.largest);
  }

  /**
   * Takes a decoded picture, in any order, and keeps a reference to it until a later one is given. Returns false
   * for one that is dropped (and counted).
   */
  push(frame: V, capture: CaptureTime | undefined, now: Micros): boolean {
    this.#received++;
    const believable = isBelievable(capture, now);
    const position = believable ? capture.time : this.#follow();
    if (believable && capture.bound <= USABLE_BOUND) {
      this.#delays.add(now - position, now);
      this.#measured = now;
    }
    if (!believable) this.#unsynchronized++;
    if (this.#queue.has(position)) {
      this.#duplicated++;
      return false;
    }
    if (position < this.#current) {
      this.#late++;
      return false;
    }
    if (this.#queue.full) {
      if (!this.#queue.first!.given) this.#overflowed++;
      this.#queue.shift();
    }
    this.#queue.insert(frame, position, 0, believable ? capture.bound : Number.NaN, now);
    return true;
  }

  /**
   * The picture due at `instant`: the last one captured then or before. It stays the one due until the next is;
   * undefined before the first. Instants must not decrease.
   */
  at(instant: Micros, now: Micros): TimedVideoFrame<V> | undefined {
    this.#asked = Math.max(this.#asked, instant);
    for (let { second } = this.#queue; second !== undefined && second.position <= instant;) {
      this.#drop();
      ({ second } = this.#queue);
    }
    const { first } = this.#queue;
    if (first === undefined || first.position > instant) return undefined;
    if (!first.given) {
      first.given = true;
      this.#current = first.position;
      this.#rendered++;
      this.#heldFor += now - first.arrival;
    }
    const known = !Number.isNaN(first.bound);
    if (known) {
      this.#capture.time = micros(first.position);
      this.#capture.bound = micros(first.bound);
    }
    this.#result.capture = known ? this.#capture : undefined;
    this.#result.frame = first.frame;
    return this.#result;
  }

  statistics(): VideoTimelineStatistics {
    return {
      framesReceived: this.#received,
      framesRendered: this.#rendered,
      framesDropped: this.#late + this.#skipped + this.#duplicated + this.#overflowed,
      framesLate: this.#late,
      framesSkipped: this.#skipped,
      framesDuplicated: this.#duplicated,
      framesOverflowed: this.#overflowed,
      framesUnsynchronized: this.#unsynchronized,
      jitterBufferDelay: this.#heldFor / 1e6,
      jitterBufferEmittedCount: this.#rendered,
    };
  }

  /** Forgets pictures and measurements, not the counters: another stream takes the place of this one. */
  reset(): void {
    while (this.#queue.size > 0) this.#drop();
    this.#delays.clear();
    this.#current = Number.NEGATIVE_INFINITY;
  }

  /** Where a picture goes of which no capture time is known: after the one before, due at once if that is over. */
  #follow(): number {
    return Math.max(this.#asked, this.#current + 1, (this.#queue.last?.position ?? 0) + 1);
  }

  #drop(): void {
    if (!this.#queue.first!.given) this.#skipped++;
    this.#queue.shift();
  }
}
