import { ArgumentError } from '../errors.js';

/** An earlier packet's payload, as it is sent again. */
export interface RedBlock {
  /** 0…127 */
  readonly payloadType: number;
  /** How much earlier its timestamp is than the packet's, in ticks, 0…{@link MAX_RED_OFFSET}. */
  readonly timestampOffset: number;
  /** At most {@link MAX_RED_BLOCK_BYTES}. */
  readonly payload: Uint8Array;
}

/** What stands in one payload: its own block, and those of earlier packets. */
export interface RedPayload {
  readonly payloadType: number;
  readonly payload: Uint8Array;
  /** In the order of the stream. */
  readonly redundant: readonly RedBlock[];
}

/** Outcome of {@link parseRed}. */
export type RedResult =
  | { readonly ok: true; readonly value: RedPayload }
  | { readonly ok: false; readonly reason: 'empty' | 'truncated' | 'too-many-blocks' };

/** The offset of a timestamp has 14 bits, the length of a block 10 (RFC 2198 §3). */
export const MAX_RED_OFFSET: number = 2 ** 14 - 1;
export const MAX_RED_BLOCK_BYTES: number = 2 ** 10 - 1;
/** More earlier packets than any sender has a use for. */
const MAX_BLOCKS = 32;
/** Says that another block header follows. */
const MORE = 0x80;
const BLOCK_HEADER = 4;
const LAST_HEADER = 1;

/** Reads a payload with redundancy (RFC 2198 §3). Never throws; the blocks are views of `bytes`. */
export function parseRed(bytes: Uint8Array): RedResult {
  if (bytes.length === 0) return { ok: false, reason: 'empty' };
  const headers: { payloadType: number; timestampOffset: number; length: number }[] = [];
  let at = 0;
  let redundantBytes = 0;
  while ((bytes[at]! & MORE) !== 0) {
    if (headers.length === MAX_BLOCKS) return { ok: false, reason: 'too-many-blocks' };
    // Behind the header of a block stands one more at least.
    if (at + BLOCK_HEADER >= bytes.length) return { ok: false, reason: 'truncated' };
    const length = ((bytes[at + 2]! & 3) << 8) | bytes[at + 3]!;
    headers.push({
      payloadType: bytes[at]! & 0x7f,
      timestampOffset: (bytes[at + 1]! << 6) | (bytes[at + 2]! >> 2),
      length,
    });
    redundantBytes += length;
    at += BLOCK_HEADER;
  }
  const payloadType = bytes[at]!;
  at += LAST_HEADER;
  if (at + redundantBytes > bytes.length) return { ok: false, reason: 'truncated' };
  const redundant = headers.map(({ length, ...header }) => ({
    ...header,
    payload: bytes.subarray(at, (at += length)),
  }));
  return { ok: true, value: { payloadType, payload: bytes.subarray(at), redundant } };
}

/** Bytes that {@link writeRed} puts before and between the payloads, with so many redundant blocks. */
export const redOverhead = (blocks: number): number => blocks * BLOCK_HEADER + LAST_HEADER;

/**
 * Makes a payload with redundancy (RFC 2198 §3).
 * @throws ArgumentError (`BAD_ARGUMENT`) for a payload type, an offset or a length that has no room in its field.
 */
export function writeRed({ payloadType, payload, redundant }: RedPayload): Uint8Array {
  if (redundant.length > MAX_BLOCKS)
    throw new ArgumentError(`${redundant.length} redundant blocks; give ${MAX_BLOCKS} at most`);
  checkField('payload type', payloadType, 0x7f);
  let size = redOverhead(redundant.length) + payload.length;
  for (const block of redundant) size += block.payload.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const block of redundant) {
    const { length } = block.payload;
    checkField('payload type', block.payloadType, 0x7f);
    checkField('timestamp offset', block.timestampOffset, MAX_RED_OFFSET);
    checkField('block length', length, MAX_RED_BLOCK_BYTES);
    out[at++] = MORE | block.payloadType;
    out[at++] = block.timestampOffset >> 6;
    out[at++] = (block.timestampOffset << 2) | (length >> 8);
    out[at++] = length;
  }
  out[at++] = payloadType;
  for (const block of redundant) {
    out.set(block.payload, at);
    at += block.payload.length;
  }
  out.set(payload, at);
  return out;
}

function checkField(name: string, value: number, most: number): void {
  if (!(Number.isInteger(value) && value >= 0 && value <= most))
    throw new ArgumentError(`${name} is ${value}; give a whole number from 0 to ${most}`);
}
