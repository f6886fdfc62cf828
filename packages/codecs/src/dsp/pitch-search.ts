import type { SampleFormat } from './sample-format.js';

/** Rate to which the coarse search reduces its input: pitch and its first harmonics are below 4 kHz. */
const COARSE_RATE = 8_000;

/**
 * Finds the period, 2.5 to 15 ms, with which a signal repeats itself, by normalised cross-correlation
 * of 15 ms: first on a decimated copy, then to the sample. Works on all channels together.
 */
export class PitchSearch {
  /** Shortest and longest period in samples per channel. */
  readonly minLag: number;
  readonly maxLag: number;
  /** Period last found, in samples per channel. */
  lag: number;
  /** How alike two such periods are: −1 to 1, and 0 in silence. */
  correlation = 0;
  /** RMS amplitude of the samples compared. */
  level = 0;
  readonly #channels: number;
  readonly #factor: number;
  readonly #coarse: Float32Array;

  constructor({ sampleRate, channels }: SampleFormat) {
    this.minLag = Math.round(sampleRate / 400);
    this.maxLag = Math.floor((sampleRate * 15) / 1000);
    this.lag = this.maxLag;
    this.#channels = channels;
    this.#factor = Math.max(1, Math.floor(sampleRate / COARSE_RATE));
    this.#coarse = new Float32Array(Math.floor((2 * this.maxLag) / this.#factor) * channels);
  }

  /**
   * Compares what follows sample `middle` (per channel) with what came before it. `samples` must reach
   * `maxLag` samples to either side.
   */
  search(samples: Float32Array, middle: number): void {
    this.#decimate(samples, middle - this.maxLag);
    const coarseLag = this.#coarseLag() * this.#factor;
    const first = Math.max(this.minLag, coarseLag - this.#factor);
    const last = Math.min(this.maxLag, coarseLag + this.#factor);
    const start = middle * this.#channels;
    const end = (middle + this.maxLag) * this.#channels;
    const energy = energyOf(samples, start, end);
    this.level = Math.sqrt(energy / (end - start));
    this.correlation = -1;
    for (let lag = first; lag <= last; lag++) {
      const alike = correlation(samples, start, end, lag * this.#channels, energy);
      if (alike > this.correlation) {
        this.correlation = alike;
        this.lag = lag;
      }
    }
  }

  /** How alike what follows `middle` is to what came `lag` samples before it; see {@link PitchSearch.search}. */
  correlationAt(samples: Float32Array, middle: number, lag: number): number {
    const start = middle * this.#channels;
    const end = (middle + this.maxLag) * this.#channels;
    return correlation(samples, start, end, lag * this.#channels, energyOf(samples, start, end));
  }

  /** Averages `factor` neighbours into one, from sample `from` (per channel) on. */
  #decimate(samples: Float32Array, from: number): void {
    const stride = this.#channels;
    let at = from * stride;
    for (let out = 0; out < this.#coarse.length; out += stride, at += this.#factor * stride) {
      for (let channel = 0; channel < stride; channel++) {
        let sum = 0;
        for (let k = 0; k < this.#factor; k++) sum += samples[at + channel + k * stride]!;
        this.#coarse[out + channel] = sum;
      }
    }
  }

  #coarseLag(): number {
    const first = Math.ceil(this.minLag / this.#factor);
    const last = Math.floor(this.maxLag / this.#factor);
    const end = this.#coarse.length;
    const start = Math.floor(end / this.#channels / 2) * this.#channels;
    const energy = energyOf(this.#coarse, start, end);
    let best = last;
    let most = -1;
    for (let lag = first; lag <= last; lag++) {
      const alike = correlation(this.#coarse, start, end, lag * this.#channels, energy);
      if (alike > most) {
        most = alike;
        best = lag;
      }
    }
    return best;
  }
}

function energyOf(samples: Float32Array, start: number, end: number): number {
  let energy = 0;
  for (let i = start; i < end; i++) energy += samples[i]! * samples[i]!;
  return energy;
}

/** Normalised correlation of `samples[start…end)`, whose energy is given, with the same stretch `shift` earlier. */
function correlation(
  samples: Float32Array,
  start: number,
  end: number,
  shift: number,
  energy: number,
): number {
  let product = 0;
  let energyBefore = 0;
  for (let i = start, before = start - shift; i < end; i++, before++) {
    const sample = samples[before]!;
    product += samples[i]! * sample;
    energyBefore += sample * sample;
  }
  const scale = Math.sqrt(energy * energyBefore);
  return scale > 0 ? product / scale : 0;
}
