import type { VideoPicture, VideoPlane } from '@rm/codecs';

/** What a picture says of itself: which it is, and when it was captured. Both wrap. */
export interface Stamp {
  /** Number of the picture, modulo 2²⁰. */
  readonly number: number;
  /** Wall clock of its capture in ms, modulo 2¹⁶. */
  readonly time: number;
}

export const STAMP_NUMBERS: number = 2 ** 20;
export const STAMP_TIMES: number = 2 ** 16;

const COLUMNS = 16;
const ROWS = 3;
const BLACK = 32;
const WHITE = 224;
/** Cells between these are neither, so what is seen is no stamp. */
const DARK = 96;
const LIGHT = 160;
const GREY_CHROMA = 128;

/** Smallest picture that a stamp can be put into. */
const MIN_STAMPED = {
  width: 8 * COLUMNS,
  height: 8 * ROWS,
};

/** Cells are squares whose sides are multiples of 8: their edges then lie on those of the codecs' transforms. */
const cellOf = ({ width, height }: VideoPicture): number =>
  Math.max(8, 8 * Math.floor(Math.min(width / COLUMNS, height / 22) / 8));

/**
 * Draws a stamp into the upper left corner: 48 black or white cells, read row by row from the top: 20 bits of the number
 * as Gray code, 16 of the time, and 12 of a checksum of both. Little changes from one picture to the next, and nothing
 * in a cell: it costs few bits and survives coarse quantization.
 */
export function writeStamp(picture: VideoPicture, { number, time }: Stamp): void {
  const cell = cellOf(picture);
  const n = number % STAMP_NUMBERS;
  const words: readonly [value: number, bits: number][] = [
    [n ^ (n >>> 1), 20],
    [time % STAMP_TIMES, 16],
    [checksum(n, time % STAMP_TIMES), 12],
  ];
  let at = 0;
  for (const [value, bits] of words)
    for (let bit = bits - 1; bit >= 0; bit--, at++) {
      const level = ((value >>> bit) & 1) === 1 ? WHITE : BLACK;
      fill(picture.y, (at % COLUMNS) * cell, Math.floor(at / COLUMNS) * cell, cell, cell, level);
    }
  // Colour bleeds into luma in codecs that predict one from the other.
  for (const plane of [picture.u, picture.v])
    fill(plane, 0, 0, (COLUMNS * cell) / 2, (ROWS * cell) / 2, GREY_CHROMA);
}

/** Reads the stamp of a picture of the size it was drawn at; undefined where there is none that can be trusted. */
export function readStamp(picture: VideoPicture): Stamp | undefined {
  if (picture.width < MIN_STAMPED.width || picture.height < MIN_STAMPED.height) return undefined;
  const cell = cellOf(picture);
  let at = 0;
  const read = (bits: number): number | undefined => {
    let value = 0;
    for (let bit = 0; bit < bits; bit++, at++) {
      const level = mean(picture.y, (at % COLUMNS) * cell, Math.floor(at / COLUMNS) * cell, cell);
      if (level > DARK && level < LIGHT) return undefined;
      value = value * 2 + (level >= LIGHT ? 1 : 0);
    }
    return value;
  };
  const gray = read(20);
  if (gray === undefined) return undefined;
  const time = read(16);
  if (time === undefined) return undefined;
  let number = gray;
  for (let shift = 1; shift < 20; shift *= 2) number ^= number >>> shift;
  return read(12) === checksum(number, time) ? { number, time } : undefined;
}

/** CRC-12 (x¹² + x¹¹ + x³ + x² + x + 1) of both, begun with ones: a picture all black has no valid stamp. */
function checksum(number: number, time: number): number {
  let crc = 0xfff;
  for (const [value, bits] of [
    [number, 20],
    [time, 16],
  ] as const)
    for (let bit = bits - 1; bit >= 0; bit--) {
      const carry = ((crc >>> 11) ^ (value >>> bit)) & 1;
      crc = ((crc << 1) & 0xfff) ^ (carry * 0x80f);
    }
  return crc;
}

function fill(
  { data, stride }: VideoPlane,
  left: number,
  top: number,
  width: number,
  height: number,
  value: number,
): void {
  for (let y = top; y < top + height; y++)
    data.fill(value, y * stride + left, y * stride + left + width);
}

/** Mean of the inner half of a cell, which the blur of its edges does not reach. */
function mean({ data, stride }: VideoPlane, left: number, top: number, cell: number): number {
  const margin = cell >> 2;
  const side = cell - 2 * margin;
  let sum = 0;
  for (let y = top + margin; y < top + margin + side; y++)
    for (let x = left + margin; x < left + margin + side; x++) sum += data[y * stride + x]!;
  return sum / (side * side);
}
