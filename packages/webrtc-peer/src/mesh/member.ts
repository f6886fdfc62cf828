import { type Micros, micros } from '@rm/rtp-sync';
import type { CircuitBreaker } from '../connection/circuit-breaker.js';
import type { Link } from '../connection/link.js';
import type { PublishedStates } from '../connection/published-states.js';

const FIRST_RETRY = 500_000;
const LAST_RETRY = 10_000_000;

/** A peer of the room, as the mesh keeps it. */
export class Member {
  readonly peerId: string;
  /** When both this node and the peer were announced. */
  readonly knownSince: Micros;
  /** Whether this side makes the connection; the other side waits for it. */
  initiator: boolean;
  /** The peer is no longer in the room; the connection may outlive its signaling. */
  gone = false;
  link: Link | undefined;
  /** What the peer is told of the link. */
  states: PublishedStates | undefined;
  /** When to connect again. */
  retryAt: Micros | undefined;
  readonly #breaker: CircuitBreaker;
  #attempts = 0;
  #connected = false;

  constructor(peerId: string, initiator: boolean, now: Micros, breaker: CircuitBreaker) {
    this.peerId = peerId;
    this.initiator = initiator;
    this.knownSince = now;
    this.#breaker = breaker;
  }

  connected(): void {
    this.#attempts = 0;
    this.#connected = true;
    this.#breaker.succeeded();
  }

  /**
   * Plans the next attempt: 0.5 s after the first failure, doubling to 10 s, less up to a half at random, and not
   * before the circuit breaker allows it.
   */
  retry(now: Micros, random: () => number): void {
    if (!this.#connected) this.#breaker.failed(now);
    this.#connected = false;
    const delay = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this.#attempts) * (1 - random() / 2);
    this.#attempts++;
    this.retryAt = this.#breaker.earliest(micros(now + delay));
  }
}
