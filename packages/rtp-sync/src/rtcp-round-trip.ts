import type { PingExchange } from './clock-offset.js';
import { type NtpTime, isNtpTime, ntpFromUnix, unixFromNtp } from './ntp.js';
import { type Micros, micros } from './time.js';

/** What a report block says of our sender reports, as on the wire (RFC 3550 §6.4.1). */
export interface ReportBlockTimes {
  /** LSR: middle 32 bits of the NTP timestamp of our last report that arrived there; 0 for none. */
  readonly lastSenderReport: number;
  /** DLSR: time from its arrival to the sending of this block, in 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

const UNITS_PER_SECOND = 65_536;
const TWO_32 = 2 ** 32;
/** Most senders stamp their reports a little before they go out. */
const STAMP_UNCERTAINTY = 5000 as Micros;

/**
 * Round-trip time of a report block that arrived at `arrivalUnix` (the wall clock that stamped our reports), after
 * RFC 3550 §6.4.1: arrival − LSR − DLSR. Undefined when the other side has no report of ours yet, or says what
 * cannot be.
 */
export function reportRoundTrip(block: ReportBlockTimes, arrivalUnix: Micros): Micros | undefined {
  const { lastSenderReport, delaySinceLastSenderReport } = block;
  if (lastSenderReport === 0 || lastSenderReport !== lastSenderReport >>> 0) return undefined;
  if (delaySinceLastSenderReport !== delaySinceLastSenderReport >>> 0) return undefined;
  const roundTrip =
    elapsedSince(lastSenderReport, arrivalUnix) - unitsToMicros(delaySinceLastSenderReport);
  return roundTrip >= 0 ? micros(roundTrip) : undefined;
}

/**
 * The round trip of a compound packet that holds a sender report with NTP timestamp `ntp` and a report block for
 * us, for {@link ClockOffsetEstimator}: it dates both directions on both clocks, without pings.
 *
 * @param arrivalUnix - Arrival, on the wall clock that stamped our reports.
 * @param uncertainty - How far the other side's stamps can be from the times of sending; default 5 ms.
 */
export function reportExchange(
  ntp: NtpTime,
  block: ReportBlockTimes,
  arrivalUnix: Micros,
  uncertainty: Micros = STAMP_UNCERTAINTY,
): PingExchange | undefined {
  if (!isNtpTime(ntp) || (ntp.seconds === 0 && ntp.fraction === 0)) return undefined;
  if (reportRoundTrip(block, arrivalUnix) === undefined) return undefined;
  const remoteSent = unixFromNtp(ntp);
  // LSR and DLSR are rounded down: both make the interval wider, never narrower.
  return {
    sent: micros(arrivalUnix - elapsedSince(block.lastSenderReport, arrivalUnix)),
    remoteReceived: micros(remoteSent - unitsToMicros(block.delaySinceLastSenderReport)),
    remoteSent,
    received: arrivalUnix,
    uncertainty,
  };
}

/** Microseconds from a compact NTP timestamp to `unix`, modulo 18 hours. */
function elapsedSince(compact: number, unix: Micros): number {
  const { seconds, fraction } = ntpFromUnix(unix);
  const now = ((seconds & 0xffff) + fraction / TWO_32) * UNITS_PER_SECOND;
  return unitsToMicros(now >= compact ? now - compact : now - compact + TWO_32);
}

const unitsToMicros = (units: number): number => (units * 1e6) / UNITS_PER_SECOND;
