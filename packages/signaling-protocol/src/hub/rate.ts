import type { Micros } from '../time.js';

const SECOND_US = 1_000_000;

/** A bucket of `burst` tokens, full at first, that gains `perSecond` tokens a second. */
export class TokenBucket {
  readonly #interval: number;
  readonly #capacity: number;
  /** When the bucket will be full; that one number says how full it is now. */
  #fullAt = 0;

  constructor(perSecond: number, burst: number) {
    this.#interval = SECOND_US / perSecond;
    this.#capacity = this.#interval * burst;
  }

  /** Takes one token; false, and takes none, if there is none. */
  take(now: Micros): boolean {
    const fullAt = Math.max(this.#fullAt, now) + this.#interval;
    if (fullAt - now > this.#capacity) return false;
    this.#fullAt = fullAt;
    return true;
  }

  /** Milliseconds, rounded up, until there is a token. */
  retryAfterMs(now: Micros): number {
    const wait = Math.max(this.#fullAt, now) + this.#interval - now - this.#capacity;
    return Math.max(0, Math.ceil(wait / 1_000));
  }
}
