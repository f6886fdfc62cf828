/** The window is the last 4 × 250 ms. */
const BUCKETS = 4;
const BUCKET_SPAN = 250_000;

/** The largest of the delays of the last second. */
export class DelayPeak {
  readonly #maxima = new Float64Array(BUCKETS);
  #bucket = 0;
  #bucketEnd = Number.NEGATIVE_INFINITY;
  #value = 0;

  /** In µs, as of the last packet; 0 or more. */
  get value(): number {
    return this.#value;
  }

  /** Takes a packet late by `delay` (all in µs). */
  update(delay: number, arrival: number): void {
    if (arrival >= this.#bucketEnd) {
      // After a pause longer than the window every old maximum is out of date.
      const steps = Math.min(BUCKETS, Math.floor((arrival - this.#bucketEnd) / BUCKET_SPAN) + 1);
      for (let i = 0; i < steps; i++) {
        this.#bucket = (this.#bucket + 1) % BUCKETS;
        this.#maxima[this.#bucket] = 0;
      }
      this.#bucketEnd = arrival + BUCKET_SPAN;
      this.#value = 0;
      for (let i = 0; i < BUCKETS; i++) this.#value = Math.max(this.#value, this.#maxima[i]!);
    }
    if (delay > this.#maxima[this.#bucket]!) this.#maxima[this.#bucket] = delay;
    if (delay > this.#value) this.#value = delay;
  }
}
