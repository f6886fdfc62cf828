import type { AbsCaptureTime } from './abs-capture-time.js';
import type { CaptureClock, CaptureClockOptions, CaptureTime } from './capture-clock.js';
import { CaptureTimeReceiver } from './capture-time-stream.js';
import { type Micros, micros } from './time.js';

/** A sender says again when what it said last is off by more than this. */
const ACCURACY = 1000;
/** Clocks drift apart by at most so much. */
const MAX_DRIFT = 1000e-6;

/**
 * Capture times of one stream from its `abs-capture-time` extensions: known from the first packet on, before any
 * sender report.
 */
export class CaptureTimeClock implements CaptureClock {
  readonly #options: CaptureClockOptions;
  #times: CaptureTimeReceiver;
  readonly #capture = { time: micros(0), bound: micros(0) };

  /** @throws RangeError when the clock rate is not positive. */
  constructor(options: CaptureClockOptions) {
    this.#options = options;
    this.#times = new CaptureTimeReceiver(options.clockRate);
  }

  /** Takes the extension of the packet at `rtpTimestamp`, which came at `now`. */
  update(time: AbsCaptureTime, rtpTimestamp: number, now: Micros): void {
    this.#times.receive(0, rtpTimestamp, now, time);
  }

  /** Forgets what was told: another stream takes the place of this one. */
  reset(): void {
    this.#times = new CaptureTimeReceiver(this.#options.clockRate);
  }

  captureAt(rtpTimestamp: number, now: Micros): CaptureTime | undefined {
    const { unixOrigin, clockOffset } = this.#options;
    const captured = this.#times.at(rtpTimestamp, now);
    const age = this.#times.ageAt(now);
    const offset = captured === undefined ? undefined : clockOffset(micros(unixOrigin + now));
    if (captured === undefined || age === undefined || offset === undefined) return undefined;
    // From the capturing system's clock to the sender's, from there to ours.
    const unix = captured - (this.#times.clockOffset ?? 0) - offset.offset;
    this.#capture.time = micros(unix - unixOrigin);
    this.#capture.bound = micros(Math.ceil(offset.bound + ACCURACY + MAX_DRIFT * age));
    return this.#capture;
  }
}
