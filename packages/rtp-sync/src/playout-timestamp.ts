import type { RtpClock } from './rtp-clock.js';
import type { Micros } from './time.js';

/** Milliseconds from 1900-01-01, where NTP counts from, to 1970-01-01. */
const NTP_TO_UNIX_MS = 2_208_988_800_000;

/**
 * `estimatedPlayoutTimestamp` of the W3C `inbound-rtp` dictionary: the sender's NTP time, in milliseconds since
 * 1900, of what is being played at `now`. Undefined before the stream's first sender report.
 *
 * @param rtpTimestamp - Timestamp of the latest sample or frame played.
 * @param playedAt - When it was played (local clock, as `now`).
 */
export function estimatedPlayoutTimestamp(
  clock: RtpClock,
  rtpTimestamp: number,
  playedAt: Micros,
  now: Micros,
): number | undefined {
  const unix = clock.unixAt(rtpTimestamp);
  return unix === undefined ? undefined : (unix + now - playedAt) / 1000 + NTP_TO_UNIX_MS;
}
