import { type Micros, micros } from '@rm/rtp-sync';
import type { Link } from '../connection/link.js';

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
  /** When to connect again. */
  retryAt: Micros | undefined;
  #attempts = 0;

  constructor(peerId: string, initiator: boolean, now: Micros) {
    this.peerId = peerId;
    this.initiator = initiator;
    this.knownSince = now;
  }

  connected(): void {
    this.#attempts = 0;
  }

  /** Plans the next attempt: 0.5 s after the first failure, doubling to 10 s, less up to a half at random. */
  retry(now: Micros, random: () => number): void {
    const delay = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this.#attempts) * (1 - random() / 2);
    this.#attempts++;
    this.retryAt = micros(now + delay);
  }
}
