/** Loudness of a block, as amplitudes: 1 is full scale. */
export interface Level {
  /** Root of the mean square over all channels. */
  rms: number;
  /** Largest magnitude of a sample. */
  peak: number;
}

/** What {@link dbfs} gives for silence and anything below: the lowest level RFC 6464 §3 can express. */
export const MIN_DBFS = -127;

/** An amplitude in dB relative to full scale, −127 and up: 0 for 1, so −3.01 for the RMS of a full-scale sine. */
export const dbfs = (amplitude: number): number =>
  amplitude > 0 ? Math.max(MIN_DBFS, 20 * Math.log10(amplitude)) : MIN_DBFS;

/** The amplitude at a level in dB relative to full scale; 0 for −127 and below. */
export const amplitudeFromDbfs = (level: number): number =>
  level <= MIN_DBFS ? 0 : 10 ** (level / 20);

/**
 * Measures a block of samples, of any channels; an empty one is silent.
 * Writes to `level` and gives it back; pass one to allocate nothing.
 */
export function measureLevel(samples: Float32Array, level: Level = { rms: 0, peak: 0 }): Level {
  let energy = 0;
  let peak = 0;
  // By index: iterating a typed array costs more than three times as much.
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]!;
    energy += sample * sample;
    const magnitude = Math.abs(sample);
    if (magnitude > peak) peak = magnitude;
  }
  level.rms = samples.length === 0 ? 0 : Math.sqrt(energy / samples.length);
  level.peak = peak;
  return level;
}
