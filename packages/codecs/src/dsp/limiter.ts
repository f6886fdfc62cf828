import { ArgumentError } from '../errors.js';
import type { SampleFormat } from './sample-format.js';
import { softKnee } from './soft-knee.js';

/** Time constant in seconds with which the gain comes back after a peak. */
const RELEASE = 0.2;
/** Gain from which it comes back all the way, 0.01 dB. */
const FULL = 0.999;

/**
 * Turns down what is too loud: peaks up to 0.8 pass unchanged, above they approach ±1, which nothing
 * exceeds. The gain, common to all channels, falls in an even ramp of 1 ms before the peak and comes
 * back with a time constant of 200 ms, so that waveforms keep their shape.
 *
 * Delays by {@link Limiter.latency}. Allocates nothing after construction.
 */
export class Limiter {
  /** Samples per channel by which the output is behind: 2 ms. */
  readonly latency: number;
  readonly #channels: number;
  /** Samples per channel of a section. */
  readonly #length: number;
  readonly #release: number;
  /** Two sections, interleaved: one that goes out while the one that comes in takes its place, and the next. */
  readonly #held: Float32Array;
  #at = 0;
  /** Present gain, how it changes from sample to sample, and what it is at the end of the section. */
  #gain = 1;
  #step = 0;
  #target = 1;
  /** Peak of what has come in of the present section, and gain that the section before it may have. */
  #peak = 0;
  #allowed = 1;

  /** Throws `ArgumentError` for rates below 1000 Hz or a channel count that is no whole number from 1 to 32. */
  constructor({ sampleRate, channels }: SampleFormat) {
    if (!Number.isInteger(sampleRate) || sampleRate < 1000) {
      throw new ArgumentError(`sampleRate is ${sampleRate}; give a whole number from 1000 on`);
    }
    if (!Number.isInteger(channels) || channels < 1 || channels > 32) {
      throw new ArgumentError(`channels is ${channels}; give a whole number from 1 to 32`);
    }
    this.#channels = channels;
    this.#length = Math.round(sampleRate / 1000);
    this.latency = 2 * this.#length;
    this.#release = 1 - Math.exp(-this.#length / sampleRate / RELEASE);
    this.#held = new Float32Array(this.latency * channels);
  }

  /**
   * Limits interleaved samples in place, in blocks of any length. What is not finite becomes 0.
   * Throws `ArgumentError` unless the length is a multiple of the channels.
   */
  process(samples: Float32Array): void {
    if (samples.length % this.#channels !== 0) {
      throw new ArgumentError(
        `${samples.length} samples are not whole for ${this.#channels} channels`,
      );
    }
    const section = this.#length * this.#channels;
    for (let from = 0; from < samples.length;) {
      const left = section - (this.#at % section);
      const to = Math.min(samples.length, from + left);
      this.#exchange(samples, from, to);
      from = to;
      if (this.#at % section === 0) this.#turn();
    }
  }

  /** Puts out what is held and holds what comes in, within a section. */
  #exchange(samples: Float32Array, from: number, to: number): void {
    const held = this.#held;
    const step = this.#step;
    let at = this.#at;
    let gain = this.#gain;
    let peak = this.#peak;
    for (let i = from; i < to;) {
      gain += step;
      for (let channel = 0; channel < this.#channels; channel++, i++, at++) {
        const sample = samples[i]!;
        const finite = sample - sample === 0 ? sample : 0;
        const magnitude = Math.abs(finite);
        if (magnitude > peak) peak = magnitude;
        samples[i] = held[at]! * gain;
        held[at] = finite;
      }
    }
    this.#at = at;
    this.#gain = gain;
    this.#peak = peak;
  }

  /** Plans the gain of the section that goes out next, now that the one behind it is known. */
  #turn(): void {
    if (this.#at === this.#held.length) this.#at = 0;
    const allowed = this.#peak > 0 ? softKnee(this.#peak) / this.#peak : 1;
    // Not by adding up steps: their rounding would stay.
    this.#gain = this.#target;
    const released = this.#gain + (1 - this.#gain) * this.#release;
    // Neither end of a section has more gain than it may have, so nothing between them has.
    this.#target = Math.min(this.#allowed, allowed, released < FULL ? released : 1);
    this.#step = (this.#target - this.#gain) / this.#length;
    this.#allowed = allowed;
    this.#peak = 0;
  }
}
