import type { Figure } from './figure.js';
import { figuresTable } from './table.js';

/** A part of a benchmark, which gives some of its figures. */
export type Part = readonly [name: string, measure: () => Figure[] | Promise<Figure[]>];

/**
 * Measures part after part, telling on stderr which, and prints the table of all figures; with `--json` on the
 * command line also one line with them. A part that fails is a figure that is not met.
 */
export async function runBenchmark(bench: string, parts: readonly Part[]): Promise<void> {
  const figures: Figure[] = [];
  for (const [name, measure] of parts) {
    process.stderr.write(`bench:${bench}: ${name}\n`);
    try {
      figures.push(...(await measure()));
    } catch (error) {
      process.stderr.write(`bench:${bench}: ${name} failed: ${String(error)}\n`);
      figures.push({ name, value: Number.NaN, unit: 'failed', goal: 'runs', met: false });
    }
  }
  console.log(figuresTable(figures));
  if (process.argv.includes('--json')) console.log(JSON.stringify({ bench, figures }));
}
