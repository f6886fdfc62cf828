/** Concealment comes in whole ticks of 10 ms: on average half of one more than was needed. */
const HALF_TICK = 5000;
/** Playing faster or slower moves the delay by a tenth of the time that passes. */
export const CATCH_UP = 0.1;
/** A listener so far behind is brought back at once. */
const MAX_EXCESS = 200_000;
/** In µs: more than any delay should cover. */
export const STALL = 500_000;
/** Sums are scaled down before the weight of the newest packet outgrows them. */
const MAX_WEIGHT = 1e6;
/** What came in the last one to two of these can be taken back. */
const PROBATION = 1_000_000;

/** What was paid at each delay over some time, weighted. */
class Account {
  /** Time in which packets played, in µs. */
  time = 0;
  /** What was paid whatever the delay, in µs². */
  shared = 0;
  /** Delay above the candidate's own, times time, in µs². */
  readonly excess: Float64Array;
  /** Sound made up for packets that were not there, in µs. */
  readonly concealed: Float64Array;

  constructor(candidates: number) {
    this.excess = new Float64Array(candidates);
    this.concealed = new Float64Array(candidates);
  }

  /** What a candidate paid above its own delay and what all share. */
  paid(candidate: number, price: number): number {
    return this.excess[candidate]! + price * this.concealed[candidate]!;
  }

  add(other: Account): void {
    this.time += other.time;
    this.shared += other.shared;
    for (let i = 0; i < this.excess.length; i++) {
      this.excess[i] = this.excess[i]! + other.excess[i]!;
      this.concealed[i] = this.concealed[i]! + other.concealed[i]!;
    }
  }

  scale(factor: number): void {
    this.time *= factor;
    this.shared *= factor;
    for (let i = 0; i < this.excess.length; i++) {
      this.excess[i] = this.excess[i]! * factor;
      this.concealed[i] = this.concealed[i]! * factor;
    }
  }
}

/**
 * Plays a stream in thought at many delays at once and keeps account of what each would have cost.
 *
 * A candidate behaves as the jitter buffer does: a packet that is late in its order is waited for under
 * concealment, after which everything is heard later by that much until playing faster has won it back; one that
 * was overtaken is replaced. The past is forgotten exponentially.
 */
export class ShadowPlayout {
  readonly #delays: Float64Array;
  readonly #memory: number;
  /** How much later than its own delay each candidate plays at present. */
  readonly #behind: Float64Array;
  /** The last candidate that is behind; -1 if none is. */
  #lagging = -1;
  readonly #settled: Account;
  #previous: Account;
  #current: Account;
  #probationEnds = 0;
  #last: number | undefined;
  /** Weight of the newest packet: instead of the past shrinking, the present grows. */
  #weight = 1;

  /**
   * @param delays - The candidates, ascending, in µs.
   * @param memory - After how many µs something counts 1/e.
   */
  constructor(delays: Float64Array, memory: number) {
    this.#delays = delays;
    this.#memory = memory;
    this.#behind = new Float64Array(delays.length);
    this.#settled = new Account(delays.length);
    this.#previous = new Account(delays.length);
    this.#current = new Account(delays.length);
  }

  /** Begins as if for `time` µs every delay from `start` on had been enough, and those below just not worth it. */
  presume(start: number, time: number, price: number): void {
    this.#settled.time = time;
    for (let i = 0; i < this.#delays.length; i++)
      this.#settled.concealed[i] = (Math.max(0, start - this.#delays[i]!) * 1.5 * time) / price;
  }

  /**
   * Takes a packet (all in µs); gives whether the candidate `played` would have had to conceal.
   * @param shared - What all candidates pay while it plays, as delay times time in µs².
   */
  packet(
    delay: number,
    arrival: number,
    duration: number,
    reordered: boolean,
    played: number,
    shared = 0,
  ): boolean {
    const elapsed = this.#last === undefined ? 0 : Math.max(0, arrival - this.#last);
    this.#last = arrival;
    this.#advance(arrival, elapsed);
    const weight = this.#weight;
    const won = elapsed * CATCH_UP;
    const delays = this.#delays;
    const behind = this.#behind;
    const { excess, concealed } = this.#current;
    const last = delays.length - 1;
    // An interruption is one whatever of it is cut off: a stall speaks for no delay.
    const price = delay - behind[last]! > Math.max(delays[last]!, STALL) ? 0 : weight;
    let missed = false;
    let lagging = -1;
    // Candidates that are neither behind nor too short for the packet have nothing to pay.
    for (let i = 0; i <= last && (i <= this.#lagging || delays[i]! < delay); i++) {
      const over = delay - delays[i]!;
      let late = behind[i]! - won;
      // Packets are skipped until those due now.
      if (late > MAX_EXCESS) late = Math.min(late, over);
      if (late < 0) late = 0;
      if (over > late) {
        const wait = over - late + HALF_TICK;
        if (reordered && wait >= duration) concealed[i] = concealed[i]! + duration * weight;
        else {
          concealed[i] = concealed[i]! + wait * price;
          late += wait;
        }
        if (i === played) missed = true;
      }
      behind[i] = late;
      if (late > 0) lagging = i;
      excess[i] = excess[i]! + late * duration * weight;
    }
    this.#lagging = lagging;
    this.#current.time += duration * weight;
    this.#current.shared += shared * weight;
    return missed;
  }

  /** The candidate that cost least, where concealing all the time costs as much as `price` µs of delay. */
  cheapest(price: number): number {
    const a = this.#settled;
    const b = this.#previous;
    const c = this.#current;
    const time = a.time + b.time + c.time;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#delays.length; i++) {
      const cost = this.#delays[i]! * time + a.paid(i, price) + b.paid(i, price) + c.paid(i, price);
      if (cost < least) {
        least = cost;
        best = i;
      }
    }
    return best;
  }

  /** What a candidate cost, as a delay in µs; NaN while nothing was played or presumed. */
  cost(candidate: number, price: number): number {
    let time = 0;
    let paid = 0;
    for (const account of [this.#settled, this.#previous, this.#current]) {
      time += account.time;
      paid += account.shared + account.paid(candidate, price);
    }
    return this.#delays[candidate]! + paid / time;
  }

  /** Takes back the last one to two seconds: the path became longer, no packet was late. */
  takeBack(): void {
    this.#previous.scale(0);
    this.#current.scale(0);
    this.#behind.fill(0);
    this.#lagging = -1;
  }

  #advance(arrival: number, elapsed: number): void {
    this.#weight *= Math.exp(elapsed / this.#memory);
    if (this.#weight > MAX_WEIGHT) {
      const factor = 1 / this.#weight;
      for (const account of [this.#settled, this.#previous, this.#current]) account.scale(factor);
      this.#weight = 1;
    }
    if (arrival < this.#probationEnds) return;
    this.#probationEnds = arrival + PROBATION;
    this.#settled.add(this.#previous);
    this.#previous.scale(0);
    [this.#previous, this.#current] = [this.#current, this.#previous];
  }
}
