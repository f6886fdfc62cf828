/** Sender's noise assumed until its reports tell, in microseconds, and how many reports that assumption is worth. */
const ASSUMED_NOISE = 3000;
const ASSUMED_WEIGHT = 2;
/** Rates of media clocks against wall clocks: standard deviation assumed before the reports tell. */
const ASSUMED_RATE = 300e-6;
/** What NTP to microseconds and RTP ticks round off. */
const RESOLUTION = 15;
/** Standard deviation of the rounding to ticks of 48 kHz. */
const ROUNDING = 6;
/** Student's factors for 99.95 % with 2…7 degrees of freedom; beyond, 3.48 + 17 / degrees is close. */
const STUDENT: readonly number[] = [44.7, 16.3, 10.3, 7.98, 6.79, 6.08];

/**
 * The straight line through points (`x`, `y`), `y` small: Bayesian linear regression with a prior for the slope
 * and for the noise, so that one point is enough for an answer and the bound says how little it is worth. As soon
 * as the points by themselves say more than with the prior (a sender that stamps exactly), they alone count.
 */
export class ReportLine {
  #points = 0;
  #centre = 0;
  #height = 0;
  #slope = 0;
  #noise = ASSUMED_NOISE;
  /** Variances of height and slope, which at the centre are independent. */
  #heightVariance = 0;
  #slopeVariance = 0;
  /** Square of the bound by the points alone at the centre, and its growth with distance squared; NaN with the prior. */
  #alone = Number.NaN;
  #spread = 0;

  /** Standard deviation of the points about the line. */
  get noise(): number {
    return this.#noise;
  }

  /** Fits the first `size` points, at least one. */
  fit(x: Float64Array, y: Float64Array, size: number): void {
    let sumX = 0;
    let sumY = 0;
    for (let i = 0; i < size; i++) {
      sumX += x[i]!;
      sumY += y[i]!;
    }
    this.#points = size;
    this.#centre = sumX / size;
    this.#height = sumY / size;
    let xx = 0;
    let xy = 0;
    for (let i = 0; i < size; i++) {
      xx += (x[i]! - this.#centre) ** 2;
      xy += (x[i]! - this.#centre) * (y[i]! - this.#height);
    }
    // The prior's weight rests on the noise; that of the fit before is near enough to begin with.
    let variance = ASSUMED_NOISE ** 2;
    for (let pass = 0; pass < 2; pass++) {
      const prior = variance / ASSUMED_RATE ** 2;
      this.#slope = xy / (xx + prior);
      let squares = 0;
      for (let i = 0; i < size; i++)
        squares += (y[i]! - this.#height - this.#slope * (x[i]! - this.#centre)) ** 2;
      variance =
        (ASSUMED_WEIGHT * ASSUMED_NOISE ** 2 + squares) / (ASSUMED_WEIGHT + Math.max(0, size - 2));
      this.#slopeVariance = variance / (xx + prior);
    }
    this.#noise = Math.sqrt(variance);
    this.#heightVariance = variance / size;
    this.#trustPoints(x, y, xx, xy / xx);
  }

  /** Takes the line of least squares, when by itself it is known better at the newest point than with the prior. */
  #trustPoints(x: Float64Array, y: Float64Array, xx: number, slope: number): void {
    this.#alone = Number.NaN;
    const degrees = this.#points - 2;
    if (degrees < 2) return;
    let squares = 0;
    for (let i = 0; i < this.#points; i++)
      squares += (y[i]! - this.#height - slope * (x[i]! - this.#centre)) ** 2;
    const factor = STUDENT[degrees - 2] ?? 3.48 + 17 / degrees;
    const variance = factor ** 2 * (squares / degrees + ROUNDING ** 2);
    const newest = x[this.#points - 1]!;
    const width = Math.sqrt(
      variance / this.#points + (variance / xx) * (newest - this.#centre) ** 2,
    );
    if (width + RESOLUTION >= this.bound(newest)) return;
    this.#slope = slope;
    this.#alone = variance / this.#points;
    this.#spread = variance / xx;
  }

  at(x: number): number {
    return this.#height + this.#slope * (x - this.#centre);
  }

  /** Standard deviation of {@link at}. */
  deviation(x: number): number {
    return Math.sqrt(this.#heightVariance + this.#slopeVariance * (x - this.#centre) ** 2);
  }

  /** How far {@link at} can be wrong (99.9 %): Student's factor for the points there are. */
  bound(x: number): number {
    if (!Number.isNaN(this.#alone))
      return RESOLUTION + Math.sqrt(this.#alone + this.#spread * (x - this.#centre) ** 2);
    return RESOLUTION + (4 + 6 / (this.#points + 1)) * this.deviation(x);
  }
}
