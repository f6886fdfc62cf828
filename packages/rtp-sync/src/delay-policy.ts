import type { Micros } from './time.js';

/** Decides how long packets wait in the jitter buffer. */
export interface DelayPolicy {
  /** Playout delay to aim for, above the fastest recent packet. */
  readonly target: Micros;
  /** Takes the delay of one packet relative to the fastest recent one, at its arrival. */
  observe(relativeDelay: Micros, arrival: Micros): void;
}

/** Always the same delay. */
export class FixedDelayPolicy implements DelayPolicy {
  readonly target: Micros;

  constructor(target: Micros) {
    this.target = target;
  }

  observe(): void {}
}

/** Bounds and start of {@link AdaptiveDelayPolicy}. */
export interface AdaptiveDelayOptions {
  /** Delay before anything has been measured; default 20 ms. */
  readonly start?: Micros;
  /** Smallest target; default 15 ms, a tick of the media clock and a timer's lateness. */
  readonly min?: Micros;
  /** Largest target; default 500 ms. */
  readonly max?: Micros;
}

const BUCKET = 5_000;
const BUCKETS = 401;
/** The largest delay of each such span enters the histogram, so that rare late packets count in full. */
const WINDOW = 500_000;
const QUANTILE = 0.95;
/** Weight lost per second; half of the past is forgotten in about 20 s. */
const FORGET_PER_SECOND = 0.034;
/** How many windows of measurement the start value is worth: one bad half second does not outweigh it. */
const START_WEIGHT = 20;

/**
 * Follows the network: the target is the 95 % quantile of the largest relative delay per half second, over a
 * histogram of 5 ms buckets that forgets with time. The half second under way counts from its first late packet
 * on, so the target rises at once when the network turns bad.
 */
export class AdaptiveDelayPolicy implements DelayPolicy {
  readonly #min: number;
  readonly #max: number;
  readonly #weights = new Float64Array(BUCKETS);
  #total = START_WEIGHT;
  #windowStart: Micros | undefined;
  /** Bucket of the largest delay in the window under way; it has weight 1 in the histogram. */
  #current: number | undefined;
  #target: Micros;

  /** @throws RangeError unless 0 ≤ min ≤ start ≤ max ≤ 2 s. */
  constructor(options: AdaptiveDelayOptions = {}) {
    const { start = 20_000, min = 15_000, max = 500_000 } = options;
    if (!(0 <= min && min <= start && start <= max && max <= 2_000_000))
      throw new RangeError(
        `playout delay bounds must satisfy 0 ≤ min ≤ start ≤ max ≤ 2000000 µs, got ${min}, ${start}, ${max}`,
      );
    this.#min = min;
    this.#max = max;
    this.#target = start as Micros;
    this.#weights[bucketOf(start - 1)] = START_WEIGHT;
  }

  get target(): Micros {
    return this.#target;
  }

  observe(relativeDelay: Micros, arrival: Micros): void {
    this.#windowStart ??= arrival;
    const elapsed = arrival - this.#windowStart;
    if (elapsed >= WINDOW) {
      this.#forget(elapsed);
      this.#windowStart = arrival;
      this.#current = undefined;
    }
    const bucket = bucketOf(relativeDelay);
    if (this.#current !== undefined && bucket <= this.#current) return;
    if (this.#current === undefined) this.#total++;
    else this.#weights[this.#current] = this.#weights[this.#current]! - 1;
    this.#weights[bucket] = this.#weights[bucket]! + 1;
    this.#current = bucket;
    this.#target = this.#quantile();
  }

  #forget(elapsed: number): void {
    const keep = (1 - FORGET_PER_SECOND) ** (elapsed / 1e6);
    for (let i = 0; i < BUCKETS; i++) this.#weights[i] = this.#weights[i]! * keep;
    this.#total *= keep;
  }

  #quantile(): Micros {
    let above = this.#total * (1 - QUANTILE);
    let i = BUCKETS - 1;
    while (i > 0 && (above -= this.#weights[i]!) >= 0) i--;
    return Math.min(this.#max, Math.max(this.#min, (i + 1) * BUCKET)) as Micros;
  }
}

const bucketOf = (delay: number): number =>
  Math.min(BUCKETS - 1, Math.max(0, Math.floor(delay / BUCKET)));
