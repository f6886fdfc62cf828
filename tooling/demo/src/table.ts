import type { Link } from './link.js';

const COLUMNS: readonly (readonly [title: string, cell: (link: Link) => string])[] = [
  ['link', (l) => `${l.from} → ${l.to}`],
  ['state', (l) => l.state],
  ['connect', (l) => unit(l.connectMs, 0, 'ms')],
  ['RTT', (l) => unit(l.rttMs, 1, 'ms')],
  ['packets', (l) => String(l.packets)],
  ['lost', (l) => String(l.lost)],
  [
    'concealed',
    (l) => unit(l.concealedRatio === undefined ? undefined : l.concealedRatio * 100, 2, '%'),
  ],
  ['buffer', (l) => unit(l.jitterBufferMs?.mean, 0, 'ms')],
  [
    'mouth-to-ear p50/p95',
    (l) => (l.mouthToEarMs === undefined ? '–' : `${l.mouthToEarMs.p50}/${l.mouthToEarMs.p95} ms`),
  ],
  ['level', (l) => unit(l.levelDbfs, 1, 'dBFS')],
];

/** The links as a table, one line each under a line of titles. */
export function table(links: readonly Link[]): string {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...links.map((l) => COLUMNS.map(([, cell]) => cell(l))),
  ];
  const widths = COLUMNS.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => (c < 2 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
        .join('  '),
    )
    .join('\n');
}

const unit = (value: number | undefined, digits: number, name: string): string =>
  value === undefined ? '–' : `${value.toFixed(digits)} ${name}`;
