import { type Micros, micros } from './time.js';

/** How far another machine's clock is ahead of ours, and how far that can be wrong. */
export interface ClockOffset {
  /** Remote clock minus local clock. */
  readonly offset: Micros;
  /** The true offset lies within `offset ± bound` whatever the asymmetry of the path. */
  readonly bound: Micros;
  /** Round-trip time of the exchange the estimate rests on, without the other side's turnaround. */
  readonly roundTrip: Micros;
}

/** The four instants of one ping and its pong, each on the clock of the machine where it happened. */
export interface PingExchange {
  /** Ping sent, local clock. */
  readonly sent: Micros;
  /** Ping received, remote clock. */
  readonly remoteReceived: Micros;
  /** Pong sent, remote clock. */
  readonly remoteSent: Micros;
  /** Pong received, local clock. */
  readonly received: Micros;
}

/** Exchanges kept; at one a second the estimate looks back this many seconds. */
const WINDOW = 16;
/** Two free-running oscillators drift apart by at most about this much (± 100 ppm each). */
const DRIFT_PPM = 200;

/**
 * Estimates the offset between two clocks from ping exchanges: the exchange with the smallest round trip in
 * the last 16 decides, as queueing only ever adds delay (RFC 5905 §10, clock filter).
 */
export class ClockOffsetEstimator {
  readonly #exchanges: { offset: number; roundTrip: number; at: Micros }[] = [];
  #next = 0;

  /** Takes a completed exchange. Returns false, changing nothing, for one that is impossible (negative round trip). */
  add(exchange: PingExchange): boolean {
    const { sent, remoteReceived, remoteSent, received } = exchange;
    const roundTrip = received - sent - (remoteSent - remoteReceived);
    if (!(roundTrip >= 0) || remoteSent < remoteReceived) return false;
    const offset = (remoteReceived - sent + (remoteSent - received)) / 2;
    this.#exchanges[this.#next] = { offset, roundTrip, at: received };
    this.#next = (this.#next + 1) % WINDOW;
    return true;
  }

  /** The estimate at `now` (local clock); undefined before the first exchange. */
  estimate(now: Micros): ClockOffset | undefined {
    let best: ClockOffset | undefined;
    for (const { offset, roundTrip, at } of this.#exchanges) {
      const bound = roundTrip / 2 + (Math.max(0, now - at) * DRIFT_PPM) / 1e6;
      if (best === undefined || bound < best.bound)
        best = { offset: micros(offset), bound: micros(bound + 1), roundTrip: micros(roundTrip) };
    }
    return best;
  }
}
