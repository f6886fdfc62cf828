import { type CaptureTime, isBelievable } from './capture-clock.js';
import { DelayDemand } from './delay-demand.js';
import { FrameQueue } from './frame-queue.js';
import { type Micros, micros } from './time.js';

/** A frame of one source at an instant. The object is the source's own: read it before the next pull or `at`. */
export interface AlignedFrame<T> {
  readonly source: TimelineSource<T>;
  readonly frame: T;
  /** From the frame's beginning to the instant, 0…duration. */
  readonly offset: Micros;
  /** When what is at `offset` was captured; undefined while the source's clock is unknown or not believable. */
  readonly capture: CaptureTime | undefined;
  /** How far this source is given behind the instant common to all; 0 when it is aligned with them. */
  readonly behind: Micros;
}

/** Counters of one source; names as in W3C webrtc-stats where they exist there, durations in seconds. */
export interface TimelineSourceStatistics {
  readonly framesReceived: number;
  /** All frames that were never given, for the four reasons below. */
  readonly framesDropped: number;
  /** Came after their time had been given. */
  readonly framesLate: number;
  /** Passed over when the source's delay became smaller. */
  readonly framesSkipped: number;
  /** Began where a frame already began. */
  readonly framesDuplicated: number;
  /** Gave way to newer ones, the queue being full. */
  readonly framesOverflowed: number;
  /** Received without a believable capture time, and placed after the one before. */
  readonly framesUnsynchronized: number;
  /** Frames given. */
  readonly jitterBufferEmittedCount: number;
  /** Sum over the frames given of the time each was held. */
  readonly jitterBufferDelay: number;
  /** From capture to the instant given. */
  readonly playoutDelay: number;
}

/** One source on a session timeline: an audio stream, mostly. */
export interface TimelineSource<T> {
  /**
   * Takes a frame, in any order; a reference to it is kept until it has been given.
   * @param duration - Length of the frame, positive.
   * @param capture - Capture time of its beginning, copied; undefined while the source's clock is unknown.
   * @returns false for a frame that is dropped (and counted), and after {@link close}.
   * @throws RangeError for a duration that is not positive.
   */
  push(frame: T, duration: Micros, capture: CaptureTime | undefined, now: Micros): boolean;
  /** Gives nothing until `instant`, so that streams that belong together begin together. */
  holdUntil(instant: Micros): void;
  /** Asks all to wait for `delay`, within their limit, which another stream of this source needs. */
  requireDelay(delay: Micros): void;
  /** Gives this source at least `delay` after capture, whatever the others wait for. */
  delayAtLeast(delay: Micros): void;
  /** Time from capture to the instant of the last pull, less what {@link delayAtLeast} adds; undefined before. */
  readonly baseDelay: Micros | undefined;
  /** The frame at `instant`, which lies after that of the last pull: for a mixer whose tick needs more than one. */
  at(instant: Micros): AlignedFrame<T> | undefined;
  /** Whether a frame has been given since the beginning or the last {@link reset}. */
  readonly begun: boolean;
  statistics(): TimelineSourceStatistics;
  /** Forgets frames and measurements, not the counters: another stream takes the place of this one. */
  reset(): void;
  /** Leaves the timeline. Idempotent. */
  close(): void;
}

/** A frame lasts so much longer when the next begins later: clocks and time-stretch leave small gaps. */
const GAP = 5_000;
/** Frames without a capture time that come together are given one after the other, up to so much ahead. */
const LEAD = 40_000;
/** A source that is further behind than it needs by more than this is brought forward at once. */
const EXCESS = 100_000;

/** What the timeline itself sees of a {@link TimelineSource}. */
export class Source<T> implements TimelineSource<T> {
  readonly #queue: FrameQueue<T>;
  readonly #leave: (source: Source<T>) => void;
  /** What this source says about the delay all wait for. */
  readonly demand: DelayDemand = new DelayDemand();
  /** Earliest capture among the frames that came since the last pull. */
  #oldest = Number.POSITIVE_INFINITY;
  /** End of the frame that came last. */
  #end = Number.NEGATIVE_INFINITY;
  #heldUntil = Number.NEGATIVE_INFINITY;
  #floor = 0;
  #baseDelay: Micros | undefined;
  /** Delay this source needs beyond what the others wait for; 0 when that is enough. */
  #ownDelay = 0;
  #playoutDelay = 0;
  /** Latest instant given. */
  #given = Number.NEGATIVE_INFINITY;
  #begun = false;
  #now = 0;
  #closed = false;
  readonly #capture = { time: micros(0), bound: micros(0) };
  readonly #result: { -readonly [K in keyof AlignedFrame<T>]: AlignedFrame<T>[K] };
  #received = 0;
  #late = 0;
  #skipped = 0;
  #duplicated = 0;
  #overflowed = 0;
  #unsynchronized = 0;
  #emitted = 0;
  #heldFor = 0;

