import { ArgumentError } from '../errors.js';
import { KNEE, softKnee } from './soft-knee.js';

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
 * slope is continuous, and everything below stays as it is. NaN becomes 0. Adds no delay, but harmonics
 * to what is loud; a {@link Limiter} turns it down instead.
 */
export function softLimit(samples: Float32Array): void {
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]!;
    const magnitude = Math.abs(sample);
    if (magnitude <= KNEE) continue;
    samples[i] = Math.sign(sample) * softKnee(magnitude) || 0;
  }
}
