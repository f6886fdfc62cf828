import { ntpFromUnix, unixFromNtp } from './ntp.js';
import { type Micros, micros } from './time.js';

/** Name of the header extension in SDP. */
export const ABS_CAPTURE_TIME_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

/** When the first frame of a packet was captured. */
export interface AbsCaptureTime {
  /** Wall clock of the capturing system, in microseconds since 1970. */
  readonly captured: Micros;
  /**
   * The capturing system's clock less the clock that stamps this stream's sender reports, as the sender estimates
   * it; absent when it says nothing of it.
   */
  readonly clockOffset?: Micros;
}

/** What {@link parseAbsCaptureTime} found. */
export type AbsCaptureTimeResult =
  | { readonly ok: true; readonly value: AbsCaptureTime }
  | { readonly ok: false; readonly reason: 'length' };

const TWO_32 = 2 ** 32;
const SHORT = 8;
const LONG = 16;
/** Times that {@link unixFromNtp} reads back as they were: 1968 to 2104. */
const EARLIEST = -61_505_152e6;
const LATEST = 4_233_462_144e6;
const LARGEST_OFFSET = 2 ** 31 * 1e6;

/**
 * Reads the data of an `abs-capture-time` header extension: 8 bytes (NTP timestamp, UQ32.32), or 16 with the
 * estimated capture clock offset (Q32.32, signed) after it.
 */
export function parseAbsCaptureTime(data: Uint8Array): AbsCaptureTimeResult {
  if (data.length !== SHORT && data.length !== LONG) return { ok: false, reason: 'length' };
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const captured = unixFromNtp({ seconds: view.getUint32(0), fraction: view.getUint32(4) });
  if (data.length === SHORT) return { ok: true, value: { captured } };
  const offset = view.getInt32(8) * 1e6 + (view.getUint32(12) * 1e6) / TWO_32;
  return { ok: true, value: { captured, clockOffset: micros(Math.round(offset)) } };
}

/**
 * The data of an `abs-capture-time` header extension, 8 bytes or, with a clock offset, 16. Undefined for a time
 * outside 1968…2104 or an offset beyond ± 2³¹ s, which it cannot express.
 */
export function writeAbsCaptureTime(time: AbsCaptureTime): Uint8Array | undefined {
  const { captured, clockOffset } = time;
  if (!(captured >= EARLIEST && captured < LATEST)) return undefined;
  const data = new Uint8Array(clockOffset === undefined ? SHORT : LONG);
  const view = new DataView(data.buffer);
  const { seconds, fraction } = ntpFromUnix(captured);
  view.setUint32(0, seconds);
  view.setUint32(4, fraction);
  if (clockOffset === undefined) return data;
  if (!(Math.abs(clockOffset) < LARGEST_OFFSET)) return undefined;
  const whole = Math.floor(clockOffset / 1e6);
  view.setInt32(8, whole);
  view.setUint32(12, Math.round(((clockOffset - whole * 1e6) * TWO_32) / 1e6));
  return data;
}
