import type { Micros } from '@rm/rtp-sync';

/** Bins of 1 ms up to two seconds; longer latencies count in the last. */
const BINS = 2000;

/** Collects latencies and tells their quantiles to the millisecond, in constant memory. */
export class LatencyHistogram {
  readonly #bins = new Uint32Array(BINS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(latency: Micros): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.round(latency / 1000)));
    this.#bins[bin] = this.#bins[bin]! + 1;
    this.#count++;
  }

  /** The `q` quantile (0…1) in milliseconds, or undefined when nothing was added. */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined;
    let rest = q * this.#count;
    for (let bin = 0; bin < BINS; bin++) {
      rest -= this.#bins[bin]!;
      if (rest <= 0) return bin;
    }
    return BINS - 1;
  }
}
