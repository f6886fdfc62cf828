import { ArgumentError } from '../errors.js';
import { amplitudeFromDbfs } from './level.js';
import { PitchSearch } from './pitch-search.js';
import type { SampleFormat } from './sample-format.js';

/** Least likeness of two neighbouring periods for one to be cut out or repeated unheard. */
const UNHEARD = 0.9;
/** Blocks below this RMS are stretched whether periodic or not: the seam cannot be heard. */
const QUIET = amplitudeFromDbfs(-50);

/**
 * Makes audio shorter or longer without changing its pitch: cuts out or repeats a period of 2.5 to
 * 15 ms, with a cross-fade of a period's length that keeps the power.
 *
 * Holds no samples between calls; blocks are self-contained and of any length from
 * {@link TimeStretch.minBlock} on. Allocates nothing after construction.
 */
export class TimeStretch {
  /** Shortest block in samples per channel: 30 ms. A longer one has room for a cut in each 30 ms. */
  readonly minBlock: number;
  /** Most samples per channel that a period has: 15 ms. */
  readonly maxChange: number;
  readonly #channels: number;
  readonly #pitch: PitchSearch;
  /** Of the last search: samples per channel that may be cut or repeated, and how alike they are. */
  #lag = 0;
  #likeness = 0;

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
   * written. That is the input's number, unchanged samples, where two periods are less alike than
   * `likeness`, −1 to 1, and the signal not quiet (below −50 dBFS) either: the cut would be heard. So
   * 0.9 passes voices and tones; 0.5 most music and rough voices too, and −1 anything, as is right when
   * a large delay must be worked off. Below 0.9, as many periods as are alike and fit into 15 ms go at once.
   *
   * With `cuts` above 1 it cuts in up to so many places, 30 ms or more apart. `out` needs the length of
   * `input` and must not overlap it. Throws `ArgumentError` for blocks too short, and for `cuts` below 1.
   */
  accelerate(
    input: Float32Array,
    out: Float32Array,
    likeness: number = UNHEARD,
    cuts: number = 1,
  ): number {
    const length = this.#check(input, out, 0);
    if (!(cuts >= 1)) throw new ArgumentError(`cuts is ${cuts}; give 1 or more`);
    const parts = Math.max(1, Math.min(Math.floor(cuts), Math.floor(length / this.minBlock)));
    let written = 0;
    for (let part = 0; part < parts; part++) {
      const start = Math.floor((length * part) / parts);
      const end = Math.floor((length * (part + 1)) / parts);
      const middle = (start + end) >> 1;
      this.#search(input, middle, likeness);
      written = this.#splice(input, start, end, middle - this.#lag, middle, out, written);
    }
    return written;
  }

  /**
   * Writes `input` with one period repeated to the start of `out`, and gives the samples per channel
   * written; see {@link TimeStretch.accelerate}. `out` needs the length of `input` and `maxChange`
   * samples per channel more.
   */
  decelerate(input: Float32Array, out: Float32Array, likeness: number = UNHEARD): number {
    const length = this.#check(input, out, this.maxChange);
    const middle = length >> 1;
    this.#search(input, middle, likeness);
    return this.#splice(input, 0, length, middle, middle - this.#lag, out, 0);
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

  /** Finds what may be cut or repeated before and after `middle`: nothing, if that would be heard. */
  #search(input: Float32Array, middle: number, likeness: number): void {
    const pitch = this.#pitch;
    pitch.search(input, middle);
    this.#lag = 0;
    if (pitch.correlation >= likeness) {
      this.#lag = pitch.lag;
      this.#likeness = Math.max(0, pitch.correlation);
      if (likeness < UNHEARD) this.#takeMore(input, middle, likeness);
    } else if (pitch.level < QUIET) {
      this.#lag = pitch.maxLag;
      this.#likeness = 0;
    }
  }

  /** Takes as many periods at once as fit into 15 ms and are still alike enough: who asks for less is in a hurry. */
  #takeMore(input: Float32Array, middle: number, likeness: number): void {
    const { lag, maxLag } = this.#pitch;
    for (let more = Math.floor(maxLag / lag) * lag; more > lag; more -= lag) {
      const alike = this.#pitch.correlationAt(input, middle, more);
      // Opposites would cancel out.
      if (alike < Math.max(0, likeness)) continue;
      this.#lag = more;
      this.#likeness = Math.max(0, alike);
      return;
    }
  }

  /**
   * Writes samples `start` to `end` (per channel) to `out` from `written` on: up to `leave`, then
   * cross-faded to what lies at `join`, and on from there. Gives the samples per channel written so far.
   */
  #splice(
    input: Float32Array,
    start: number,
    end: number,
    leave: number,
    join: number,
    out: Float32Array,
    written: number,
  ): number {
    const stride = this.#channels;
    let at = written * stride;
    let from = start * stride;
    while (from < leave * stride) out[at++] = input[from++]!;
    let to = join * stride;
    for (let i = 0; i < this.#lag; i++) {
      const weight = (i + 0.5) / this.#lag;
      // The sum of what is not alike has less power than either.
      const power = 1 - 2 * weight * (1 - weight) * (1 - this.#likeness);
      const scale = 1 / Math.sqrt(power);
      for (let channel = 0; channel < stride; channel++) {
        const left = input[from++]!;
        out[at++] = scale * (left + weight * (input[to++]! - left));
      }
    }
    while (to < end * stride) out[at++] = input[to++]!;
    return at / stride;
  }
}
