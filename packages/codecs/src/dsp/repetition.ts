import { PitchSearch } from './pitch-search.js';
import type { SampleFormat } from './sample-format.js';

/**
 * Fills losses by repeating the last pitch period heard: at full level for 10 ms, then fading to silence
 * at 60 ms, and cross-fading over 5 ms into what is received next (after ITU-T G.711 Appendix I).
 */
export class Repetition {
  readonly #channels: number;
  readonly #pitch: PitchSearch;
  /** The last 30 ms received. */
  readonly #history: Float32Array;
  /** The period being repeated, made seamless. */
  readonly #period: Float32Array;
  readonly #holdEnd: number;
  readonly #fadeEnd: number;
  readonly #recovery: number;
  /** Samples per channel concealed since the last one received. */
  #concealed = 0;

  constructor(format: SampleFormat) {
    const { sampleRate, channels } = format;
    this.#channels = channels;
    this.#pitch = new PitchSearch(format);
    this.#history = new Float32Array(2 * this.#pitch.maxLag * channels);
    this.#period = new Float32Array(this.#pitch.maxLag * channels);
    this.#holdEnd = sampleRate / 100;
    this.#fadeEnd = (sampleRate * 60) / 1000;
    this.#recovery = sampleRate / 200;
  }

  /** Takes note of received samples and, after a loss, cross-fades their beginning in place. */
  received(samples: Float32Array): void {
    if (this.#concealed > 0) {
      const length = Math.min(this.#recovery, samples.length / this.#channels);
      let at = 0;
      for (let i = 0; i < length; i++) {
        const weight = (i + 0.5) / length;
        for (let channel = 0; channel < this.#channels; channel++, at++) {
          const concealed = this.#sample(channel);
          samples[at] = concealed + weight * (samples[at]! - concealed);
        }
        this.#concealed++;
      }
      this.#concealed = 0;
    }
    const kept = this.#history.length - samples.length;
    if (kept > 0) {
      this.#history.copyWithin(0, samples.length);
      this.#history.set(samples, kept);
    } else {
      this.#history.set(samples.subarray(-kept));
    }
  }

  /** Writes the continuation of the signal to `out`. */
  conceal(out: Float32Array): void {
    if (this.#concealed === 0) this.#learnPeriod();
    for (let at = 0; at < out.length; this.#concealed++) {
      for (let channel = 0; channel < this.#channels; channel++) out[at++] = this.#sample(channel);
    }
  }

  #learnPeriod(): void {
    this.#pitch.search(this.#history, this.#pitch.maxLag);
    const length = this.#pitch.lag * this.#channels;
    const from = this.#history.length - length;
    for (let i = 0; i < length; i++) this.#period[i] = this.#history[from + i]!;
    // The last quarter fades to what came before the period, so that its end runs into its beginning.
    const blend = Math.floor(this.#pitch.lag / 4) * this.#channels;
    for (let i = 0; i < blend; i++) {
      const at = length - blend + i;
      const before = this.#history[from - blend + i]!;
      this.#period[at] = this.#period[at]! + ((i + 0.5) / blend) * (before - this.#period[at]!);
    }
  }

  #sample(channel: number): number {
    if (this.#concealed >= this.#fadeEnd) return 0;
    const fade = (this.#fadeEnd - this.#concealed) / (this.#fadeEnd - this.#holdEnd);
    const at = (this.#concealed % this.#pitch.lag) * this.#channels + channel;
    return this.#period[at]! * Math.min(1, fade);
  }
}
