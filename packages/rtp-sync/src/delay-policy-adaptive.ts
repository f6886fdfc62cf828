import { DelayLevel } from './delay-level.js';
import { DelayPeak } from './delay-peak.js';
import type { DelayPolicy } from './delay-policy.js';
import { STALL, ShadowPlayout } from './shadow-playout.js';
import { type Micros, micros } from './time.js';

/** What 1 % of concealed sound is worth, in delay. */
const PRICES = { 'low-latency': 30_000, balanced: 100_000, robust: 300_000 } as const;

/** How {@link AdaptiveDelayPolicy} weighs delay against loss, its bounds and its start. */
export interface AdaptiveDelayOptions {
  /**
   * How much delay the application would rather have than 1 % more of the sound missing: a duration, or one of
   * `low-latency` (30 ms), `balanced` (100 ms, the default) and `robust` (300 ms).
   */
  readonly pricePerPercent?: Micros | keyof typeof PRICES;
  /** Delay before anything has been measured; default 40 ms, within the bounds. */
  readonly start?: Micros;
  /** Smallest target; default 15 ms, a tick of the media clock and a timer's lateness. */
  readonly min?: Micros;
  /** Largest target; default 500 ms. */
  readonly max?: Micros;
}

const START = 40_000;
const CANDIDATES = 64;
/** Candidates lie 2.5 ms apart at the smallest delay, and further the larger they are. */
const FINEST = 2500;
const MEMORY = 30_000_000;
/** The delay that was cheapest conceals more from now on than it did before it was chosen for that. */
const HINDSIGHT = 1.4;
/** Packets count as later by this: the playout may be a little below its target… */
const MARGIN = 3000;
/** …and is further below where the target moves, as speed changes by steps. */
const MOVING_MARGIN = 13_000;
/** What sound played faster or slower is worth, in sound concealed. */
const STRETCHED = 0.025;
/** The target is looked at anew so often, and when a packet was late for it. */
const REVIEW = 250_000;
/** After a peak the delay is left so far above it: the next packets may be as late. */
const HOLD = 10_000;
/** …but never further above the target than this: a stall of the machine is over when it is over. */
const MAX_HOLD = 40_000;

/**
 * Follows the network: plays the stream in thought at 64 delays above the fastest packet and at as many above the
 * level about which packets are late lately, and aims for the one that would have cost least over the last half
 * minute, counting each percent of concealed sound as so much delay.
 */
export class AdaptiveDelayPolicy implements DelayPolicy {
  readonly #delays: Float64Array;
  readonly #abovePath: ShadowPlayout;
  readonly #aboveLevel: ShadowPlayout;
  readonly #level = new DelayLevel();
  readonly #peak = new DelayPeak();
  /** Price of concealing everything, in µs. */
  readonly #price: number;
  readonly #max: number;
  /** The candidate aimed for, and whether it is one above the level. */
  #chosen: number;
  #moving = false;
  #target: Micros;
  #nextReview = 0;

  /** @throws RangeError unless 0 ≤ min ≤ start ≤ max ≤ 2 s, and for a price that is not more than 0 and finite. */
  constructor(options: AdaptiveDelayOptions = {}) {
    const { min = 15_000, max = 500_000, pricePerPercent = 'balanced' } = options;
    const { start = Math.min(max, Math.max(min, START)) } = options;
    if (!(0 <= min && min <= start && start <= max && max <= 2_000_000))
      throw new RangeError(
        `playout delay bounds must satisfy 0 ≤ min ≤ start ≤ max ≤ 2000000 µs, got ${min}, ${start}, ${max}`,
      );
    const price = typeof pricePerPercent === 'number' ? pricePerPercent : PRICES[pricePerPercent];
    if (!(price > 0 && price < Number.POSITIVE_INFINITY))
      throw new RangeError(
        `pricePerPercent must be a duration above 0 or one of ${Object.keys(PRICES).join(', ')}, got ${pricePerPercent}`,
      );
    this.#price = 100 * price * HINDSIGHT;
    this.#max = max;
    this.#delays = candidates(min, max);
    this.#chosen = this.#delays.findLastIndex((delay) => delay <= start);
    this.#delays[this.#chosen] = start;
    this.#abovePath = new ShadowPlayout(this.#delays, MEMORY);
    this.#aboveLevel = new ShadowPlayout(this.#delays, MEMORY);
    // Concealment is worth as much delay as lasts for its price: one bad moment does not outweigh the start.
    for (const shadow of [this.#abovePath, this.#aboveLevel])
      shadow.presume(start, this.#price, this.#price);
    this.#target = micros(start);
  }

  get target(): Micros {
    return this.#target;
  }

  /** The largest delay of the last second and 10 ms, as far as that is near: what is late seldom comes alone. */
  get ceiling(): Micros {
    return micros(Math.min(this.#max, this.#peak.value + HOLD, this.#target + MAX_HOLD));
  }

  observe(relativeDelay: Micros, arrival: Micros, duration: Micros, reordered: boolean): void {
    if (!reordered && relativeDelay <= STALL) this.#peak.update(relativeDelay, arrival);
    const level = this.#level.value;
    const moved = this.#level.update(relativeDelay, arrival);
    const late = this.#abovePath.packet(
      relativeDelay + MARGIN,
      arrival,
      duration,
      reordered,
      this.#moving ? -1 : this.#chosen,
    );
    const lateForLevel = this.#aboveLevel.packet(
      relativeDelay + MOVING_MARGIN - level,
      arrival,
      duration,
      reordered,
      this.#moving ? this.#chosen : -1,
      level * duration + this.#price * STRETCHED * moved,
    );
    if (late || lateForLevel || arrival >= this.#nextReview) {
      this.#nextReview = arrival + REVIEW;
      this.#choose();
    }
    this.#aim();
  }

  pathChanged(): void {
    this.#abovePath.takeBack();
    this.#level.rebase();
    this.#choose();
  }

  #choose(): void {
    const fixed = this.#abovePath.cheapest(this.#price);
    const moving = this.#aboveLevel.cheapest(this.#price);
    this.#moving =
      this.#aboveLevel.cost(moving, this.#price) < this.#abovePath.cost(fixed, this.#price);
    this.#chosen = this.#moving ? moving : fixed;
  }

  #aim(): void {
    const level = this.#moving ? this.#level.value : 0;
    this.#target = micros(Math.min(this.#max, level + this.#delays[this.#chosen]!));
  }
}

/** From min to max, in steps that grow from {@link FINEST} in equal proportion where that reaches too little. */
function candidates(min: number, max: number): Float64Array {
  const span = max - min;
  const equal = span / (CANDIDATES - 1);
  let growth = 1;
  if (equal > FINEST)
    // The sum of a geometric series grows with its ratio: halve the interval.
    for (let step = 0.5; step > 1e-6; step /= 2) {
      const ratio = growth + step;
      if ((FINEST * (ratio ** (CANDIDATES - 1) - 1)) / (ratio - 1) <= span) growth = ratio;
    }
  const first = growth === 1 ? equal : FINEST;
  const delays = new Float64Array(CANDIDATES);
  delays[0] = min;
  for (let i = 1; i < CANDIDATES; i++) delays[i] = delays[i - 1]! + first * growth ** (i - 1);
  delays[CANDIDATES - 1] = max;
  return delays;
}
