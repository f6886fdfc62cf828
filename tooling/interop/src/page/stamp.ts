/** Cells of a stamped picture, across and down. */
const COLUMNS = 10;
const ROWS = 6;
const CELLS: number = COLUMNS * ROWS;
const NUMBER_BITS = 20;

/** Luma of light and dark cells; what lies closer to grey than the margin is neither. */
const LIGHT = 200;
const DARK = 56;
const GREY = 128;
const MARGIN = 24;
/** Points across and down the middle of a cell at which it is looked at. */
const POINTS = 4;

/** Blue and red difference of every cell: which film it is. */
export interface Tint {
  readonly u: number;
  readonly v: number;
}

/** Of the pictures that a page sends, if it is not said otherwise. */
export const PAGE_TINT: Tint = { u: 152, v: 112 };

/** What a picture says of itself. */
export interface Stamp {
  /** Number of the picture in its film, modulo 2²⁰, if it is not damaged. */
  readonly number: number;
  /** Cells that are not what they should be in the picture of that number. */
  readonly damage: number;
  readonly tint: Tint;
}

/** One cell of a picture, in pixels and in Y'CbCr (BT.601). */
export interface Cell extends Tint {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly y: number;
}

/** Whether each cell of picture `n` is light: 20 say the number, 40 are scattered by it, so that no part is unchecked. */
function lightCells(n: number): readonly boolean[] {
  const words = [n, Math.imul(n + 1, 0x9e37_79b1) >>> 12, Math.imul(n + 1, 0x85eb_ca6b) >>> 12];
  return Array.from(
    { length: CELLS },
    (_, i) => ((words[Math.floor(i / NUMBER_BITS)]! >>> (i % NUMBER_BITS)) & 1) === 1,
  );
}

/** The cells that make up picture `n` of a film. */
export function stampCells(n: number, width: number, height: number, tint: Tint): readonly Cell[] {
  return lightCells(n % 2 ** NUMBER_BITS).map((light, i) => {
    const left = edge(i % COLUMNS, COLUMNS, width);
    const top = edge(Math.floor(i / COLUMNS), ROWS, height);
    return {
      left,
      top,
      width: edge((i % COLUMNS) + 1, COLUMNS, width) - left,
      height: edge(Math.floor(i / COLUMNS) + 1, ROWS, height) - top,
      y: light ? LIGHT : DARK,
      ...tint,
    };
  });
}

/** Reads a picture of any size by its colour at each place, in Y'CbCr (BT.601). */
export function readStamp(
  colourAt: (x: number, y: number) => readonly [y: number, u: number, v: number],
  width: number,
  height: number,
): Stamp {
  const sums = { u: 0, v: 0 };
  const levels = stampCells(0, width, height, sums).map((cell) => {
    let sum = 0;
    for (let point = 0; point < POINTS ** 2; point++) {
      const [y, u, v] = colourAt(
        Math.floor(cell.left + (cell.width * ((point % POINTS) + 1.5)) / (POINTS + 2)),
        Math.floor(cell.top + (cell.height * (Math.floor(point / POINTS) + 1.5)) / (POINTS + 2)),
      );
      sum += y;
      sums.u += u;
      sums.v += v;
    }
    return sum / POINTS ** 2;
  });
  const tint = { u: sums.u / POINTS ** 2 / CELLS, v: sums.v / POINTS ** 2 / CELLS };
  const number = levels
    .slice(0, NUMBER_BITS)
    .reduce((value, level, bit) => value + (level > GREY ? 2 ** bit : 0), 0);
  const damaged = lightCells(number).filter((light, i) =>
    light ? levels[i]! < GREY + MARGIN : levels[i]! > GREY - MARGIN,
  );
  return { number, damage: damaged.length, tint };
}

/** On even pixels, as chroma has half the resolution. */
const edge = (index: number, count: number, size: number): number =>
  2 * Math.round((index * size) / count / 2);
