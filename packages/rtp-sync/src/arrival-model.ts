import type { Micros } from './time.js';

/** The baseline is the smallest transit of the last 8 × 500 ms. */
const BUCKETS = 8;
const BUCKET_SPAN = 500_000;

/**
 * Measures how late each packet is against the fastest recent one.
 *
 * The transit of a packet is its arrival time less its media time; the two clocks have unknown origins, so only
 * differences matter. The smallest transit of the last four seconds is the baseline: what queueing added to a
 * packet is its transit above the baseline. The window lets the baseline follow clock drift and steps of the
 * path delay.
 */
export class ArrivalModel {
  readonly #minima = new Float64Array(BUCKETS).fill(Number.POSITIVE_INFINITY);
  #bucket = 0;
  #bucketEnd = Number.NEGATIVE_INFINITY;
  #baseline = Number.POSITIVE_INFINITY;

  /** Smallest recent transit in microseconds; infinite before the first packet. */
  get baseline(): number {
    return this.#baseline;
  }

  /**
   * Takes the arrival of a packet whose first sample has media time `mediaTime` (both in microseconds) and
   * returns its delay relative to the baseline, 0 or more.
   */
  update(arrival: Micros, mediaTime: Micros): Micros {
    const transit = arrival - mediaTime;
    this.#advance(arrival);
    if (transit < this.#minima[this.#bucket]!) this.#minima[this.#bucket] = transit;
    if (transit < this.#baseline) this.#baseline = transit;
    return (transit - this.#baseline) as Micros;
  }

  #advance(now: Micros): void {
    if (now < this.#bucketEnd) return;
    // After a pause longer than the window every old minimum is out of date.
    const steps = Math.min(BUCKETS, Math.floor((now - this.#bucketEnd) / BUCKET_SPAN) + 1);
    for (let i = 0; i < steps; i++) {
      this.#bucket = (this.#bucket + 1) % BUCKETS;
      this.#minima[this.#bucket] = Number.POSITIVE_INFINITY;
    }
    this.#bucketEnd = now + BUCKET_SPAN;
    let baseline = Number.POSITIVE_INFINITY;
    for (let i = 0; i < BUCKETS; i++) baseline = Math.min(baseline, this.#minima[i]!);
    this.#baseline = baseline;
  }
}
