import { ArgumentError } from '../errors.js';

/** A sample in −1…1 as a 16-bit integer: × 32768, rounded, saturated; NaN becomes 0. */
export function toPcm16(sample: number): number {
  const value = Math.round(sample * 32_768);
  if (value >= 32_767) return 32_767;
  if (value <= -32_768) return -32_768;
  return value || 0;
}

/**
 * Writes samples in −1…1 as 16-bit little-endian PCM to the start of `out`, rounding and saturating,
 * and gives the bytes written: two per sample. Exact for samples that came from 16-bit PCM.
 * Throws `ArgumentError` if `out` is too small.
 */
export function floatToPcm16(samples: Float32Array, out: Uint8Array): number {
  const bytes = samples.length * 2;
  if (out.length < bytes) {
    throw new ArgumentError(`out has ${out.length} bytes; give at least ${bytes}`);
  }
  let at = 0;
  for (const sample of samples) {
    const value = toPcm16(sample);
    out[at++] = value & 0xff;
    out[at++] = (value >> 8) & 0xff;
  }
  return bytes;
}
