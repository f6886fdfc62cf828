import type { ClockDriftEstimator } from '@rm/rtp-sync';

/** Most clocks are off by less than this; one that is said to be off by more is believed as far as it is sure. */
const TYPICAL_DRIFT_PPM = 100;
/** An error of the delay is worked off in this time, in seconds… */
const TRIM_TIME = 2;
/** …but never faster than this, which is 3.5 cents of pitch. */
const MAX_TRIM_PPM = 2000;

/** Decides by how much a stream is resampled: as its sender's clock drifts, and to keep a delay that was asked for. */
export class PlayoutSpeed {
  #trim = 0;

  /** Takes how much longer the delay should be, in µs; 0 when nobody asks. */
  trim(error: number): void {
    const ppm = -error / TRIM_TIME;
    this.#trim = Math.max(-MAX_TRIM_PPM, Math.min(MAX_TRIM_PPM, ppm));
  }

  /** Correction for the resampler in ppm: positive uses samples up faster. */
  correction(drift: ClockDriftEstimator): number {
    const estimate = drift.estimateDrift();
    const doubt = drift.bound ** 2;
    const typical = TYPICAL_DRIFT_PPM ** 2;
    const weight = Math.max(typical / (typical + doubt), 1 - doubt / estimate ** 2);
    return (estimate === 0 ? 0 : weight * estimate) + this.#trim;
  }
}
