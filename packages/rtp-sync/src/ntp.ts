import { type Micros, micros } from './time.js';

/** A 64-bit NTP timestamp: seconds since 1900-01-01 modulo 2³², and the fraction in units of 2⁻³² s (RFC 5905 §6). */
export interface NtpTime {
  readonly seconds: number;
  readonly fraction: number;
}

/** Seconds from 1900-01-01 to 1970-01-01 (RFC 5905 figure 4). */
const UNIX_EPOCH_SECONDS = 2_208_988_800;
const TWO_32 = 2 ** 32;

/** Whether both parts are integers of 32 bits, as read from the wire. */
export const isNtpTime = (ntp: NtpTime): boolean =>
  ntp.seconds === ntp.seconds >>> 0 && ntp.fraction === ntp.fraction >>> 0;

/** The NTP timestamp of `unix` microseconds since 1970-01-01, exact to 2⁻³² s rounding. */
export function ntpFromUnix(unix: Micros): NtpTime {
  const whole = Math.floor(unix / 1e6);
  const fraction = Math.round(((unix - whole * 1e6) * TWO_32) / 1e6);
  return { seconds: (whole + UNIX_EPOCH_SECONDS) % TWO_32, fraction: fraction % TWO_32 };
}

/**
 * Microseconds since 1970-01-01 of an NTP timestamp.
 *
 * The seconds wrap in 2036 (era 1): values below 2³¹ are taken to lie in era 1, as RFC 5905 §6 suggests, so
 * the range is 1968…2104.
 */
export function unixFromNtp(ntp: NtpTime): Micros {
  const seconds = (ntp.seconds < 2 ** 31 ? ntp.seconds + TWO_32 : ntp.seconds) - UNIX_EPOCH_SECONDS;
  return micros(seconds * 1e6 + Math.round((ntp.fraction * 1e6) / TWO_32));
}

/** The middle 32 bits of an NTP timestamp, as used by LSR and DLSR in report blocks (RFC 3550 §4). */
export const compactNtp = (ntp: NtpTime): number =>
  (((ntp.seconds & 0xffff) << 16) | (ntp.fraction >>> 16)) >>> 0;
