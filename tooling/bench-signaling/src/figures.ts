/** One line of the benchmark's result. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `–` where there is nothing to reach: the figure explains another. */
  readonly goal: string;
  readonly met: boolean;
}

/** A figure that should be at most `limit`; without one it only informs. Three decimals are kept. */
export function figure(name: string, value: number, unit: string, limit?: number): Figure {
  const rounded = Math.round(value * 1000) / 1000;
  return {
    name,
    value: rounded,
    unit,
    goal: limit === undefined ? '–' : `≤ ${limit}`,
    met: limit === undefined || rounded <= limit,
  };
}

/** The middle of `values`; of an even number the greater of the two in the middle. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The figures beside their goals, one line each under a line of titles. */
export function table(figures: readonly Figure[]): string {
  const rows = [
    ['figure', 'reached', 'goal', ''],
    ...figures.map(({ name, value, unit, goal, met }) => [
      name,
      `${value} ${unit}`.trim(),
      goal,
      goal === '–' ? '' : met ? 'met' : 'missed',
    ]),
  ];
  const widths = ['', '', '', ''].map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => cell.padEnd(widths[c]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
