/** OBU types that the payload format treats apart (AV1 §6.2.2). */
export const OBU = {
  SEQUENCE_HEADER: 1,
  TEMPORAL_DELIMITER: 2,
  TILE_LIST: 8,
} as const;

const HAS_EXTENSION = 0x04;
const HAS_SIZE = 0x02;

/** Type of an OBU by its first byte, 0 to 15 (AV1 §5.3.2). */
export const obuType = (header: number): number => (header >> 3) & 0xf;

/** Whether an OBU is not sent, and ignored when it comes (AV1 RTP payload format §5). */
export const isLeftOut = (header: number): boolean =>
  obuType(header) === OBU.TEMPORAL_DELIMITER || obuType(header) === OBU.TILE_LIST;

/** Bytes of an OBU header: two if it names layers. */
export const obuHeaderBytes = (header: number): 1 | 2 => ((header & HAS_EXTENSION) !== 0 ? 2 : 1);

/** Whether the header's second byte is followed by the OBU's size. */
export const hasSize = (header: number): boolean => (header & HAS_SIZE) !== 0;

/** The header's first byte with or without the announcement of a size. */
export const withSize = (header: number): number => header | HAS_SIZE;
export const withoutSize = (header: number): number => header & ~HAS_SIZE;

/** Temporal and spatial layer in the second byte of an OBU header (AV1 §5.3.3). */
export const temporalIdOf = (extension: number): number => extension >> 5;
export const spatialIdOf = (extension: number): number => (extension >> 3) & 3;

/** A leb128 number and where it ends. */
export interface Leb128 {
  readonly value: number;
  readonly end: number;
}

/** Reads a leb128 number of at most 8 bytes and 32 bits (AV1 §4.10.5); undefined if there is none. */
export function readLeb128(bytes: Uint8Array, at: number): Leb128 | undefined {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if ((byte & 0x80) === 0) return value < 2 ** 32 ? { value, end: at + i + 1 } : undefined;
  }
  return undefined;
}

/** Bytes that {@link writeLeb128} writes. */
export function leb128Bytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes++;
  return bytes;
}

/** Writes a number of at most 32 bits to `target` at `at` and returns where it ends. */
export function writeLeb128(target: Uint8Array, at: number, value: number): number {
  let rest = value >>> 0;
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}
