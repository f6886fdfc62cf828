import { ArgumentError } from '../errors.js';
import { BackgroundNoise } from './background-noise.js';
import { amplitudeFromDbfs } from './level.js';
import type { SampleFormat } from './sample-format.js';
import { ShapedNoise } from './shaped-noise.js';

/** Lags of the autocorrelation, one more than the order of the spectral envelope: room for seven resonances. */
const LAGS = 16;
/** A background below this is not heard, and one above is none. */
const LEAST_POWER = amplitudeFromDbfs(-80) ** 2;
const MOST_POWER = amplitudeFromDbfs(-30) ** 2;

/**
 * Fills the pauses of a stream whose sender says nothing (DTX) with noise of the spectrum and level of
 * the background heard before, so that the line does not sound dead.
 *
 * Stream and noise pass into each other over 5 ms at equal power. Equal input gives equal noise.
 * Allocates nothing after construction.
 */
export class ComfortNoise {
  readonly #channels: number;
  readonly #backgrounds: readonly BackgroundNoise[];
  readonly #noises: readonly ShapedNoise[];
  /** The last 5 ms heard, interleaved. They fade out mirrored in time, which is continuous. */
  readonly #tail: Float32Array;
  /** Samples generated since the last ones heard; not counted beyond the tail's length. */
  #generated = 0;

  /** Throws `ArgumentError` for rates below 8000 Hz or a channel count that is not 1 or 2. */
  constructor({ sampleRate, channels }: SampleFormat) {
    if (!Number.isInteger(sampleRate) || sampleRate < 8000) {
      throw new ArgumentError(`sampleRate is ${sampleRate}; give a whole number from 8000 on`);
    }
    if (channels !== 1 && channels !== 2) {
      throw new ArgumentError(`channels is ${channels}; give 1 or 2`);
    }
    this.#channels = channels;
    const each = Array.from({ length: channels }, (_, channel) => channel);
    this.#backgrounds = each.map(() => new BackgroundNoise(sampleRate, LAGS));
    this.#noises = each.map((channel) => new ShapedNoise(LAGS - 1, channel + 1));
    this.#tail = new Float32Array(Math.round(sampleRate / 200) * channels);
  }

  /**
   * Takes what is played before and after the noise, interleaved, in blocks of any length; keeps none.
   * The first samples after noise are faded in, in place. Learns the background from them, but for those
   * that concealment made up: they take part with `learn` false.
   * Throws `ArgumentError` unless the length is a multiple of the channels.
   */
  listen(samples: Float32Array, learn: boolean = true): void {
    this.#checkWhole(samples);
    for (let channel = 0; learn && channel < this.#channels; channel++) {
      this.#backgrounds[channel]!.listen(samples, channel, this.#channels);
    }
    if (this.#generated > 0) this.#fadeIn(samples);
    const kept = this.#tail.length - samples.length;
    if (kept > 0) {
      this.#tail.copyWithin(0, samples.length);
      this.#tail.set(samples, kept);
    } else {
      this.#tail.set(samples.subarray(-kept));
    }
  }

  /**
   * Fills `out`, interleaved, with noise as loud as the background, at most −30 dBFS; with silence
   * where the background is below −80 dBFS, or before 40 ms of a stream were heard.
   * Throws `ArgumentError` unless the length is a multiple of the channels.
   */
  generate(out: Float32Array): void {
    this.#checkWhole(out);
    if (out.length > 0 && this.#generated === 0) this.#tune();
    const stride = this.#channels;
    const fade = this.#tail.length;
    for (let at = 0; at < out.length; at += stride) {
      const faded = this.#generated;
      for (let channel = 0; channel < stride; channel++) {
        const noise = this.#noises[channel]!.next();
        out[at + channel] =
          faded < fade
            ? crossFade(this.#tail[fade - stride - faded + channel]!, noise, faded / fade)
            : noise;
      }
      if (faded < fade) this.#generated += stride;
    }
  }

  #tune(): void {
    for (const [channel, { autocorrelation }] of this.#backgrounds.entries()) {
      const power = autocorrelation[0]!;
      const gain = power < LEAST_POWER ? 0 : Math.min(1, Math.sqrt(MOST_POWER / power));
      this.#noises[channel]!.tune(autocorrelation, gain);
    }
  }

  #fadeIn(samples: Float32Array): void {
    const stride = this.#channels;
    const fade = Math.min(this.#tail.length, samples.length);
    for (let at = 0; at < fade; at++) {
      const channel = at % stride;
      samples[at] = crossFade(this.#noises[channel]!.next(), samples[at]!, (at - channel) / fade);
    }
    this.#generated = 0;
  }

  #checkWhole(samples: Float32Array): void {
    if (samples.length % this.#channels !== 0) {
      throw new ArgumentError(
        `${samples.length} samples are not whole for ${this.#channels} channels`,
      );
    }
  }
}

/** `weight` of the way from one signal to another that has nothing to do with it: their powers add up to 1. */
function crossFade(from: number, to: number, weight: number): number {
  const angle = (Math.PI / 2) * weight;
  return Math.cos(angle) * from + Math.sin(angle) * to;
}
