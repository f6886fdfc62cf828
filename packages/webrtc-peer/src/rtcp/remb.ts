/** "REMB", which tells this application layer feedback from others (draft-alvestrand-rmcat-remb-03 §2.2). */
const IDENTIFIER = 0x52_45_4d_42;
const MANTISSA_BITS = 18;
const LARGEST_MANTISSA = 2 ** MANTISSA_BITS - 1;

/** Bitrate and streams of a REMB message, what follows the two SSRCs of its feedback packet. */
export interface RembMessage {
  readonly bitrate: number;
  readonly ssrcs: readonly number[];
}

/** Reads a REMB message; undefined for other application layer feedback, `malformed` for a broken one. */
export function readRemb(fci: Uint8Array): RembMessage | 'malformed' | undefined {
  if (fci.length < 4) return undefined;
  const view = new DataView(fci.buffer, fci.byteOffset, fci.length);
  if (view.getUint32(0) !== IDENTIFIER) return undefined;
  if (fci.length < 8) return 'malformed';
  const word = view.getUint32(4);
  const count = word >>> 24;
  if (fci.length !== 8 + 4 * count) return 'malformed';
  const bitrate = (word & LARGEST_MANTISSA) * 2 ** ((word >>> MANTISSA_BITS) & 0x3f);
  const ssrcs = Array.from({ length: count }, (_, i) => view.getUint32(8 + 4 * i));
  return { bitrate, ssrcs };
}

/** Writes a REMB message of a bitrate of 0…2⁸⁰ bit/s, rounded down to 18 significant bits, and up to 255 streams. */
export function writeRemb({ bitrate, ssrcs }: RembMessage): Uint8Array {
  let exponent = 0;
  let mantissa = Math.floor(bitrate);
  while (mantissa > LARGEST_MANTISSA) {
    exponent++;
    mantissa = Math.floor(mantissa / 2);
  }
  const fci = new Uint8Array(8 + 4 * ssrcs.length);
  const view = new DataView(fci.buffer);
  view.setUint32(0, IDENTIFIER);
  view.setUint32(4, ((ssrcs.length << 24) | (exponent << MANTISSA_BITS) | mantissa) >>> 0);
  ssrcs.forEach((ssrc, i) => view.setUint32(8 + 4 * i, ssrc));
  return fci;
}