  constructor(capacity: number, leave: (source: Source<T>) => void) {
    this.#queue = new FrameQueue(capacity);
    this.#leave = leave;
    this.#result = {
      source: this,
      frame: undefined as T,
      offset: micros(0),
      capture: undefined,
      behind: micros(0),
    };
  }

  get begun(): boolean {
    return this.#begun;
  }

  get baseDelay(): Micros | undefined {
    return this.#baseDelay;
  }

  push(frame: T, duration: Micros, capture: CaptureTime | undefined, now: Micros): boolean {
    if (!(duration > 0))
      throw new RangeError(`duration must be positive microseconds, got ${duration}`);
    if (this.#closed) return false;
    this.#received++;
    this.demand.arrival = now;
    const believable = isBelievable(capture, now);
    const position = believable ? capture.time : this.#follow(now);
    if (believable) this.#oldest = Math.min(this.#oldest, position);
    else this.#unsynchronized++;
    this.demand.bound = believable ? capture.bound : Number.NaN;
    this.#end = position + duration;
    if (position + duration <= this.#given) {
      this.#late++;
      return false;
    }
    if (this.#queue.has(position)) {
      this.#duplicated++;
      return false;
    }
    if (this.#queue.full) {
      if (!this.#queue.first!.given) this.#overflowed++;
      this.#queue.shift();
    }
    this.#queue.insert(frame, position, duration, this.demand.bound, now);
    return true;
  }

  holdUntil(instant: Micros): void {
    this.#heldUntil = instant;
  }

  requireDelay(delay: Micros): void {
    this.demand.required = delay;
  }

  delayAtLeast(delay: Micros): void {
    this.#floor = delay;
  }

  /** Takes stock at a pull: what the frames that came since the last one would have needed. */
  measure(now: Micros): void {
    if (this.#oldest === Number.POSITIVE_INFINITY) return;
    this.demand.delays.add(now - this.#oldest, now);
    this.#oldest = Number.POSITIVE_INFINITY;
  }

  /** The frame due at `now` when all wait for `delay`; `step` is how far an own delay may shrink by slewing. */
  give(now: Micros, delay: number, step: number): AlignedFrame<T> | undefined {
    this.#followOwnDelay(delay, step);
    this.#baseDelay = micros(Math.max(delay, this.#ownDelay));
    if (now < this.#heldUntil) return undefined;
    const total = Math.max(this.#baseDelay, this.#floor);
    const instant = micros(now - total);
    // After a step to a longer delay the source waits; nothing is given twice.
    if (instant < this.#given) return undefined;
    this.#playoutDelay = total;
    this.#result.behind = micros(total - delay);
    this.#given = instant;
    this.#now = now;
    this.#pass(instant);
    return this.at(instant);
  }

  at(instant: Micros): AlignedFrame<T> | undefined {
    const held = this.#queue.due(instant);
    if (held === undefined || instant >= held.position + held.duration + GAP) return undefined;
    if (!held.given) {
      held.given = true;
      this.#begun = true;
      this.#emitted++;
      this.#heldFor += this.#now - held.arrival;
    }
    const offset = Math.min(instant - held.position, held.duration);
    const known = !Number.isNaN(held.bound);
    if (known) {
      this.#capture.time = micros(held.position + offset);
      this.#capture.bound = micros(held.bound);
    }
    this.#result.frame = held.frame;
    this.#result.offset = micros(offset);
    this.#result.capture = known ? this.#capture : undefined;
    return this.#result;
  }

  statistics(): TimelineSourceStatistics {
    return {
      framesReceived: this.#received,
      framesDropped: this.#late + this.#skipped + this.#duplicated + this.#overflowed,
      framesLate: this.#late,
      framesSkipped: this.#skipped,
      framesDuplicated: this.#duplicated,
      framesOverflowed: this.#overflowed,
      framesUnsynchronized: this.#unsynchronized,
      jitterBufferEmittedCount: this.#emitted,
      jitterBufferDelay: this.#heldFor / 1e6,
      playoutDelay: this.#playoutDelay / 1e6,
    };
  }

  reset(): void {
    while (this.#queue.size > 0) this.#drop();
    this.demand.clear();
    this.#oldest = Number.POSITIVE_INFINITY;
    this.#end = Number.NEGATIVE_INFINITY;
    this.#given = Number.NEGATIVE_INFINITY;
    this.#begun = false;
    this.#floor = 0;
    this.#ownDelay = 0;
    this.#baseDelay = undefined;
  }

  close(): void {
    this.#closed = true;
    this.#queue.clear();
    this.#leave(this);
  }

  /** Where a frame goes of which no capture time is known: after the one before, due at once if that is over. */
  #follow(now: Micros): number {
    return Math.min(now + LEAD, Math.max(this.#end, now - this.#playoutDelay));
  }

  /** Follows a source that brings everything too late for the others, and comes back from it. */
  #followOwnDelay(delay: number, step: number): void {
    const { known, recentSmallest, recentLargest } = this.demand.delays;
    let wanted = 0;
    if (known)
      wanted = recentSmallest > delay ? recentLargest : Math.min(this.#ownDelay, recentLargest);
    const excess = this.#ownDelay - Math.max(0, wanted);
    this.#ownDelay -= excess > 0 && excess <= EXCESS ? Math.min(excess, step) : excess;
  }

  /** Lets go of the frames that are over at `instant`. */
  #pass(instant: number): void {
    for (;;) {
      const { first, second } = this.#queue;
      if (first === undefined) return;
      const superseded = second !== undefined && second.position <= instant;
      if (!superseded && instant < first.position + first.duration + GAP) return;
      this.#drop();
    }
  }

  #drop(): void {
    if (!this.#queue.first!.given) this.#skipped++;
    this.#queue.shift();
  }
}
