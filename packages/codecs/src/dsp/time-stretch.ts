import { ArgumentError } from '../errors.js';
import { amplitudeFromDbfs } from './level.js';
import { PitchSearch, type SampleFormat } from './pitch-search.js';

/** Least likeness of two neighbouring periods for one to be cut out or repeated unheard. */
const ALIKE = 0.9;
/** Blocks below this RMS are stretched whether periodic or not: the seam cannot be heard. */
const QUIET = amplitudeFromDbfs(-50);

/**
 * Makes audio shorter or longer without changing its pitch, by one period of 2.5 to 15 ms a call: cuts
 * one out or repeats one, with a cross-fade of a period's length.
 *
 * Holds no samples between calls; blocks are self-contained and of any length from
 * {@link TimeStretch.minBlock} on. Allocates nothing after construction.
 */
export class TimeStretch {
  /** Shortest block in samples per channel: 30 ms. */
  readonly minBlock: number;
  /** Most samples per channel that one call adds or removes: 15 ms. */
  readonly maxChange: number;
  readonly #channels: number;
  readonly #pitch: PitchSearch;

  /** Throws `ArgumentError` for rates below 8000 Hz or a channel count that is not 1 or 2. */
  constructor(format: SampleFormat) {
    const { sampleRate, channels } = format;
    if (!Number.isInteger(sampleRate) || sampleRate < 8000) {
      throw new ArgumentError(`sampleRate is ${sampleRate}; give a whole number from 8000 on`);
    }
    if (channels !== 1 && channels !== 2) {
      throw new ArgumentError(`channels is ${channels}; give 1 or 2`);
    }
    this.#channels = channels;
    this.#pitch = new PitchSearch(format);
    this.maxChange = this.#pitch.maxLag;
    this.minBlock = 2 * this.maxChange;
  }

  /**
   * Writes `input` with one period cut out to the start of `out`, and gives the samples per channel
   * written. That is the input's number, unchanged samples, where the signal is neither periodic
   * (correlation ≥ 0.9) nor quiet (below −50 dBFS). `out` needs the length of `input` and must not
   * overlap it. Throws `ArgumentError` for blocks too short.
   */
  accelerate(input: Float32Array, out: Float32Array): number {
    const length = this.#check(input, out, 0);
    const middle = length >> 1;
    const lag = this.#period(input, middle);
    this.#splice(input, out, middle - lag, middle, lag);
    return length - lag;
  }

  /**
   * Writes `input` with one period repeated to the start of `out`, and gives the samples per channel
   * written; see {@link TimeStretch.accelerate}. `out` needs the length of `input` and `maxChange`
   * samples per channel more.
   */
  decelerate(input: Float32Array, out: Float32Array): number {
    const length = this.#check(input, out, this.maxChange);
    const middle = length >> 1;
    const lag = this.#period(input, middle);
    this.#splice(input, out, middle, middle - lag, lag);
    return length + lag;
  }

  #check(input: Float32Array, out: Float32Array, growth: number): number {
    const length = input.length / this.#channels;
    if (!Number.isInteger(length) || length < this.minBlock) {
      throw new ArgumentError(
        `a block of ${length} samples per channel cannot be stretched; give at least ${this.minBlock}`,
      );
    }
    const needed = (length + growth) * this.#channels;
    if (out.length < needed) {
      throw new ArgumentError(`out holds ${out.length} samples; give room for ${needed}`);
    }
    return length;
  }

  /** Samples per channel that may be cut or repeated before and after `middle`; 0 if that would be heard. */
  #period(input: Float32Array, middle: number): number {
    const pitch = this.#pitch;
    pitch.search(input, middle);
    if (pitch.correlation >= ALIKE) return pitch.lag;
    return pitch.level < QUIET ? pitch.maxLag : 0;
  }

  /** Plays up to `leave`, cross-fades over `lag` samples to what lies at `join`, and plays on from there. */
  #splice(input: Float32Array, out: Float32Array, leave: number, join: number, lag: number): void {
    const stride = this.#channels;
    let at = leave * stride;
    for (let i = 0; i < at; i++) out[i] = input[i]!;
    let from = at;
    let to = join * stride;
    for (let i = 0; i < lag; i++) {
      const weight = (i + 0.5) / lag;
      for (let channel = 0; channel < stride; channel++) {
        const left = input[from++]!;
        out[at++] = left + weight * (input[to++]! - left);
      }
    }
    while (to < input.length) out[at++] = input[to++]!;
  }
}
