import type { Micros } from '@rm/rtp-sync';

/** The lowest of the values of the last one to two windows of time, in two numbers. */
export class WindowedMinimum {
  readonly #window: Micros;
  #windowEnd = Number.NEGATIVE_INFINITY;
  #before = Number.POSITIVE_INFINITY;
  #current = Number.POSITIVE_INFINITY;

  constructor(window: Micros) {
    this.#window = window;
  }

  /** Infinity before the first value. */
  get value(): number {
    return Math.min(this.#before, this.#current);
  }

  /** Takes a value at `now`, which does not go back. */
  update(value: number, now: Micros): void {
    if (now >= this.#windowEnd) {
      const stale = now >= this.#windowEnd + this.#window;
      this.#before = stale ? Number.POSITIVE_INFINITY : this.#current;
      this.#current = value;
      this.#windowEnd = now + this.#window;
    }
    this.#current = Math.min(this.#current, value);
  }
}
