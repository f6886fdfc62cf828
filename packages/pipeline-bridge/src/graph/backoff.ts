/** First pause in ms. */
const FIRST = 100;
const LONGEST = 10_000;
/** What has run so long is taken for well, in ms. */
const WELL_AFTER = 30_000;

/** How long to wait before starting again what has ended: 100 ms, doubled each time up to 10 s, until it runs for 30 s. */
export class Backoff {
  #pause = FIRST;
  #failedAt = Number.NEGATIVE_INFINITY;

  /** The pause after a failure at `now`, both in ms. */
  failed(now: number): number {
    if (now - this.#failedAt > this.#pause + WELL_AFTER) this.#pause = FIRST;
    else this.#pause = Math.min(LONGEST, this.#pause * 2);
    this.#failedAt = now;
    return this.#pause;
  }
}
