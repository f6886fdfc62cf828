import { ArgumentError } from '../errors.js';
import { convolve, convolveFour } from './convolution.js';
import { sincTable, type SincTable } from './sinc-table.js';

/** What a resampler is made with. */
export interface ResamplerOptions {
  /** Nominal samples per second that go in: a whole number, 1000 to 768,000. */
  readonly inputRate: number;
  /** Nominal samples per second that come out: a whole number, 1000 to 768,000. */
  readonly outputRate: number;
  /** Interleaved channels: 1 to 32. */
  readonly channels: number;
}

/** Largest correction in ppm that {@link Resampler.setCorrection} takes. */
export const MAX_CORRECTION_PPM = 10_000;

/** Input positions are counted in 1/(output rate × this) of a sample, so a correction has 0.001 ppm steps. */
const RESOLUTION = 1e9;
/** Input samples per channel worked on at once. */
const BLOCK = 512;

const within = (value: number, low: number, high: number): boolean =>
  Number.isInteger(value) && value >= low && value <= high;

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);

/**
 * Streaming sample rate converter: windowed sinc, with a ratio that can be trimmed at any time without
 * a click. One instance is one stream; blocks of any length may follow each other.
 *
 * Between equal rates it passes 0.83 of half the rate, 20 kHz at 48; otherwise 0.82 of half the lower
 * rate, and stops from 1.06 of it on. What it makes up stays 95 dB below the signal, mostly 97 and more.
 *
 * Output sample k stands for the input instant k × input rate / output rate, exactly: positions are
 * integers, nothing accumulates. It needs {@link Resampler.latency} input samples beyond that instant.
 */
export class Resampler {
  readonly inputRate: number;
  readonly outputRate: number;
  readonly channels: number;
  /** Input samples per channel that must have come in beyond an output sample's instant. */
  readonly latency: number;
  readonly #table: SincTable;
  /** Of each channel the input under the filter, and one block more. */
  readonly #buffers: readonly Float64Array[];
  readonly #sums = new Float64Array(4);
  readonly #changes = new Float64Array(4);
  /** Samples per channel in the buffer. */
  #filled: number;
  /** First sample in the buffer under the next output's filter. May lie beyond what is filled. */
  #base = 0;
  /** The next output's position behind that sample, in units of 1 / #unit. */
  #phase = 0;
  readonly #unit: number;
  readonly #nominalStep: number;
  /** From one output to the next: whole input samples, and units of 1 / #unit. */
  #stepWhole = 0;
  #stepPhase = 0;

  /** Throws `ArgumentError` for options out of range. */
  constructor({ inputRate, outputRate, channels }: ResamplerOptions) {
    if (!within(inputRate, 1000, 768_000) || !within(outputRate, 1000, 768_000)) {
      throw new ArgumentError(
        `cannot convert ${inputRate} to ${outputRate} Hz; give whole rates from 1000 to 768000`,
      );
    }
    if (!within(channels, 1, 32)) {
      throw new ArgumentError(`channels is ${channels}; give a whole number from 1 to 32`);
    }
    this.inputRate = inputRate;
    this.outputRate = outputRate;
    this.channels = channels;
    const divisor = greatestCommonDivisor(inputRate, outputRate);
    this.#table = sincTable(inputRate / divisor, outputRate / divisor);
    this.latency = this.#table.taps / 2;
    this.#buffers = Array.from(
      { length: channels },
      () => new Float64Array(this.#table.taps + BLOCK),
    );
    // Silence before the stream puts its first sample under the middle of the first output's filter.
    this.#filled = this.latency - 1;
    this.#unit = (outputRate / divisor) * RESOLUTION;
    this.#nominalStep = inputRate / divisor;
    this.setCorrection(0);
  }

  /**
   * From the next output on, uses up `ppm` millionths more input per output than the nominal rates say:
   * positive for a source whose clock runs fast. −10,000 to 10,000, in steps of 0.001.
   * Throws `ArgumentError` out of range.
   */
  setCorrection(ppm: number): void {
    if (!(Math.abs(ppm) <= MAX_CORRECTION_PPM)) {
      throw new ArgumentError(
        `correction is ${ppm} ppm; give at most ${MAX_CORRECTION_PPM} either way`,
      );
    }
    const step = this.#nominalStep * (RESOLUTION + Math.round(ppm * (RESOLUTION / 1e6)));
    this.#stepWhole = Math.floor(step / this.#unit);
    this.#stepPhase = step % this.#unit;
  }

  /** Samples per channel that `process` will give for `inputLength` per channel, at the present ratio. */
  outputLength(inputLength: number): number {
    const end = this.#filled + inputLength - this.#table.taps;
    let outputs = 0;
    for (let base = this.#base, phase = this.#phase; base <= end; outputs++) {
      base += this.#stepWhole;
      phase += this.#stepPhase;
      if (phase >= this.#unit) {
        phase -= this.#unit;
        base++;
      }
    }
    return outputs;
  }

