import { ArgumentError } from '../errors.js';

/** The factor by which a gain in dB multiplies amplitudes: 10^(dB/20). */
export const gainFromDb = (db: number): number => 10 ** (db / 20);

/**
 * Multiplies interleaved samples in place by a factor that moves evenly from `from`, in effect before
 * the block, to `to`, reached at its last sample, so that a change of gain makes no click.
 * Throws `ArgumentError` unless the length is a multiple of `channels`.
 */
export function applyGain(samples: Float32Array, channels: number, from: number, to: number): void {
  const length = samples.length / channels;
  if (!Number.isInteger(length)) {
    throw new ArgumentError(`${samples.length} samples are not whole for ${channels} channels`);
  }
  let at = 0;
  for (let i = 1; i <= length; i++) {
    const gain = from === to ? to : from + ((to - from) * i) / length;
    for (let channel = 0; channel < channels; channel++, at++) samples[at] = samples[at]! * gain;
  }
}
