import type { Micros } from '@rm/rtp-sync';

const BUCKET = 10_000;

/** Bits per second over a sliding window, in buckets of 10 ms. */
export class Throughput {
  readonly #buckets: Float64Array;
  /** Number of the newest bucket since time 0. */
  #newest = Number.NEGATIVE_INFINITY;
  #oldest = 0;
  #bytes = 0;

  /** @param window - Length of the window in microseconds, a multiple of 10 ms. */
  constructor(window: Micros) {
    this.#buckets = new Float64Array(window / BUCKET);
  }

  /** Counts bytes at `now`, which does not go back. */
  add(bytes: number, now: Micros): void {
    this.#advance(now);
    this.#buckets[this.#newest % this.#buckets.length]! += bytes;
    this.#bytes += bytes;
  }

  /** Bits per second at `now`, undefined until half of a window has passed since the first bytes. */
  at(now: Micros): number | undefined {
    if (this.#newest === Number.NEGATIVE_INFINITY) return undefined;
    this.#advance(now);
    const buckets = Math.min(this.#newest - this.#oldest + 1, this.#buckets.length);
    if (buckets < this.#buckets.length / 2) return undefined;
    return (this.#bytes * 8e6) / (buckets * BUCKET);
  }

  #advance(now: Micros): void {
    const bucket = Math.floor(now / BUCKET);
    const { length } = this.#buckets;
    if (bucket - this.#newest >= 2 * length) {
      this.#buckets.fill(0);
      this.#bytes = 0;
      this.#newest = bucket;
      this.#oldest = bucket;
      return;
    }
    while (this.#newest < bucket) {
      this.#newest++;
      this.#bytes -= this.#buckets[this.#newest % length]!;
      this.#buckets[this.#newest % length] = 0;
    }
  }
}
