import { findEnvelopeStep, findMeanStep } from './delay-step.js';
import { LowerEnvelope } from './lower-envelope.js';
import { fitMeanLine } from './mean-line.js';
import type { Micros } from './time.js';
import { nearestDelta } from './wrap.js';

/** Estimates are held within ± this; crystals are within ±1000 ppm. */
const MAX_PPM = 1500;
const LIMIT = MAX_PPM / 1e6;
const WARN_PPM = 500;
/** The fastest packet of each block enters the fit; 240 blocks are two minutes. */
const BLOCK = 500_000;
const BLOCKS = 240;
/** Fewer blocks than this say nothing yet. */
const MIN_BLOCKS = 8;
/** A packet that is off the one before by this is none of the same line. */
const JUMP = 1_000_000;
/** A step of the path delay is looked for every eight seconds, and when a block is off the line. */
const SEARCH_EVERY = 16;
/** A block is off the line when it is off by this, and by this many times the mean height above the line. */
const MIN_STEP = 300;
const STEP_FACTOR = 2.5;
/** Below this variation, with minima this high against the mean, delays have no floor. */
const SOFT_VARIATION = 0.75;
const SOFT_HEIGHT = 2.5;
/** From this variation on it is certain that they have one. */
const SURE_VARIATION = 1;
const SURE_BLOCKS = 40;
/** By so much per block the past is believed less while the present contradicts it. */
const FORGET_CONTRADICTED = 1.5;
/** No clock is steadier than this over minutes. */
const MIN_BOUND = 0.2e-6;

/**
 * Estimates how much faster the sender's media clock runs than the local clock, from the timestamps and arrival
 * times of its packets.
 *
 * The fastest packet of each half second is kept, for two minutes; the line below them is the clock's drift
 * ({@link LowerEnvelope}). A step of the path delay ends the line and begins another, and what was learned from
 * the one before stays. A pause of any length changes nothing. When delays turn out to have no floor (Gaussian
 * noise), the line through the means of the half seconds takes its place.
 *
 * Under exponential jitter of 20 ms at 50 packets a second the error after 60 s is below 2 ppm at p95, and after
 * 10 s about 50 ppm, close to what such arrivals can tell at all.
 */
export class ClockDriftEstimator {
  readonly #clockRate: number;
  readonly #minX = new Float64Array(BLOCKS);
  readonly #minY = new Float64Array(BLOCKS);
  readonly #meanX = new Float64Array(BLOCKS);
  readonly #meanY = new Float64Array(BLOCKS);
  #size = 0;
  #untilSearch = SEARCH_EVERY;
  /** Delays have no floor: means are used in place of minima. */
  #soft = false;
  readonly #envelope = new LowerEnvelope(BLOCKS, LIMIT);
  /** Slope and bound of the lines before the current one. */
  #pastSlope = 0;
  #pastBound = Number.POSITIVE_INFINITY;
  #slope = 0;
  #bound = LIMIT;

  #started = false;
  #lastTimestamp = 0;
  #lastArrival = 0;
  #origin = 0;
  #ticks = 0;
  /** Arrival less media time of the packet before, and of one that lies far from it. */
  #lastY = 0;
  #jumpedTo = Number.NaN;
  /** The block under way. */
  #blockEnd = 0;
  #count = 0;
  #sumX = 0;
  #sumY = 0;
  #lowX = 0;
  #lowY = 0;
  #low = 0;
  #packetsPerBlock = 0;

  /**
   * @param clockRate - RTP clock rate of the stream in Hz.
   * @throws RangeError when it is not positive.
   */
  constructor(clockRate: number) {
    if (!(clockRate > 0)) throw new RangeError('clockRate must be a positive number of Hz');
    this.#clockRate = clockRate;
  }

