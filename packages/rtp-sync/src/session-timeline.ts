import { CommonDelay } from './common-delay.js';
import { type AlignedFrame, Source, type TimelineSource } from './timeline-source.js';
import { type Micros, micros } from './time.js';

/** How a {@link SessionTimeline} is set up. */
export interface SessionTimelineOptions {
  /** The longest wait for the slowest source, from capture; default 500 ms. */
  readonly maxDelay?: Micros;
  /** Most frames held per source, default 256; the oldest are dropped and counted beyond. */
  readonly capacity?: number;
}

/** State of a session timeline; durations in seconds. */
export interface SessionTimelineStatistics {
  readonly sources: number;
  /** Sources given at the common instant, of those given at the last pull. */
  readonly aligned: number;
  /** From capture to the common instant. */
  readonly playoutDelay: number;
  /** The aligned sources are together to within twice this; absent when there is none. */
  readonly bound?: number;
}

/**
 * Brings the frames of any number of sources onto the local timeline: every pull gives those that were captured
 * at one and the same instant.
 *
 * The instant is `now` less a common delay, which follows the slowest source up to a limit. Before anything has
 * been given it is set at once; later it slews by 20 ms a second, so that nobody's sound jumps because somebody
 * else joins. A source that needs more is given behind the others, and says by how much. One that is silent,
 * erratic, without a clock or slower than the limit is not waited for.
 */
export class SessionTimeline<T> {
  readonly #capacity: number;
  readonly #sources = new Set<Source<T>>();
  readonly #aligned: AlignedFrame<T>[] = [];
  readonly #common: CommonDelay;
  readonly #leave: (source: Source<T>) => void;
  #begun = false;
  #instant: Micros | undefined;

  /** @throws RangeError for a maxDelay outside 0…10 s, or a capacity that is not a positive integer. */
  constructor(options: SessionTimelineOptions = {}) {
    const { maxDelay = 500_000, capacity = 256 } = options;
    if (!Number.isInteger(capacity) || capacity <= 0)
      throw new RangeError(`capacity must be a positive integer of frames, got ${capacity}`);
    this.#common = new CommonDelay(maxDelay);
    this.#capacity = capacity;
    this.#leave = (source) => {
      this.#sources.delete(source);
      if (this.#sources.size === 0) this.#begun = false;
    };
  }

  /** Capture instant of the last pull, common to all aligned sources; undefined before the first. */
  get instant(): Micros | undefined {
    return this.#instant;
  }

  /** Time between capture and playout that all wait for. */
  get delay(): Micros {
    return this.#common.value;
  }

  /** A new source. It leaves when it is closed. */
  join(): TimelineSource<T> {
    const source = new Source<T>(this.#capacity, this.#leave);
    this.#sources.add(source);
    return source;
  }

  /**
   * The frames at the instant that is due at `now`, of every source that has one there, in the order of joining.
   * The array and what is in it are reused on the next pull. `now` must not decrease.
   */
  pull(now: Micros): readonly AlignedFrame<T>[] {
    for (const source of this.#sources) source.measure(now);
    const step = this.#common.follow(this.#sources, now, this.#begun);
    const delay = this.#common.value;
    this.#instant = micros(now - delay);
    this.#aligned.length = 0;
    for (const source of this.#sources) {
      const frame = source.give(now, delay, step);
      if (frame === undefined) continue;
      this.#aligned.push(frame);
      // What has no capture time may be moved: it is aligned with nothing.
      this.#begun ||= frame.capture !== undefined;
    }
    return this.#aligned;
  }

  statistics(): SessionTimelineStatistics {
    let aligned = 0;
    let bound = -1;
    for (const { behind, capture } of this.#aligned) {
      if (behind > 0 || capture === undefined) continue;
      aligned++;
      bound = Math.max(bound, capture.bound);
    }
    return {
      sources: this.#sources.size,
      aligned,
      playoutDelay: this.#common.value / 1e6,
      ...(aligned > 0 && { bound: bound / 1e6 }),
    };
  }
}