  /** Fewest samples per channel to put in so that `process` gives at least `outputLength`, at the present ratio. */
  inputLength(outputLength: number): number {
    if (outputLength <= 0) return 0;
    let base = this.#base;
    for (let output = 1, phase = this.#phase; output < outputLength; output++) {
      base += this.#stepWhole;
      phase += this.#stepPhase;
      if (phase >= this.#unit) {
        phase -= this.#unit;
        base++;
      }
    }
    return Math.max(0, base + this.#table.taps - this.#filled);
  }

  /**
   * Takes in all of `input`, interleaved, writes what can be computed now to the start of `output`,
   * interleaved, and gives its samples per channel. Allocates nothing; keeps neither buffer.
   * Throws `ArgumentError`, with nothing taken in, if `output` cannot hold `outputLength` of the input.
   */
  process(input: Float32Array, output: Float32Array): number {
    const length = input.length / this.channels;
    if (!Number.isInteger(length)) {
      throw new ArgumentError(
        `input of ${input.length} samples is not whole for ${this.channels} channels`,
      );
    }
    const needed = this.outputLength(length) * this.channels;
    if (output.length < needed) {
      throw new ArgumentError(`output holds ${output.length} samples; give room for ${needed}`);
    }
    let written = 0;
    for (let taken = 0; taken < length; taken += BLOCK) {
      this.#fill(input, taken, Math.min(length, taken + BLOCK));
      written = this.#drain(output, written);
    }
    return written / this.channels;
  }

  /** Appends the samples per channel from `start` to `end` to the buffers. */
  #fill(input: Float32Array, start: number, end: number): void {
    const stride = this.channels;
    for (let channel = 0; channel < stride; channel++) {
      const buffer = this.#buffers[channel]!;
      let from = start * stride + channel;
      const last = this.#filled + end - start;
      for (let at = this.#filled; at < last; at++, from += stride) buffer[at] = input[from]!;
    }
    this.#filled += end - start;
  }

  /** Computes every output whose filter is filled, then forgets the input before the next one's. */
  #drain(output: Float32Array, start: number): number {
    const { taps, phases } = this.#table;
    const unit = this.#unit;
    const filled = this.#filled;
    const channels = this.channels;
    const drift = (this.#stepWhole - 1) * unit + this.#stepPhase;
    const rowStep = (drift * phases) / unit;
    let base = this.#base;
    let phase = this.#phase;
    let at = start;
    while (base + taps <= filled) {
      const position = (phase * phases) / unit;
      const row = Math.round(position);
      // While the ratio is close to 1, the next outputs often have the same row.
      if (base + taps + 3 <= filled && Math.round(position + 3 * rowStep) === row) {
        this.#four(base, row, position - row, rowStep, output, at);
        at += 4 * channels;
        base += 4;
        phase += 4 * drift;
        if (phase < 0) {
          phase += unit;
          base--;
        }
      } else {
        this.#one(base, row, position - row, output, at);
        at += channels;
        base += this.#stepWhole;
        phase += this.#stepPhase;
      }
      if (phase >= unit) {
        phase -= unit;
        base++;
      }
    }
    const past = Math.min(base, filled);
    for (const buffer of this.#buffers) buffer.copyWithin(0, past, filled);
    this.#base = base - past;
    this.#phase = phase;
    this.#filled = filled - past;
    return at;
  }

  /** Computes an output from the samples from `base` on, by the filter `weight` rows behind `row`. */
  #one(base: number, row: number, weight: number, output: Float32Array, at: number): void {
    const { taps, slopeTaps, rows, slopes } = this.#table;
    const stride = this.channels;
    const middle = base + (taps - slopeTaps) / 2;
    for (let channel = 0; channel < stride; channel++) {
      const buffer = this.#buffers[channel]!;
      let sum = convolve(rows, row * taps, taps, buffer, base);
      if (weight !== 0) {
        sum += weight * convolve(slopes, row * slopeTaps, slopeTaps, buffer, middle);
      }
      output[at + channel] = sum;
    }
  }

  /** Computes four outputs that lie one sample and `step` rows apart. */
  #four(
    base: number,
    row: number,
    weight: number,
    step: number,
    output: Float32Array,
    at: number,
  ): void {
    const { taps, slopeTaps, rows, slopes } = this.#table;
    const stride = this.channels;
    const middle = base + (taps - slopeTaps) / 2;
    const sums = this.#sums;
    const changes = this.#changes;
    for (let channel = 0; channel < stride; channel++) {
      const buffer = this.#buffers[channel]!;
      convolveFour(rows, row * taps, taps, buffer, base, sums);
      convolveFour(slopes, row * slopeTaps, slopeTaps, buffer, middle, changes);
      for (let i = 0; i < 4; i++) {
        output[at + channel + i * stride] = sums[i]! + (weight + i * step) * changes[i]!;
      }
    }
  }
}
