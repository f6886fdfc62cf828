import type { Micros } from './time.js';

/** The baseline is the smallest transit of the last 8 × 500 ms. */
const BUCKETS = 8;
const BUCKET_SPAN = 500_000;
/** The path became longer when all of the last second was slower than the slowest fastest before it by so much… */
const STEP = 20_000;
/** …as seen in at least so many packets a half second. */
const ENOUGH = 2;

/**
 * Measures how late each packet is against the fastest recent one.
 *
 * The transit of a packet is its arrival time less its media time; the two clocks have unknown origins, so only
 * differences matter. The smallest transit of the last four seconds is the baseline: what queueing added to a
 * packet is its transit above the baseline. The window lets the baseline follow clock drift; a step of the path
 * delay is found after a second, and the baseline put where the path now is.
 */
export class ArrivalModel {
  readonly #minima = new Float64Array(BUCKETS).fill(Number.POSITIVE_INFINITY);
  readonly #counts = new Float64Array(BUCKETS);
  #bucket = 0;
  #bucketEnd = Number.NEGATIVE_INFINITY;
  #baseline = Number.POSITIVE_INFINITY;
  #pathChanges = 0;

  /** Smallest recent transit in microseconds; infinite before the first packet. */
  get baseline(): number {
    return this.#baseline;
  }

  /** How often the path became longer in a step. */
  get pathChanges(): number {
    return this.#pathChanges;
  }

  /**
   * Takes the arrival of a packet whose first sample has media time `mediaTime` (both in microseconds) and
   * returns its delay relative to the baseline, 0 or more.
   */
  update(arrival: Micros, mediaTime: Micros): Micros {
    const transit = arrival - mediaTime;
    this.#advance(arrival);
    this.#counts[this.#bucket] = this.#counts[this.#bucket]! + 1;
    if (transit < this.#minima[this.#bucket]!) this.#minima[this.#bucket] = transit;
    if (transit < this.#baseline) this.#baseline = transit;
    return (transit - this.#baseline) as Micros;
  }

  #advance(now: Micros): void {
    if (now < this.#bucketEnd) return;
    this.#findStep();
    // After a pause longer than the window every old minimum is out of date.
    const steps = Math.min(BUCKETS, Math.floor((now - this.#bucketEnd) / BUCKET_SPAN) + 1);
    for (let i = 0; i < steps; i++) {
      this.#bucket = (this.#bucket + 1) % BUCKETS;
      this.#forget(this.#bucket);
    }
    this.#bucketEnd = now + BUCKET_SPAN;
    let baseline = Number.POSITIVE_INFINITY;
    for (let i = 0; i < BUCKETS; i++) baseline = Math.min(baseline, this.#minima[i]!);
    this.#baseline = baseline;
  }

  /** Compares the two newest buckets with all older ones; noise has to be told from a step by its own range. */
  #findStep(): void {
    const newest = this.#bucket;
    const second = (newest + BUCKETS - 1) % BUCKETS;
    if (this.#counts[newest]! < ENOUGH || this.#counts[second]! < ENOUGH) return;
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < BUCKETS; i++) {
      if (i === newest || i === second || this.#counts[i] === 0) continue;
      lowest = Math.min(lowest, this.#minima[i]!);
      highest = Math.max(highest, this.#minima[i]!);
    }
    const now = Math.min(this.#minima[newest]!, this.#minima[second]!);
    if (highest < lowest || now <= highest + Math.max(STEP, highest - lowest)) return;
    for (let i = 0; i < BUCKETS; i++) if (i !== newest && i !== second) this.#forget(i);
    this.#pathChanges++;
  }

  #forget(bucket: number): void {
    this.#minima[bucket] = Number.POSITIVE_INFINITY;
    this.#counts[bucket] = 0;
  }
}
