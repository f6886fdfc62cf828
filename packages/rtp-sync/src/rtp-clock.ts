import { type NtpTime, unixFromNtp } from './ntp.js';
import { type Micros, micros } from './time.js';
import { timestampDelta } from './wrap.js';

/**
 * Maps RTP timestamps of one stream to the sender's wall clock, by its RTCP sender reports
 * (RFC 3550 §6.4.1).
 *
 * The newest report is the reference; timestamps up to half the 32-bit range before and after it are mapped
 * at the nominal clock rate.
 */
export class RtpClock {
  readonly #clockRate: number;
  #reference: { readonly unix: Micros; readonly rtpTimestamp: number } | undefined;

  /** @param clockRate - RTP clock rate of the stream in Hz (48000 for Opus, 90000 for video). */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /**
   * Takes a sender report. Returns false, changing nothing, for the all-zero timestamp by which a sender says
   * that it has no wall clock.
   */
  update(ntp: NtpTime, rtpTimestamp: number): boolean {
    if (ntp.seconds === 0 && ntp.fraction === 0) return false;
    this.#reference = { unix: unixFromNtp(ntp), rtpTimestamp };
    return true;
  }

  /** Sender's wall clock, in microseconds since 1970, at `rtpTimestamp`; undefined before the first report. */
  unixAt(rtpTimestamp: number): Micros | undefined {
    if (this.#reference === undefined) return undefined;
    const ticks = timestampDelta(rtpTimestamp, this.#reference.rtpTimestamp);
    return micros(this.#reference.unix + Math.round((ticks * 1e6) / this.#clockRate));
  }
}
