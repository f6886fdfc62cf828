import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import type { StreamPacket } from '../stream/stream.js';
import type { Listener, PacketResult, Tick } from '../replay/replay.js';

const WIDTH = 1200;
const HEIGHT = 420;
const MARGIN = { left: 60, right: 20, top: 50, bottom: 45 };
/** Points of a line: one a pixel. */
const COLUMNS = WIDTH - MARGIN.left - MARGIN.right;
const COLOURS = { delay: '#2563eb', target: '#d97706', concealed: '#dc2626', late: '#111827' };
/** The scale goes up to at least this delay, in ms. */
const SMALLEST_SCALE = 60;

/** What is drawn of one column: the delay's range, the target, and how much was concealed. */
interface Column {
  from: number;
  to: number;
  target: number;
  concealed: number;
}

/** Draws delay, target, concealed sound and late packets over time. */
export class Plot implements Listener {
  /** A reading for each 10 ms played: when, delay and target in ms, samples concealed. NaN where there was no delay. */
  readonly #times: number[] = [];
  readonly #delays: number[] = [];
  readonly #targets: number[] = [];
  readonly #concealed: number[] = [];
  /** Arrivals in s. */
  readonly #late: number[] = [];

  packet({ arrival }: StreamPacket, result: PacketResult): void {
    if (result === 'late') this.#late.push(arrival / 1e6);
  }

  tick({ at, delay, target, operations }: Tick): void {
    this.#times.push(at / 1000);
    this.#delays.push(delay === undefined ? Number.NaN : delay / 1000);
    this.#targets.push(target / 1000);
    this.#concealed.push(operations.concealed);
  }

  /** The picture as SVG, which says what it is by `title`. */
  draw(title: string): string {
    const span = (this.#times.at(-1) ?? 0) + 10;
    const columns = this.#columns(span);
    const highest = columns.reduce(
      (most, { to, target }) => Math.max(most, target || 0, to || 0),
      SMALLEST_SCALE,
    );
    const x = scaleLinear([0, span / 1000], [MARGIN.left, WIDTH - MARGIN.right]);
    const y = scaleLinear([0, highest], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice();
    const place = (_: Column, i: number): number => MARGIN.left + (i * COLUMNS) / columns.length;
    const known = ({ from }: Column): boolean => !Number.isNaN(from);
    const range = area<Column>()
      .defined(known)
      .x(place)
      .y0(({ from }) => y(from))
      .y1(({ to }) => y(to))
      .digits(1);
    const target = line<Column>()
      .defined((column) => !Number.isNaN(column.target))
      .x(place)
      .y(({ target: aim }) => y(aim))
      .digits(1);
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
      `<title>${escaped(title)}</title>`,
      `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
      axes(x, y),
      concealment(columns, place),
      `<path d="${range(columns) ?? ''}" fill="${COLOURS.delay}" stroke="${COLOURS.delay}"/>`,
      `<path d="${target(columns) ?? ''}" fill="none" stroke="${COLOURS.target}" stroke-width="1.5"/>`,
      latePackets(this.#late, x),
      legend(title),
      '</svg>\n',
    ].join('\n');
  }

  /** Readings put together so that there is one for each pixel; of a peak nothing is lost. */
  #columns(span: number): Column[] {
    const count = Math.min(COLUMNS, span / 10);
    const columns = Array.from({ length: count }, (): Column => ({
      from: Number.NaN,
      to: Number.NaN,
      target: Number.NaN,
      concealed: 0,
    }));
    for (const [i, delay] of this.#delays.entries()) {
      const column = columns[Math.floor((this.#times[i]! * count) / span)]!;
      column.target = this.#targets[i]!;
      column.concealed += this.#concealed[i]!;
      if (Number.isNaN(delay)) continue;
      column.from = Number.isNaN(column.from) ? delay : Math.min(column.from, delay);
      column.to = Number.isNaN(column.to) ? delay : Math.max(column.to, delay);
    }
    return columns;
  }
}

type Scale = ReturnType<typeof scaleLinear<number, number>>;

function axes(x: Scale, y: Scale): string {
  const bottom = HEIGHT - MARGIN.bottom;
  const lines = [
    ...y.ticks(6).map((ms) => {
      const at = y(ms).toFixed(1);
      return (
        `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}" stroke="#e5e7eb"/>` +
        `<text x="${MARGIN.left - 8}" y="${at}" dy="4" text-anchor="end">${ms}</text>`
      );
    }),
    ...x
      .ticks(12)
      .map(
        (s) => `<text x="${x(s).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${s}</text>`,
      ),
    `<text x="${MARGIN.left - 45}" y="${MARGIN.top - 12}">ms</text>`,
    `<text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 8}" text-anchor="end">s since the first packet</text>`,
  ];
  return lines.join('\n');
}

/** A bar over the whole height wherever something was concealed, the more opaque the more it was. */
function concealment(
  columns: readonly Column[],
  place: (column: Column, index: number) => number,
): string {
  const width = Math.max(1, COLUMNS / columns.length).toFixed(1);
  const most = columns.reduce((least, { concealed }) => Math.max(least, concealed), 1);
  return columns
    .flatMap((column, i) => {
      if (column.concealed === 0) return [];
      const opacity = (0.15 + (0.45 * column.concealed) / most).toFixed(2);
      const at = `x="${place(column, i).toFixed(1)}" y="${MARGIN.top}"`;
      const size = `width="${width}" height="${HEIGHT - MARGIN.top - MARGIN.bottom}"`;
      return [`<rect ${at} ${size} fill="${COLOURS.concealed}" opacity="${opacity}"/>`];
    })
    .join('\n');
}

function latePackets(late: readonly number[], x: Scale): string {
  // Many in one place are one mark.
  const places = [...new Set(late.map((at) => Math.round(x(at))))];
  const y = HEIGHT - MARGIN.bottom;
  return places.map((at) => `<path d="M${at} ${y}l-4 7h8z" fill="${COLOURS.late}"/>`).join('\n');
}

function legend(title: string): string {
  const entries = [
    ['delay', COLOURS.delay],
    ['target', COLOURS.target],
    ['concealed', COLOURS.concealed],
    ['late packet', COLOURS.late],
  ] as const;
  return [
    `<text x="${MARGIN.left}" y="22" font-size="15">${escaped(title)}</text>`,
    ...entries.map(([name, colour], i) => {
      const at = WIDTH - 440 + 110 * i;
      return `<rect x="${at}" y="13" width="10" height="10" fill="${colour}"/><text x="${at + 15}" y="22">${name}</text>`;
    }),
  ].join('\n');
}

const escaped = (text: string): string =>
  text
    .replaceAll(/\p{C}/gu, '?')
    .replaceAll(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
