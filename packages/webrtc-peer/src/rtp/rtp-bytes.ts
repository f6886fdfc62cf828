import {
  type HeaderExtensionIds,
  type HeaderExtensionValues,
  readHeaderExtensions,
  writeHeaderExtensions,
} from './header-extensions.js';
import type { RtpPacket } from './packet.js';

/** Largest RTP packet sent, so that it fits every path with the overhead of SRTP, UDP and IP. */
export const MAX_RTP_BYTES = 1200;
/** Most that header and known extensions take: fixed header, extension header, MID of 32, send and capture time. */
export const MAX_RTP_HEADER_BYTES: number = 12 + 4 + 34 + 5 + 18 + 3;

/** What is sent in a packet; header extensions are sent where `ids` names them. */
export interface OutgoingRtp extends HeaderExtensionValues {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
}

const FIXED_HEADER = 12;
const VERSION = 2;

/** Reads an RTP packet (RFC 3550 §5.1); undefined for what is none. The payload is a view of `bytes`. */
export function parseRtp(bytes: Uint8Array, ids: HeaderExtensionIds): RtpPacket | undefined {
  const { length } = bytes;
  if (length < FIXED_HEADER || bytes[0]! >>> 6 !== VERSION) return undefined;
  const csrcs = bytes[0]! & 0xf;
  let from = FIXED_HEADER + 4 * csrcs;
  const values: HeaderExtensionValues = {};
  if ((bytes[0]! & 0x10) !== 0) {
    if (from + 4 > length) return undefined;
    const profile = (bytes[from]! << 8) | bytes[from + 1]!;
    const end = from + 4 + 4 * ((bytes[from + 2]! << 8) | bytes[from + 3]!);
    if (end > length) return undefined;
    readHeaderExtensions(bytes, from + 4, end, profile, ids, values);
    from = end;
  }
  let to = length;
  if ((bytes[0]! & 0x20) !== 0) {
    const padding = bytes[length - 1]!;
    if (padding === 0) return undefined;
    to -= padding;
  }
  if (from > to) return undefined;
  return {
    ssrc: word(bytes, 8),
    payloadType: bytes[1]! & 0x7f,
    sequenceNumber: (bytes[2]! << 8) | bytes[3]!,
    timestamp: word(bytes, 4),
    marker: (bytes[1]! & 0x80) !== 0,
    payload: bytes.subarray(from, to),
    captureTime: values.captureTime,
    sendTime: values.sendTime,
    mid: values.mid,
  };
}

/**
 * Writes an RTP packet at the beginning of `target`, which has room for the payload and
 * {@link MAX_RTP_HEADER_BYTES}. Returns its length.
 */
export function writeRtp(target: Uint8Array, packet: OutgoingRtp, ids: HeaderExtensionIds): number {
  const { ssrc, sequenceNumber, timestamp, payload } = packet;
  const end = writeHeaderExtensions(target, FIXED_HEADER, ids, packet);
  target[0] = (VERSION << 6) | (end > FIXED_HEADER ? 0x10 : 0);
  target[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  target[2] = sequenceNumber >>> 8;
  target[3] = sequenceNumber;
  putWord(target, 4, timestamp);
  putWord(target, 8, ssrc);
  target.set(payload, end);
  return end + payload.length;
}

const word = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

function putWord(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
