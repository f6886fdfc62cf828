import type { Micros } from './time.js';

/** Milliseconds from 1900-01-01, where NTP counts from, to 1970-01-01. */
const NTP_TO_UNIX_MS = 2_208_988_800_000;

/**
 * `estimatedPlayoutTimestamp` of the W3C `inbound-rtp` dictionary: the sender's NTP time, in milliseconds since
 * 1900, of the sample or frame at `rtpTimestamp`, which is being played. Undefined before the stream's first sender
 * report.
 *
 * @param clock - An `RtpClock` or a `SenderReportClock`.
 */
export function estimatedPlayoutTimestamp(
  clock: { unixAt(rtpTimestamp: number): Micros | undefined },
  rtpTimestamp: number,
): number | undefined {
  const unix = clock.unixAt(rtpTimestamp);
  return unix === undefined ? undefined : unix / 1000 + NTP_TO_UNIX_MS;
}
