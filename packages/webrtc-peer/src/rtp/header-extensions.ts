import { ABS_CAPTURE_TIME_URI, parseAbsCaptureTime, writeAbsCaptureTime } from '@rm/rtp-sync';
import type { AbsCaptureTime } from '@rm/rtp-sync';
import { ABS_SEND_TIME_URI } from '../congestion/index.js';

/** Name of the MID header extension in SDP (RFC 8843 §15). */
const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';

/** The header extensions that are known here, by what they are called in SDP. */
export const HEADER_EXTENSIONS: readonly string[] = [
  MID_URI,
  ABS_SEND_TIME_URI,
  ABS_CAPTURE_TIME_URI,
];

/** Ids that a session has given to header extensions, 1…255; undefined for what is not part of it. */
export interface HeaderExtensionIds {
  readonly mid?: number | undefined;
  readonly sendTime?: number | undefined;
  readonly captureTime?: number | undefined;
}

/** What stands in the header extensions of one packet. */
export interface HeaderExtensionValues {
  mid?: string | undefined;
  sendTime?: number | undefined;
  captureTime?: AbsCaptureTime | undefined;
}

/** The ids of the extensions known here, out of those by URI. */
export const headerExtensionIds = (byUri: ReadonlyMap<string, number>): HeaderExtensionIds => ({
  mid: byUri.get(MID_URI),
  sendTime: byUri.get(ABS_SEND_TIME_URI),
  captureTime: byUri.get(ABS_CAPTURE_TIME_URI),
});

/** Profiles of RFC 8285 §4.2 and §4.3: elements with one byte of header, or with two. */
const ONE_BYTE = 0xbede;
const TWO_BYTE = 0x100;
/** Ends the elements of the one-byte form (§4.2). */
const STOP = 15;
const SEND_TIME_BYTES = 3;

/**
 * Reads the elements of a header extension of `profile` at `bytes[from…to)` into `values`. What makes no sense is
 * passed over.
 */
export function readHeaderExtensions(
  bytes: Uint8Array,
  from: number,
  to: number,
  profile: number,
  ids: HeaderExtensionIds,
  values: HeaderExtensionValues,
): void {
  const twoByte = (profile & 0xfff0) === TWO_BYTE;
  if (!twoByte && profile !== ONE_BYTE) return;
  for (let at = from; at < to;) {
    const header = bytes[at++]!;
    if (header === 0) continue;
    let id = header;
    let length: number;
    if (twoByte) {
      if (at >= to) return;
      length = bytes[at++]!;
    } else {
      id = header >>> 4;
      length = (header & 0xf) + 1;
      if (id === STOP) return;
    }
    if (at + length > to) return;
    if (id === ids.sendTime && length === SEND_TIME_BYTES)
      values.sendTime = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    else if (id === ids.captureTime) {
      const parsed = parseAbsCaptureTime(bytes.subarray(at, at + length));
      if (parsed.ok) values.captureTime = parsed.value;
    } else if (id === ids.mid) values.mid = ascii(bytes, at, at + length);
    at += length;
  }
}

/**
 * Writes the extensions that have an id and a value at `target[at…]`, with their header of four bytes, padded to a
 * word. Returns where they end: `at` itself when there are none. The ids decide on the form, as not every receiver
 * takes both in one stream (RFC 8285 §4.1.2); a MID of more than 16 characters does not fit the one-byte form and is
 * left out of it.
 */
export function writeHeaderExtensions(
  target: Uint8Array,
  at: number,
  ids: HeaderExtensionIds,
  { mid, sendTime, captureTime }: HeaderExtensionValues,
): number {
  const capture =
    captureTime && ids.captureTime !== undefined ? writeAbsCaptureTime(captureTime) : undefined;
  const twoByte = [ids.mid, ids.sendTime, ids.captureTime].some(
    (id) => id !== undefined && id >= STOP,
  );
  const hasMid =
    mid !== undefined && mid.length > 0 && ids.mid !== undefined && (twoByte || mid.length <= 16);
  const hasSendTime = sendTime !== undefined && ids.sendTime !== undefined;
  if (!hasMid && !hasSendTime && !capture) return at;
  let end = at + 4;
  if (hasMid) {
    end = writeElementHeader(target, end, twoByte, ids.mid, mid.length);
    for (let i = 0; i < mid.length; i++) target[end++] = mid.charCodeAt(i);
  }
  if (hasSendTime) {
    end = writeElementHeader(target, end, twoByte, ids.sendTime, SEND_TIME_BYTES);
    target[end++] = sendTime >>> 16;
    target[end++] = sendTime >>> 8;
    target[end++] = sendTime;
  }
  if (capture) {
    end = writeElementHeader(target, end, twoByte, ids.captureTime!, capture.length);
    target.set(capture, end);
    end += capture.length;
  }
  while ((end - at) % 4 !== 0) target[end++] = 0;
  const profile = twoByte ? TWO_BYTE : ONE_BYTE;
  const words = (end - at) / 4 - 1;
  target[at] = profile >>> 8;
  target[at + 1] = profile;
  target[at + 2] = words >>> 8;
  target[at + 3] = words;
  return end;
}

function writeElementHeader(
  target: Uint8Array,
  at: number,
  twoByte: boolean,
  id: number,
  length: number,
): number {
  if (!twoByte) {
    target[at] = (id << 4) | (length - 1);
    return at + 1;
  }
  target[at] = id;
  target[at + 1] = length;
  return at + 2;
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
