import type { Micros } from './time.js';

/** The window is the last 8 seconds in which something was measured. */
const BUCKETS = 8;
const BUCKET_SPAN = 1_000_000;
/** Delays that range over more than this are not worth waiting for. */
const STEADY_RANGE = 200_000;

/**
 * Range of the delays measured in the last eight seconds that had any, deaf to what happens in one second only:
 * the largest and the smallest of the second-wise extremes are left out.
 */
export class DelayWindow {
  readonly #largest = new Float64Array(BUCKETS).fill(Number.NEGATIVE_INFINITY);
  readonly #smallest = new Float64Array(BUCKETS).fill(Number.POSITIVE_INFINITY);
  #bucket = 0;
  #filled = 0;
  #bucketEnd = 0;

  /** Whether anything was measured. */
  get known(): boolean {
    return this.#filled > 0;
  }

  /** Largest delay, but for one second; −∞ before the first. */
  get largest(): number {
    return this.#filled < 3
      ? this.#extreme(this.#largest, 0, 1)
      : this.#extreme(this.#largest, 1, 1);
  }

  /** Smallest delay, but for one second; +∞ before the first. */
  get smallest(): number {
    return this.#filled < 3
      ? this.#extreme(this.#smallest, 0, -1)
      : this.#extreme(this.#smallest, 1, -1);
  }

  /** Whether the delays are alike enough for others to wait for the largest. */
  get steady(): boolean {
    return this.known && this.largest - this.smallest <= STEADY_RANGE;
  }

  /** Smallest delay in the latest second that is over; in the one under way when it is the first. */
  get recentSmallest(): number {
    return this.#smallest[this.#recent]!;
  }

  /** Largest delay in that second. */
  get recentLargest(): number {
    return this.#largest[this.#recent]!;
  }

  add(delay: number, now: Micros): void {
    if (this.#filled === 0 || now >= this.#bucketEnd) {
      this.#bucket = (this.#bucket + 1) % BUCKETS;
      this.#filled = Math.min(BUCKETS, this.#filled + 1);
      this.#bucketEnd = now + BUCKET_SPAN;
      this.#largest[this.#bucket] = this.#smallest[this.#bucket] = delay;
      return;
    }
    if (delay > this.#largest[this.#bucket]!) this.#largest[this.#bucket] = delay;
    if (delay < this.#smallest[this.#bucket]!) this.#smallest[this.#bucket] = delay;
  }

  /** Forgets everything. */
  clear(): void {
    this.#largest.fill(Number.NEGATIVE_INFINITY);
    this.#smallest.fill(Number.POSITIVE_INFINITY);
    this.#filled = 0;
  }

  get #recent(): number {
    return this.#filled < 2 ? this.#bucket : (this.#bucket + BUCKETS - 1) % BUCKETS;
  }

  /** The extreme of `values` in direction `sign`, leaving out the `skip` (0 or 1) most extreme. */
  #extreme(values: Float64Array, skip: 0 | 1, sign: 1 | -1): number {
    let first = Number.NEGATIVE_INFINITY;
    let second = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < BUCKETS; i++) {
      const value = values[i]! * sign;
      if (value > first) {
        second = first;
        first = value;
      } else if (value > second) second = value;
    }
    return (skip === 0 ? first : second) * sign;
  }
}
