import type { DelayPolicy } from './delay-policy.js';
import { ShadowPlayout } from './shadow-playout.js';
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
/** Packets count as later by this: the playout may be a little below its target. */
const MARGIN = 3000;
/** The target is looked at anew so often, and when a packet was late for it. */
const REVIEW = 100_000;

/**
 * Follows the network: plays the stream in thought at 64 delays and aims for the one that would have cost least
 * over the last half minute, counting each percent of concealed sound as so much delay.
 */
export class AdaptiveDelayPolicy implements DelayPolicy {
  readonly #delays: Float64Array;
  readonly #shadow: ShadowPlayout;
  /** Price of concealing everything, in µs. */
  readonly #price: number;
  #target: Micros;
  #chosen: number;
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
    this.#price = 100 * price;
    this.#delays = candidates(min, max);
    this.#chosen = this.#delays.findLastIndex((delay) => delay <= start);
    this.#delays[this.#chosen] = start;
    this.#shadow = new ShadowPlayout(this.#delays, MEMORY);
    // Concealment is worth as much delay as lasts for its price: one bad moment does not outweigh the start.
    this.#shadow.presume(start, this.#price, this.#price);
    this.#target = micros(start);
  }

  get target(): Micros {
    return this.#target;
  }

  observe(relativeDelay: Micros, arrival: Micros, duration: Micros, reordered: boolean): void {
    const delay = relativeDelay + MARGIN;
    const late = this.#shadow.packet(delay, arrival, duration, reordered, this.#chosen);
    if (!late && arrival < this.#nextReview) return;
    this.#nextReview = arrival + REVIEW;
    this.#choose();
  }

  pathChanged(): void {
    this.#shadow.takeBack();
    this.#choose();
  }

  #choose(): void {
    this.#chosen = this.#shadow.cheapest(this.#price);
    this.#target = micros(this.#delays[this.#chosen]!);
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