  /** Takes the RTP timestamp and the arrival (local clock, not decreasing) of one packet, in any order of timestamps. */
  update(rtpTimestamp: number, arrival: Micros): void {
    if (!this.#started) {
      this.#started = true;
      this.#origin = arrival;
      this.#lastArrival = arrival;
      this.#lastTimestamp = rtpTimestamp;
      this.#blockEnd = arrival + BLOCK;
    }
    const expected = ((arrival - this.#lastArrival) * this.#clockRate) / 1e6;
    const ticks = this.#ticks + nearestDelta(rtpTimestamp, this.#lastTimestamp, expected);
    const x = (ticks * 1e6) / this.#clockRate;
    const y = arrival - this.#origin - x;
    if (this.#hasJumped(y)) return;
    this.#ticks = ticks;
    this.#lastTimestamp = rtpTimestamp;
    this.#lastArrival = arrival;
    this.#lastY = y;
    if (arrival >= this.#blockEnd) {
      this.#closeBlock();
      this.#blockEnd = arrival + BLOCK;
    }
    const height = y - this.#slope * x;
    if (this.#count === 0 || height < this.#low) {
      this.#low = height;
      this.#lowX = x;
      this.#lowY = y;
    }
    this.#count++;
    this.#sumX += x;
    this.#sumY += y;
  }

  /** Drift in ppm, −1500…1500; positive when the sender's clock is faster. 0 until four seconds have been heard. */
  estimateDrift(): number {
    // The slope is that of delay over media time; the local clock's view of the same is b/(1 + b).
    return (1 / (1 + this.#slope) - 1) * 1e6;
  }

  /** How far {@link estimateDrift} can be wrong, in ppm; 1500 while nothing is known. */
  get bound(): number {
    return this.#bound * 1e6;
  }

  /** Whether the drift is certainly above 500 ppm either way: a clock outside of what its makers promise. */
  get excessive(): boolean {
    return Math.abs(this.estimateDrift()) - this.bound > WARN_PPM;
  }

  /**
   * Whether a packet lies far from the one before: a stray, or the first after the timestamps jumped. The next that
   * lies where it did begins a new line.
   */
  #hasJumped(y: number): boolean {
    if (Math.abs(y - this.#lastY) < JUMP) {
      this.#jumpedTo = Number.NaN;
      return false;
    }
    if (!(Math.abs(y - this.#jumpedTo) < JUMP)) {
      this.#jumpedTo = y;
      return true;
    }
    this.#jumpedTo = Number.NaN;
    this.#keepPast();
    this.#size = 0;
    this.#emptyBlock();
    return false;
  }

  #emptyBlock(): void {
    this.#count = 0;
    this.#sumX = 0;
    this.#sumY = 0;
  }

  #keepPast(): void {
    this.#pastSlope = this.#slope;
    this.#pastBound = this.#bound;
  }

  #closeBlock(): void {
    // Nothing new under a queue that holds packets up for longer than a block.
    if (this.#count === 0 || (this.#size > 0 && this.#lowX <= this.#minX[this.#size - 1]!)) {
      this.#emptyBlock();
      return;
    }
    if (this.#size === BLOCKS) this.#keepLast(BLOCKS - 1);
    const n = this.#size++;
    this.#minX[n] = this.#lowX;
    this.#minY[n] = this.#lowY;
    this.#meanX[n] = this.#sumX / this.#count;
    this.#meanY[n] = this.#sumY / this.#count;
    this.#packetsPerBlock += (this.#count - this.#packetsPerBlock) / Math.min(16, n + 1);
    this.#emptyBlock();
    // What was learned long ago counts less and less.
    this.#pastBound *= 1 + 1 / BLOCKS;
    if (this.#size < MIN_BLOCKS) return;
    this.#untilSearch--;
    if (this.#isOffLine() || this.#untilSearch <= 0) {
      this.#untilSearch = SEARCH_EVERY;
      if (this.#splitAtStep()) return;
    }
    this.#refit();
  }

  /** Whether the newest block lies below the line, or the newest two above it, by more than noise explains. */
  #isOffLine(): boolean {
    if (this.#size < MIN_BLOCKS + 2) return false;
    const step =
      Math.max(MIN_STEP, STEP_FACTOR * this.#envelope.meanResidual) +
      (this.#envelope.bound * (this.#minX[this.#size - 1]! - this.#minX[0]!)) / 2;
    const last = this.#heightOf(this.#size - 1);
    return last < -step || Math.min(last, this.#heightOf(this.#size - 2)) > step;
  }

  #heightOf(block: number): number {
    const { value, level } = this.#envelope;
    return this.#minY[block]! - value * this.#minX[block]! - level;
  }

  /** Ends the line where the path delay stepped, and keeps what it says of the slope. */
  #splitAtStep(): boolean {
    const size = this.#size;
    const at = this.#soft
      ? findMeanStep(this.#meanX, this.#meanY, size)
      : findEnvelopeStep(this.#minX, this.#minY, size, LIMIT);
    if (at < 0) return false;
    if (at >= MIN_BLOCKS) {
      this.#size = at;
      this.#refit();
      this.#size = size;
      this.#keepPast();
    }
    this.#keepLast(size - at);
    if (this.#size >= MIN_BLOCKS) this.#refit();
    return true;
  }

  #refit(): void {
    const envelope = this.#envelope.fit(this.#minX, this.#minY, this.#size);
    const mean = fitMeanLine(this.#meanX, this.#meanY, this.#size);
    // The lowest of n delays over a floor lies at about 1/n of their mean; without a floor it lies much higher.
    const meanHeight = mean.y - envelope.level - envelope.value * mean.x;
    const low = envelope.meanResidual * this.#packetsPerBlock < SOFT_HEIGHT * meanHeight;
    this.#soft = !low && envelope.variation < SOFT_VARIATION;
    const { value } = this.#soft ? mean : envelope;
    let { bound } = this.#soft ? mean : envelope;
    // Few blocks can take noise for a floor, or a floor for noise: then the wider bound holds.
    const sure =
      low || (this.#size >= SURE_BLOCKS && (this.#soft || envelope.variation >= SURE_VARIATION));
    if (!sure) bound = Math.max(envelope.bound, mean.bound);
    this.#combine(Math.max(-LIMIT, Math.min(LIMIT, value)), Math.max(bound, MIN_BOUND));
  }

  /** Weighs the current line and the ones before by their bounds. */
  #combine(value: number, bound: number): void {
    const present = 1 / bound ** 2;
    const past = 1 / this.#pastBound ** 2;
    this.#slope = (value * present + this.#pastSlope * past) / (present + past);
    let combined = 1 / Math.sqrt(present + past);
    if (Math.abs(value - this.#pastSlope) > Math.hypot(bound, this.#pastBound)) {
      // The lines contradict each other: either may be right. If they go on to, the clock is another one.
      combined = Math.max(
        Math.abs(value - this.#slope) + bound,
        Math.abs(this.#pastSlope - this.#slope) + this.#pastBound,
      );
      this.#pastBound *= FORGET_CONTRADICTED;
    }
    this.#bound = Math.min(LIMIT + Math.abs(this.#slope), combined);
  }

  #keepLast(count: number): void {
    for (const points of [this.#minX, this.#minY, this.#meanX, this.#meanY])
      points.copyWithin(0, this.#size - count, this.#size);
    this.#size = count;
  }
}
