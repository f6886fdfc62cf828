/** Losses of about this long ago still count, in µs. */
const MEMORY = 3_000_000;
/** A path is taken for clear before anything is known of it, as if it had been for this long, in µs. */
const PRESUMED = 1_000_000;
/** A level ends once mean loss has been below its limit for this long, in µs. */
const CALM = 10_000_000;

/** Mean loss from which a level holds, and below which it ends. */
const LOSSY = { from: 0.02, below: 0.01 };
const HEAVY = { from: 0.1, below: 0.05 };

/** At less expected loss libopus leaves redundancy out at some bitrates. */
const LEAST_EXPECTED = 0.1;
const EXPECTED_STEP = 0.05;

/** How bad a path is: packets get through, are lost here and there, or one in ten is missing. */
export type LossLevel = 'clear' | 'lossy' | 'heavy';

/** Judges a path by what is lost on it: quick to fear, slow to trust. */
export class LossProtection {
  #mean = 0;
  /** Time that the mean is over, in µs; no more than the memory. */
  #known = PRESUMED;
  #level: LossLevel = 'clear';
  #expected = 0;
  /** For how long mean loss has been too little for the level, in µs. */
  #calm = 0;

  get level(): LossLevel {
    return this.#level;
  }

  /** Loss an encoder should expect: 0 while clear, else 0.1 to 1 in steps of 0.05. */
  get expectedLoss(): number {
    return this.#expected;
  }

  /** Takes in the share of packets lost during `elapsed` µs. */
  update(fractionLost: number, elapsed: number): void {
    this.#mean += (fractionLost - this.#mean) * (1 - Math.exp(-elapsed / this.#known));
    this.#known = Math.min(MEMORY, this.#known + elapsed);
    if (this.#mean >= HEAVY.from) this.#level = 'heavy';
    else if (this.#mean >= LOSSY.from && this.#level === 'clear') this.#level = 'lossy';
    this.#calm = this.#mean < this.#limit() ? this.#calm + elapsed : 0;
    if (this.#calm >= CALM) {
      this.#level = this.#level === 'heavy' ? 'lossy' : 'clear';
      this.#calm = 0;
    }
    this.#expect();
  }

  #limit(): number {
    if (this.#level === 'clear') return 0;
    return this.#level === 'heavy' ? HEAVY.below : LOSSY.below;
  }

  #expect(): void {
    if (this.#level === 'clear') {
      this.#expected = 0;
      return;
    }
    // Up at once; down once the mean is well below the last step, so that it does not flutter between two.
    if (this.#expected > 0 && this.#mean <= this.#expected) {
      if (this.#mean >= this.#expected - 1.5 * EXPECTED_STEP) return;
    }
    const steps = Math.ceil(this.#mean / EXPECTED_STEP);
    this.#expected = Math.min(1, Math.max(LEAST_EXPECTED, steps / (1 / EXPECTED_STEP)));
  }
}
