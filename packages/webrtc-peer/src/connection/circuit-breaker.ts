import { type Micros, micros } from '@rm/rtp-sync';

/** How a {@link CircuitBreaker} is set up. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it; default 5. */
  readonly failures?: number;
  /** How long it stays open, in ms; default 30,000. */
  readonly openMs?: number;
  /** Successes in a row that close it after it was open; default 2. */
  readonly successes?: number;
}

/** `closed` lets attempts through, `open` none, `half-open` lets them through and opens at the first failure. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** Keeps from trying in vain: after several failures in a row nothing is tried for a while. Pure. */
export class CircuitBreaker {
  readonly #maxFailures: number;
  readonly #openFor: number;
  readonly #neededSuccesses: number;
  #failures = 0;
  #successes = 0;
  #openUntil: Micros | undefined;

  /** @throws RangeError for a count that is not a positive integer, or a time that is not above 0. */
  constructor(options: CircuitBreakerOptions = {}) {
    const { failures = 5, openMs = 30_000, successes = 2 } = options;
    for (const [name, value] of Object.entries({ failures, successes }))
      if (!Number.isInteger(value) || value < 1)
        throw new RangeError(
          `circuitBreaker.${name} must be an integer of 1 or more, got ${value}`,
        );
    if (!(openMs > 0))
      throw new RangeError(`circuitBreaker.openMs must be above 0 ms, got ${openMs}`);
    this.#maxFailures = failures;
    this.#openFor = openMs * 1000;
    this.#neededSuccesses = successes;
  }

  state(now: Micros): CircuitState {
    if (this.#openUntil === undefined) return 'closed';
    return now < this.#openUntil ? 'open' : 'half-open';
  }

  /** When the next attempt may be made, if it is to be at `wanted`. */
  earliest(wanted: Micros): Micros {
    return micros(Math.max(wanted, this.#openUntil ?? wanted));
  }

  /** An attempt failed. */
  failed(now: Micros): void {
    this.#successes = 0;
    this.#failures++;
    const halfOpen = this.#openUntil !== undefined;
    if (halfOpen || this.#failures >= this.#maxFailures)
      this.#openUntil = micros(now + this.#openFor);
  }

  /** An attempt succeeded. */
  succeeded(): void {
    this.#failures = 0;
    if (this.#openUntil === undefined) return;
    if (++this.#successes < this.#neededSuccesses) return;
    this.#openUntil = undefined;
    this.#successes = 0;
  }
}
