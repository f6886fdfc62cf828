import type { ClockDriftEstimator } from '@rm/rtp-sync';

/** Most clocks are off by less than this; one that is said to be off by more is believed as far as it is sure. */
const TYPICAL_DRIFT_PPM = 100;
/** An error of the delay is worked off in this time, in seconds… */
const TRIM_TIME = 2;
/** …but never faster than this, which is 3.5 cents of pitch. */
const MAX_TRIM_PPM = 2000;

/**
 * By how much a stream is resampled, as its sender's clock drifts and its delay is to change: correction in ppm,
 * positive uses samples up faster.
 *
 * @param delayError - How much longer the delay should be, in µs; 0 to leave it.
 */
export function playoutCorrection(drift: ClockDriftEstimator, delayError: number): number {
  const estimate = drift.estimateDrift();
  const doubt = drift.bound ** 2;
  const typical = TYPICAL_DRIFT_PPM ** 2;
  const weight = Math.max(typical / (typical + doubt), 1 - doubt / estimate ** 2);
  const trim = Math.max(-MAX_TRIM_PPM, Math.min(MAX_TRIM_PPM, -delayError / TRIM_TIME));
  return (estimate === 0 ? 0 : weight * estimate) + trim;
}
