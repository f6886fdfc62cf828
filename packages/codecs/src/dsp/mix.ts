import { ArgumentError } from '../errors.js';

/** Amplitude up to which {@link softLimit} changes nothing: −2 dB. */
const KNEE = 0.8;

/** Adds `samples` to `accumulator` in place. Throws `ArgumentError` unless both have the same length. */
export function mixInto(accumulator: Float32Array, samples: Float32Array): void {
  if (accumulator.length !== samples.length) {
    throw new ArgumentError(
      `cannot mix ${samples.length} samples into ${accumulator.length}; give blocks of one length`,
    );
  }
  for (let i = 0; i < samples.length; i++) accumulator[i] = accumulator[i]! + samples[i]!;
}

/**
 * Bends samples beyond ±0.8 in place along a tanh so that none passes ±1, however loud the mix; the
 * slope is continuous, and everything below stays as it is. NaN becomes 0.
 */
export function softLimit(samples: Float32Array): void {
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]!;
    const magnitude = Math.abs(sample);
    if (magnitude <= KNEE) continue;
    const bent = KNEE + (1 - KNEE) * Math.tanh((magnitude - KNEE) / (1 - KNEE));
    samples[i] = Math.sign(sample) * bent || 0;
  }
}
