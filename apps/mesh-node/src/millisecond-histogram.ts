/** Beyond ± this many ms values count as this. */
const MOST = 10_000;

/** Collects durations and tells their quantiles to the millisecond, in bounded memory. */
export class MillisecondHistogram {
  readonly #counts = new Map<number, number>();
  #total = 0;

  /** Adds a duration in ms; it may be negative. */
  add(ms: number): void {
    const bin = Math.max(-MOST, Math.min(MOST, Math.round(ms)));
    this.#counts.set(bin, (this.#counts.get(bin) ?? 0) + 1);
    this.#total++;
  }

  /** The nearest-rank quantiles; undefined when nothing was added. */
  quantiles(): { readonly p50: number; readonly p95: number } | undefined {
    if (this.#total === 0) return undefined;
    const sorted = [...this.#counts].sort(([a], [b]) => a - b);
    const at = (q: number): number => {
      let left = Math.ceil(q * this.#total);
      for (const [ms, count] of sorted) if ((left -= count) <= 0) return ms;
      return MOST;
    };
    return { p50: at(0.5), p95: at(0.95) };
  }
}
