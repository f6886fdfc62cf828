import type { Figure } from './figure.js';

/** The figures beside their goals, one line each. */
export const figuresTable = (figures: readonly Figure[]): string =>
  table(
    ['figure', 'reached', 'goal', ''],
    figures.map(({ name, value, unit, goal, met }) => [
      name,
      `${value} ${unit}`.trim(),
      goal,
      goal === '–' ? '' : met ? 'met' : 'missed',
    ]),
  );

/** Rows under a line of titles, in columns. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, ...rows];
  const widths = titles.map((_, c) => Math.max(...lines.map((line) => line[c]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, c) => cell.padEnd(widths[c]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
