import {
  type CaptureClock,
  type CaptureClockOptions,
  CaptureTimeClock,
  type CaptureTime,
  type Micros,
  SenderReportClock,
  estimatedPlayoutTimestamp,
} from '@rm/rtp-sync';
import type { RtpPacket, SenderReport } from '../rtp/packet.js';

/** When what a received stream brings was captured, by all that its packets and sender reports say of it. */
export class StreamCaptureClock implements CaptureClock {
  readonly #reports: SenderReportClock;
  readonly #captureTimes: CaptureTimeClock;
  #ssrc: number | undefined;

  constructor(options: CaptureClockOptions) {
    this.#reports = new SenderReportClock(options);
    this.#captureTimes = new CaptureTimeClock(options);
  }

  /** Takes a packet at its arrival. Returns whether it is of another stream than before: all that was known is void. */
  packet({ ssrc, captureTime, timestamp }: RtpPacket, now: Micros): boolean {
    const another = this.#follow(ssrc);
    if (captureTime !== undefined) this.#captureTimes.update(captureTime, timestamp, now);
    return another;
  }

  /** Takes a sender report. Returns as {@link packet} does. */
  senderReport({ ssrc, ntpSeconds, ntpFraction, rtpTimestamp }: SenderReport): boolean {
    const another = this.#follow(ssrc);
    this.#reports.update({ seconds: ntpSeconds, fraction: ntpFraction }, rtpTimestamp);
    return another;
  }

  /** What is surer of two: the line through the sender reports, or what the packets themselves say. */
  captureAt(rtpTimestamp: number, now: Micros): CaptureTime | undefined {
    const reported = this.#reports.captureAt(rtpTimestamp, now);
    const stamped = this.#captureTimes.captureAt(rtpTimestamp, now);
    if (reported === undefined || stamped === undefined) return reported ?? stamped;
    return stamped.bound < reported.bound ? stamped : reported;
  }

  /** The sender's NTP time of `rtpTimestamp`, in ms since 1900; undefined before the first report. */
  ntpMillis(rtpTimestamp: number): number | undefined {
    return estimatedPlayoutTimestamp(this.#reports, rtpTimestamp);
  }

  #follow(ssrc: number): boolean {
    const another = this.#ssrc !== undefined && ssrc !== this.#ssrc;
    this.#ssrc = ssrc;
    if (!another) return false;
    this.#reports.reset();
    this.#captureTimes.reset();
    return true;
  }
}
