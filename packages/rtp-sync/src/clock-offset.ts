import { type Micros, micros } from './time.js';

/** How far another machine's clock is ahead of ours, and how far that can be wrong. */
export interface ClockOffset {
  /** Remote clock minus local clock. */
  readonly offset: Micros;
  /** The true offset lies within `offset ± bound` whatever the asymmetry of the path. */
  readonly bound: Micros;
  /** Smallest round trip of the exchanges the estimate rests on, without the other side's turnaround. */
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
  /** How far the remote instants can be wrong; 0 by default. */
  readonly uncertainty?: Micros;
}

/** Round trips as the W3C `remote-inbound-rtp` dictionary counts them, in seconds. */
export interface RoundTripStatistics {
  /** The latest one; absent before the first. */
  readonly roundTripTime?: number;
  readonly totalRoundTripTime: number;
  readonly roundTripTimeMeasurements: number;
}

/** Exchanges kept; at one a second the estimate looks back about a minute. */
const WINDOW = 64;
/** Two machines' clocks part by at most this: ± 500 ppm each, which is what NTP slews by. */
const MAX_RATE = 1000e-6;
/** Over the window the rate between them wanders by at most this. */
const WANDER = 15e-6;
/** Two instants, each rounded to a microsecond. */
const ROUNDING = 2;
/** So many exchanges in a row that contradict all before are a step of the other clock. */
const STEP_EXCHANGES = 2;

/**
 * Estimates the offset between two clocks from round trips, with a bound that holds for any asymmetry.
 *
 * A message is never received before it was sent, so each exchange confines the offset to an interval as wide as
 * its round trip: the ping gives the upper end, the pong the lower. Intervals of different instants together
 * confine the rate between the clocks; carried to the present at the extremes of that rate they are all true, so
 * their intersection is. Its middle is the estimate: the fastest ping and the fastest pong of the window decide,
 * even if they belong to different exchanges. Exchanges from several sources, as data-channel pings and RTCP
 * reports, can be mixed.
 */
export class ClockOffsetEstimator {
  /** Exchanges in order of arrival: the ends of their intervals, and when each end held (local clock). */
  readonly #low = new Float64Array(WINDOW);
  readonly #lowAt = new Float64Array(WINDOW);
  readonly #high = new Float64Array(WINDOW);
  readonly #highAt = new Float64Array(WINDOW);
  readonly #roundTrips = new Float64Array(WINDOW);
  #size = 0;
  /** Extremes of the rate of the remote clock against the local one. */
  #slowest = -MAX_RATE;
  #fastest = MAX_RATE;
  #contradictions = 0;
  #latest: number | undefined;
  #total = 0;
  #measurements = 0;

  /**
   * Takes a completed exchange, in the order of `received`. Returns false, leaving the estimate as it was, for one
   * that is impossible (negative round trip) and for a single one that contradicts all before.
   */
  add(exchange: PingExchange): boolean {
    const { sent, remoteReceived, remoteSent, received, uncertainty = 0 } = exchange;
    const roundTrip = received - sent - (remoteSent - remoteReceived);
    if (!(roundTrip >= 0 && remoteSent >= remoteReceived && received >= this.#newest)) return false;
    if (!(uncertainty >= 0)) return false;
    this.#latest = roundTrip;
    this.#total += roundTrip;
    this.#measurements++;
    const low = remoteSent - received - uncertainty - ROUNDING;
    // The ping arrived at some time of the round trip, in which the clocks part too.
    const high = remoteReceived - sent + uncertainty + ROUNDING + roundTrip * MAX_RATE;
    const highAt = sent + roundTrip;
    if (this.#contradicts(low, received, high, highAt)) {
      if (++this.#contradictions < STEP_EXCHANGES) return false;
      this.#size = 0;
    }
    this.#contradictions = 0;
    this.#append(low, received, high, highAt, roundTrip);
    this.#confineRate();
    return true;
  }

  /** The estimate at `now` (local clock); undefined before the first exchange. */
  estimate(now: Micros): ClockOffset | undefined {
    if (this.#size === 0) return undefined;
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    let roundTrip = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#size; i++) {
      low = Math.max(low, this.#low[i]! + this.#leastChange(now - this.#lowAt[i]!));
      high = Math.min(high, this.#high[i]! + this.#mostChange(now - this.#highAt[i]!));
      roundTrip = Math.min(roundTrip, this.#roundTrips[i]!);
    }
    return {
      offset: micros(Math.round((low + high) / 2)),
      bound: micros(Math.ceil((high - low) / 2 + ROUNDING)),
      roundTrip: micros(roundTrip),
    };
  }

  /** Round trips of all exchanges that were possible. */
  statistics(): RoundTripStatistics {
    return {
      ...(this.#latest !== undefined && { roundTripTime: this.#latest / 1e6 }),
      totalRoundTripTime: this.#total / 1e6,
      roundTripTimeMeasurements: this.#measurements,
    };
  }

  get #newest(): number {
    return this.#size === 0 ? Number.NEGATIVE_INFINITY : this.#lowAt[this.#size - 1]!;
  }

  /** Least and most that the offset can have changed in `age`, which is negative before the exchange. */
  #leastChange(age: number): number {
    return age * (age < 0 ? this.#fastest : this.#slowest) - Math.abs(age) * WANDER;
  }

  #mostChange(age: number): number {
    return age * (age < 0 ? this.#slowest : this.#fastest) + Math.abs(age) * WANDER;
  }

  /** Whether no rate within ± `MAX_RATE` leads from the intervals there are to this one. */
  #contradicts(low: number, lowAt: number, high: number, highAt: number): boolean {
    const rate = MAX_RATE + WANDER;
    for (let i = 0; i < this.#size; i++) {
      if (low - this.#high[i]! > Math.abs(lowAt - this.#highAt[i]!) * rate) return true;
      if (this.#low[i]! - high > Math.abs(highAt - this.#lowAt[i]!) * rate) return true;
    }
    return false;
  }

  #append(low: number, lowAt: number, high: number, highAt: number, roundTrip: number): void {
    if (this.#size === WINDOW) this.#dropOldest();
    this.#low[this.#size] = low;
    this.#lowAt[this.#size] = lowAt;
    this.#high[this.#size] = high;
    this.#highAt[this.#size] = highAt;
    this.#roundTrips[this.#size++] = roundTrip;
  }

  #dropOldest(): void {
    for (const values of [this.#low, this.#lowAt, this.#high, this.#highAt, this.#roundTrips])
      values.copyWithin(0, 1);
    this.#size--;
  }

  /** Every pair of intervals confines the rate; when they leave none, the rate has changed and the oldest go. */
  #confineRate(): void {
    for (;;) {
      let slowest = -MAX_RATE;
      let fastest = MAX_RATE;
      for (let j = 1; j < this.#size; j++) {
        for (let i = 0; i < j; i++) {
          const rise = this.#highAt[j]! - this.#lowAt[i]!;
          const fall = this.#lowAt[j]! - this.#highAt[i]!;
          if (rise > 0)
            fastest = Math.min(fastest, (this.#high[j]! - this.#low[i]!) / rise + WANDER);
          if (fall > 0)
            slowest = Math.max(slowest, (this.#low[j]! - this.#high[i]!) / fall - WANDER);
        }
      }
      if (slowest <= fastest) {
        this.#slowest = slowest;
        this.#fastest = fastest;
        return;
      }
      this.#dropOldest();
    }
  }
}
