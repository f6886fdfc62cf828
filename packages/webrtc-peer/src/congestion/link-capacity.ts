/** Weight of a new observation. */
const WEIGHT = 0.05;
/** Variance in relation to the capacity, in kbit/s, at first and within bounds. */
const FIRST_VARIANCE = 0.4;
const MAX_VARIANCE = 2.5;
const DEVIATIONS = 3;
/** Share of the capacity from which on flows that share the link have to grow by the same amount, to become equal. */
const NEAR = 0.8;

/**
 * What the link carried when its queue began to fill: mean and deviation. Near it the rate is raised with care, beyond
 * it the link has changed and the mean is forgotten (draft-ietf-rmcat-gcc-02 §5.5).
 */
export class LinkCapacity {
  /** kbit/s */
  #mean: number | undefined;
  #variance = FIRST_VARIANCE;

  /** Takes the throughput in bits per second at which the queue filled. */
  congestedAt(throughput: number): void {
    const kbits = throughput / 1000;
    if (this.#mean === undefined || Math.abs(kbits - this.#mean) > this.#reach) {
      this.#mean = kbits;
      this.#variance = FIRST_VARIANCE;
      return;
    }
    this.#mean += WEIGHT * (kbits - this.#mean);
    const error = (kbits - this.#mean) ** 2 / Math.max(this.#mean, 1);
    const variance = (1 - WEIGHT) * this.#variance + WEIGHT * error;
    this.#variance = Math.min(Math.max(variance, FIRST_VARIANCE), MAX_VARIANCE);
  }

  /** Takes a throughput that the link carries without a queue. */
  carries(throughput: number): void {
    if (this.#mean !== undefined && throughput / 1000 > this.#mean + this.#reach) {
      this.#mean = undefined;
    }
  }

  /** Bits per second, undefined while it is not known. */
  get value(): number | undefined {
    return this.#mean === undefined ? undefined : this.#mean * 1000;
  }

  /** Whether a rate in bits per second is one at which the queue may soon fill. */
  isNear(rate: number): boolean {
    return this.#mean !== undefined && rate / 1000 > NEAR * this.#mean;
  }

  get #reach(): number {
    return DEVIATIONS * Math.sqrt(this.#variance * (this.#mean ?? 0));
  }
}
