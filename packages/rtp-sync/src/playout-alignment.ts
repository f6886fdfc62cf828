import { CommonDelay } from './common-delay.js';
import { DelayDemand } from './delay-demand.js';
import type { Micros } from './time.js';

/** How a {@link PlayoutAlignment} is set up. */
export interface PlayoutAlignmentOptions {
  /**
   * The longest time from capture to playout that any stream is made to wait for another; default 60 ms, which costs
   * a conversation nothing. To mix or record far peers in step it has to be longer than they need.
   */
  readonly maxDelay?: Micros;
}

/** One stream held in step with others. */
export interface AlignedStream {
  /**
   * Tells what the stream needs by itself at `now`.
   * @param delay - From capture to playout with the delay its own jitter buffer asks for, and no more.
   * @param bound - How far the capture times it is reckoned from can be wrong.
   */
  needs(delay: Micros, bound: Micros, now: Micros): void;
  /**
   * Delay from capture to playout that puts the stream in step with the others, as of the last
   * {@link PlayoutAlignment.update}; undefined when it is to be played as soon as it can.
   */
  readonly delay: Micros | undefined;
  /** Forgets what was told: another stream takes the place of this one. */
  reset(): void;
  /** Leaves. Idempotent. */
  close(): void;
}

class Stream implements AlignedStream {
  readonly demand: DelayDemand = new DelayDemand();
  readonly #leave: (stream: Stream) => void;
  delay: Micros | undefined;
  /** Whether the others may wait for it, as of the last update. */
  heard = false;

  constructor(leave: (stream: Stream) => void) {
    this.#leave = leave;
  }

  needs(delay: Micros, bound: Micros, now: Micros): void {
    this.demand.delays.add(delay, now);
    this.demand.bound = bound;
    this.demand.arrival = now;
  }

  reset(): void {
    this.demand.clear();
    this.delay = undefined;
  }

  close(): void {
    this.reset();
    this.#leave(this);
  }
}

/**
 * Holds any number of streams, each with a jitter buffer of its own, to one delay from capture to playout, so that
 * what is played of them at one instant was captured at one instant.
 *
 * The delay follows the slowest stream up to a limit, by at most 20 ms a second. A stream that needs more is played
 * behind the others, and one that is silent, erratic or without a clock is not waited for. A stream alone waits for
 * nobody. Streams tell what they need without what is added here: else each would wait for its own waiting.
 */
export class PlayoutAlignment {
  readonly #streams = new Set<Stream>();
  readonly #common: CommonDelay;
  readonly #leave: (stream: Stream) => void;
  #begun = false;

  /** @throws RangeError for a maxDelay outside 0…10 s. */
  constructor(options: PlayoutAlignmentOptions = {}) {
    this.#common = new CommonDelay(options.maxDelay ?? 60_000);
    this.#leave = (stream) => {
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.#begun = false;
    };
  }

  /** A new stream; it leaves when it is closed. */
  join(): AlignedStream {
    const stream = new Stream(this.#leave);
    this.#streams.add(stream);
    return stream;
  }

  /** Sets the streams' delays for `now`, which must not decrease. */
  update(now: Micros): void {
    this.#common.follow(this.#streams, now, this.#begun);
    const { max, value } = this.#common;
    let heard = 0;
    for (const stream of this.#streams) {
      stream.heard = stream.demand.wanted(now, max) !== undefined;
      if (stream.heard) heard++;
    }
    if (heard > 0) this.#begun = true;
    for (const stream of this.#streams)
      stream.delay = heard > 1 && stream.heard ? value : undefined;
  }
}
