import { ArgumentError } from '../errors.js';
import { Limiter } from './limiter.js';
import type { SampleFormat } from './sample-format.js';

/** What a conference mixer is made with. */
export interface ConferenceMixerOptions extends SampleFormat {
  /** Samples per channel in a block. */
  readonly blockLength: number;
}

/** What the participants share: the sum of all, and which block it is of. */
interface Bus {
  /** 64-bit, so that taking one participant out of the sum leaves exactly the others. */
  readonly sum: Float64Array;
  block: number;
}

/**
 * Gives each participant of a conference everyone but themselves (mix-minus, N−1). All are summed once
 * and each takes out its own, so N participants cost N times one, not N².
 *
 * For every block: `begin()`, everyone who is heard writes, then everyone who listens reads. Allocates
 * nothing but for a participant that joins; one that is no longer used is left to the garbage collector.
 */
export class ConferenceMixer {
  /** Samples per channel by which a mix is behind: what its limiter looks ahead, 2 ms. */
  readonly latency: number;
  readonly #options: ConferenceMixerOptions;
  readonly #bus: Bus;

  /** Throws `ArgumentError` for a rate below 1000 Hz, or channels or a block length that are no whole numbers from 1 on. */
  constructor(options: ConferenceMixerOptions) {
    const { channels, blockLength } = options;
    if (!Number.isInteger(blockLength) || blockLength < 1) {
      throw new ArgumentError(`blockLength is ${blockLength}; give a whole number from 1 on`);
    }
    this.latency = new Limiter(options).latency;
    this.#options = options;
    this.#bus = { sum: new Float64Array(blockLength * channels), block: 0 };
  }

  /** Begins the next block: nobody has written yet. */
  begin(): void {
    this.#bus.sum.fill(0);
    this.#bus.block++;
  }

  /** Adds a participant, at gain 1. One that only listens never writes. */
  join(): ConferenceParticipant {
    return new ConferenceParticipant(this.#options, this.#bus);
  }
}

/** One who is heard and hears the others; made by {@link ConferenceMixer.join}. */
export class ConferenceParticipant {
  readonly #bus: Bus;
  readonly #channels: number;
  /** What it wrote last, with its gain. */
  readonly #own: Float32Array;
  readonly #limiter: Limiter;
  /** The block it wrote last. */
  #written = -1;
  #gain = 1;
  #wantedGain = 1;

  constructor(options: ConferenceMixerOptions, bus: Bus) {
    this.#bus = bus;
    this.#channels = options.channels;
    this.#own = new Float32Array(bus.sum.length);
    this.#limiter = new Limiter(options);
  }

  /**
   * Sets the factor by which the others hear it: 0 mutes. The gain moves evenly through the next block
   * written, so that there is no click. Throws `ArgumentError` for negative or infinite factors.
   */
  setGain(gain: number): void {
    if (!(gain >= 0 && gain < Infinity)) {
      throw new ArgumentError(`gain is ${gain}; give a factor from 0 on`);
    }
    this.#wantedGain = gain;
  }

  /**
   * Adds a block of its samples, interleaved, to what the others hear; not kept. What is not finite
   * counts as 0. Throws `ArgumentError` for a block of another length than the mixer's, or a second one.
   */
  write(samples: Float32Array): void {
    const { sum, block } = this.#bus;
    const own = this.#own;
    this.#checkLength(samples);
    if (this.#written === block) {
      throw new ArgumentError('this participant has written already; begin() the next block first');
    }
    this.#written = block;
    const step = ((this.#wantedGain - this.#gain) * this.#channels) / own.length;
    let gain = this.#gain;
    for (let i = 0; i < own.length;) {
      gain += step;
      for (let channel = 0; channel < this.#channels; channel++, i++) {
        const sample = samples[i]! * gain;
        own[i] = sample - sample === 0 ? sample : 0;
        sum[i] = sum[i]! + own[i]!;
      }
    }
    this.#gain = this.#wantedGain;
  }

  /**
   * Writes to `out` what all others wrote, limited to ±1 (see {@link Limiter}). To be called once for
   * every block, after all have written. Throws `ArgumentError` for an `out` of another length than the mixer's.
   */
  read(out: Float32Array): void {
    const { sum, block } = this.#bus;
    const own = this.#own;
    this.#checkLength(out);
    if (this.#written === block) {
      for (let i = 0; i < out.length; i++) out[i] = sum[i]! - own[i]!;
    } else {
      for (let i = 0; i < out.length; i++) out[i] = sum[i]!;
    }
    this.#limiter.process(out);
  }

  #checkLength(samples: Float32Array): void {
    if (samples.length !== this.#own.length) {
      throw new ArgumentError(
        `a block of ${samples.length} samples; give ${this.#own.length}, as the mixer was made for`,
      );
    }
  }
}
