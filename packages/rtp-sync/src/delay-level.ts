import { CATCH_UP, STALL } from './shadow-playout.js';

/** Packets count 1/e after this, in µs. */
const MEMORY = 300_000;

/**
 * The level about which packets are late lately: their mean delay over the last third of a second, followed no
 * faster than playout can follow. Where a queue fills and drains it moves, and packets lie closer to it than to
 * the fastest of them; where they are late independently of each other it stays about where it is.
 */
export class DelayLevel {
  #mean = 0;
  #value = 0;
  #last: number | undefined;
  #rebased = false;

  /** The level in µs, as packets up to the last one left it. */
  get value(): number {
    return this.#value;
  }

  /** Takes a packet late by `delay` (all in µs); returns by how much the level moved. */
  update(delay: number, arrival: number): number {
    const elapsed = this.#last === undefined ? 0 : Math.max(0, arrival - this.#last);
    this.#last = arrival;
    if (this.#rebased) {
      this.#rebased = false;
      this.#mean = this.#value = Math.min(this.#mean, delay);
    }
    if (delay <= STALL) this.#mean += (elapsed / (elapsed + MEMORY)) * (delay - this.#mean);
    const most = elapsed * CATCH_UP;
    const step = Math.max(-most, Math.min(most, this.#mean - this.#value));
    this.#value += step;
    return Math.abs(step);
  }

  /** Says that delays are measured from a longer path now: the level falls to that of the next packet. */
  rebase(): void {
    this.#rebased = true;
  }
}
