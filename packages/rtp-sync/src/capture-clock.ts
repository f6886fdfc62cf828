import type { ClockOffset } from './clock-offset.js';
import type { NtpTime } from './ntp.js';
import { RtpClock } from './rtp-clock.js';
import { type Micros, micros } from './time.js';

/** When something was captured, on the local timeline: the truth lies within `time ± bound`. */
export interface CaptureTime {
  readonly time: Micros;
  readonly bound: Micros;
}

/** A capture time may be ahead of the local clock by so much beyond its bound, for rounding's sake. */
const FUTURE = 1_000;
/** A stream whose clock is known worse than this is not waited for. */
export const USABLE_BOUND = 100_000;
/** Nothing is older than this when it comes in; what says so has a broken clock. */
const OLDEST = 10_000_000;

/** Whether `capture` can be true of a frame that came in at `now`: not in the future, nor 10 s old. */
export const isBelievable = (
  capture: CaptureTime | undefined,
  now: Micros,
): capture is CaptureTime =>
  capture !== undefined &&
  capture.bound >= 0 &&
  capture.bound < OLDEST &&
  capture.time <= now + capture.bound + FUTURE &&
  capture.time >= now - OLDEST;

/** Says when the sample or frame of an RTP timestamp was captured. */
export interface CaptureClock {
  /**
   * Capture time of `rtpTimestamp` as known at `now`; undefined while it is unknown. The object may be reused by
   * the next call.
   */
  captureAt(rtpTimestamp: number, now: Micros): CaptureTime | undefined;
}

/** What a {@link CaptureClock} stands on. */
export interface CaptureClockOptions {
  /** RTP clock rate of the stream in Hz. */
  readonly clockRate: number;
  /** Local wall clock, in microseconds since 1970, at time 0 of the local timeline. */
  readonly unixOrigin: Micros;
  /** The sender's wall clock against the local one at `nowUnix`, when known. */
  readonly clockOffset: (nowUnix: Micros) => ClockOffset | undefined;
}

/**
 * Capture times of one stream: its sender reports lead from RTP to the sender's wall clock, the clock offset from
 * there to the local timeline. Both uncertainties add up in the bound.
 */
export class SenderReportClock implements CaptureClock {
  readonly #options: CaptureClockOptions;
  #rtpClock: RtpClock;
  readonly #capture = { time: micros(0), bound: micros(0) };

  constructor(options: CaptureClockOptions) {
    this.#options = options;
    this.#rtpClock = new RtpClock(options.clockRate);
  }

  /** Takes a sender report. Returns false, changing nothing, when it cannot be used. */
  update(ntp: NtpTime, rtpTimestamp: number): boolean {
    return this.#rtpClock.update(ntp, rtpTimestamp);
  }

  /** Sender's wall clock at `rtpTimestamp`, in microseconds since 1970; undefined before the first report. */
  unixAt(rtpTimestamp: number): Micros | undefined {
    return this.#rtpClock.unixAt(rtpTimestamp);
  }

  /** Forgets all reports: another stream takes the place of this one. */
  reset(): void {
    this.#rtpClock = new RtpClock(this.#options.clockRate);
  }

  captureAt(rtpTimestamp: number, now: Micros): CaptureTime | undefined {
    const { unixOrigin, clockOffset } = this.#options;
    const unix = this.#rtpClock.unixAt(rtpTimestamp);
    const bound = this.#rtpClock.boundAt(rtpTimestamp);
    if (unix === undefined || bound === undefined) return undefined;
    const offset = clockOffset(micros(unixOrigin + now));
    if (offset === undefined) return undefined;
    this.#capture.time = micros(unix - offset.offset - unixOrigin);
    this.#capture.bound = micros(offset.bound + bound);
    return this.#capture;
  }
}
