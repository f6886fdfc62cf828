import type { DelayPolicy } from './delay-policy.js';
import { type Micros, micros } from './time.js';

const BUCKET = 20_000;
const BUCKETS = 100;
const START = 80_000;
const QUANTILE = 0.95;
const FORGET = 0.983;
const START_FORGET_WEIGHT = 2;
/** The largest delay of each such span enters the histogram. */
const RESAMPLE = 500_000;
const REORDER_FORGET = 0.9993;
/** What 1 % of reordered packets missed is worth. */
const PRICE_PER_PERCENT = 20_000;
/** The largest delay of the last 2 s is what playout may be above the target. */
const MAXIMA = 4;

/** Weights of delays in buckets of 20 ms, of sum 1; each entry makes the older ones count less. */
class Histogram {
  readonly weights = new Float64Array(BUCKETS);
  readonly #forget: number;
  readonly #startWeight: number;
  #entries = 0;

  constructor(forget: number, startWeight: number) {
    this.#forget = forget;
    this.#startWeight = startWeight;
  }

  add(bucket: number): void {
    this.#entries++;
    const forget = Math.max(0, Math.min(this.#forget, 1 - this.#startWeight / (this.#entries + 1)));
    for (let i = 0; i < BUCKETS; i++) this.weights[i] = this.weights[i]! * forget;
    this.weights[bucket] = this.weights[bucket]! + 1 - forget;
  }

  quantile(probability: number): number {
    let sum = 0;
    for (let i = 0; i < BUCKETS; i++) if ((sum += this.weights[i]!) >= probability) return i;
    return BUCKETS - 1;
  }
}

/**
 * Chooses the delay as libwebrtc's NetEq does, after its published constants (`delay_manager.h`): the 95 %
 * quantile of the largest delay per half second in buckets of 20 ms, or more where reordered packets are worth it.
 * It is there to be compared with, and for who wants what browsers have.
 */
export class NetEqDelayPolicy implements DelayPolicy {
  readonly #underrun = new Histogram(FORGET, START_FORGET_WEIGHT);
  readonly #reorder = new Histogram(REORDER_FORGET, START_FORGET_WEIGHT);
  readonly #maxima = new Float64Array(MAXIMA);
  #maximum = 0;
  #windowStart: Micros | undefined;
  #base: number = START;
  #target: Micros = micros(START);

  get target(): Micros {
    return this.#target;
  }

  /** The target, the largest delay of the last 2 s and 20 ms (`decision_logic.cc`). */
  get ceiling(): Micros {
    let most = 0;
    for (let i = 0; i < MAXIMA; i++) most = Math.max(most, this.#maxima[i]!);
    return micros(this.#target + most + BUCKET);
  }

  observe(relativeDelay: Micros, arrival: Micros, _duration: Micros, reordered: boolean): void {
    this.#reorder.add(reordered ? bucketOf(relativeDelay) : 0);
    this.#windowStart ??= arrival;
    if (!reordered) {
      if (relativeDelay > this.#maxima[this.#maximum]!) this.#maxima[this.#maximum] = relativeDelay;
      if (arrival - this.#windowStart > RESAMPLE) {
        this.#underrun.add(bucketOf(this.#maxima[this.#maximum]!));
        this.#base = (1 + this.#underrun.quantile(QUANTILE)) * BUCKET;
        this.#windowStart = arrival;
        this.#maximum = (this.#maximum + 1) % MAXIMA;
        this.#maxima[this.#maximum] = 0;
      }
    }
    this.#target = micros(Math.max(this.#base, this.#worthForReordering()));
  }

  #worthForReordering(): number {
    let missed = 1;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < BUCKETS; i++) {
      missed -= this.#reorder.weights[i]!;
      const delay = i * BUCKET;
      const cost = Math.max(0, delay - this.#base) + 100 * missed * PRICE_PER_PERCENT;
      if (cost >= least) continue;
      least = cost;
      best = delay;
    }
    return best;
  }
}

const bucketOf = (delay: number): number =>
  Math.min(BUCKETS - 1, Math.max(0, Math.floor(delay / BUCKET)));
