import { milliseconds } from '../time.js';
import type { Micros } from '../time.js';

const FIRST_CEILING_MS = 500;
const LAST_CEILING_MS = 10_000;

/** How long a connection must have lasted for the next loss to count as the first. */
const STABLE_AFTER: Micros = milliseconds(LAST_CEILING_MS);

/** The next attempt to connect: its number since the last stable connection, and when it is made. */
export interface NextAttempt {
  readonly attempt: number;
  readonly delay: Micros;
}

/**
 * When to connect again: exponential with full jitter, a delay uniform between zero and a ceiling
 * of 0.5 s that doubles to 10 s.
 */
export class Backoff {
  readonly #random: () => number;
  #attempt = 0;
  #announcedAt: Micros | undefined;

  /** `random` is uniform in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  announced(now: Micros): void {
    this.#announcedAt = now;
  }

  /** The connection, or an attempt at one, has failed. */
  failed(now: Micros): NextAttempt {
    // A server that accepts and drops at once must not be dialed ever faster.
    if (this.#announcedAt !== undefined && now - this.#announcedAt >= STABLE_AFTER) {
      this.#attempt = 0;
    }
    this.#announcedAt = undefined;
    const ceilingMs = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** this.#attempt++);
    return { attempt: this.#attempt, delay: milliseconds(this.#random() * ceilingMs) };
  }
}
