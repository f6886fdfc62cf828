import type { GroupDelta } from './arrival-groups.js';

/** Groups over which the trend is fitted. */
const WINDOW = 20;
/** Weight of the past in the smoothed delay. */
const SMOOTHING = 0.9;
/** Groups up to which a trend counts less, as there is little evidence for it. */
const FULL_EVIDENCE = 60;
/** Brings the trend to the scale of the detector's threshold, which is in milliseconds. */
const GAIN = 4;

/**
 * How fast the one-way delay grows: the slope of a line through the smoothed delays of the last 20 groups, by least
 * squares. It needs no synchronized clocks; a queue that fills shows as a slope above 0, one that drains below.
 */
export class DelayTrend {
  readonly #times = new Float64Array(WINDOW);
  readonly #delays = new Float64Array(WINDOW);
  #groups = 0;
  #origin = 0;
  #delay = 0;
  #smoothed = 0;
  #trend = 0;

  /** The slope, weighed by evidence and scaled: 12.5 is the detector's first threshold. */
  get value(): number {
    return Math.min(this.#groups, FULL_EVIDENCE) * this.#trend * GAIN;
  }

  /** Takes the next difference between groups. */
  update(delta: GroupDelta): void {
    if (this.#groups === 0) this.#origin = delta.arrival;
    this.#delay += (delta.arrived - delta.sent) / 1000;
    this.#smoothed = SMOOTHING * this.#smoothed + (1 - SMOOTHING) * this.#delay;
    const slot = this.#groups % WINDOW;
    this.#times[slot] = (delta.arrival - this.#origin) / 1000;
    this.#delays[slot] = this.#smoothed;
    this.#groups++;
    if (this.#groups >= WINDOW) this.#trend = slope(this.#times, this.#delays);
  }
}

/** Slope of the least-squares line through points; 0 for points at one place. */
function slope(xs: Float64Array, ys: Float64Array): number {
  let sumX = 0;
  let sumY = 0;
  for (let i = 0; i < xs.length; i++) {
    sumX += xs[i]!;
    sumY += ys[i]!;
  }
  const meanX = sumX / xs.length;
  const meanY = sumY / xs.length;
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < xs.length; i++) {
    covariance += (xs[i]! - meanX) * (ys[i]! - meanY);
    variance += (xs[i]! - meanX) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}
