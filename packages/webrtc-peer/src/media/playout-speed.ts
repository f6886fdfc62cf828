import type { ClockDriftEstimator } from '@rm/rtp-sync';

/** An error of the delay is worked off in this time, in seconds… */
const TRIM_TIME = 2;
/** …but never faster than this, which is a cent of pitch. */
const MAX_TRIM_PPM = 500;

/**
 * By how much a stream is resampled, as its sender's clock drifts and its delay is to change: correction in ppm,
 * positive uses samples up faster.
 *
 * @param delayError - How much longer the delay should be, in µs; 0 to leave it.
 */
export function playoutCorrection(drift: ClockDriftEstimator, delayError: number): number {
  const estimate = drift.estimateDrift();
  // A clock is off as far as that is surer than its doubt: one that is right is left alone.
  const weight = estimate === 0 ? 0 : Math.max(0, 1 - (drift.bound / estimate) ** 2);
  const trim = Math.max(-MAX_TRIM_PPM, Math.min(MAX_TRIM_PPM, -delayError / TRIM_TIME));
  return weight * estimate + trim;
}
