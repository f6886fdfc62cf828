import { levinsonDurbin } from './linear-prediction.js';

/** White noise sent through an all-pole filter, so that it has a given spectral envelope and power. */
export class ShapedNoise {
  readonly #predictor: Float64Array;
  /** The last samples, twice in a row, so that they can be read from any of them on without wrapping. */
  readonly #past: Float64Array;
  #newest = 0;
  #gain = 0;
  #random: number;

  /** @param seed - A whole number other than 0: what follows depends on nothing else. */
  constructor(order: number, seed: number) {
    this.#predictor = new Float64Array(order);
    this.#past = new Float64Array(2 * order);
    this.#random = seed;
  }

  /** Takes on the spectral envelope of an autocorrelation, whose lag 0 is its power, and `gain` on top; starts from silence. */
  tune(autocorrelation: Float64Array, gain: number): void {
    const error = levinsonDurbin(autocorrelation, this.#predictor);
    // Uniform numbers in −1…1 have a power of 1/3.
    this.#gain = gain * Math.sqrt(3 * Math.max(0, error));
    this.#past.fill(0);
  }

  /** The next sample. */
  next(): number {
    if (this.#gain === 0) return 0;
    // Marsaglia's xorshift32.
    let random = this.#random;
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    this.#random = random;
    const predictor = this.#predictor;
    const order = predictor.length;
    const past = this.#past;
    const newest = this.#newest;
    // The newest sample comes last: the sum of the others need not wait for it.
    let sample = (random / 2_147_483_648) * this.#gain;
    for (let k = order - 1; k >= 0; k--) sample += predictor[k]! * past[newest + k]!;
    this.#newest = newest === 0 ? order - 1 : newest - 1;
    past[this.#newest] = sample;
    past[this.#newest + order] = sample;
    return sample;
  }
}
