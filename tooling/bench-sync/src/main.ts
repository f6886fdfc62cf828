// npm run bench:sync: the figures of the receive clock beside their goals. A benchmark measures, it does not judge.
import { fileURLToPath } from 'node:url';
import { clockFigures } from './clock-figures.js';
import { continuityFigures } from './continuity-figures.js';
import { delayFigures, delayInputs, recoveryFigures } from './delay-figures.js';
import { type Figure, type Part, runBenchmark } from '@rm/benchmark';
import { scenarioFigures } from './scenarios.js';
import { sessionFigures } from './session-figures.js';
import { throughputFigures } from './throughput.js';
import { readTraces } from './traces.js';

/** Traces are looked for here; relative to the repository, beside which they lie. */
const TRACES =
  process.env['RM_TRACES'] ?? fileURLToPath(new URL('../../../../shared/traces', import.meta.url));

/** The parts of the benchmark; each gives its figures. */
const PARTS: readonly Part[] = [
  ['delay policy', measureDelay],
  ['recovery', recoveryFigures],
  ['scenarios', () => scenarioFigures(TRACES)],
  ['sessions', sessionFigures],
  ['clocks', clockFigures],
  ['throughput', throughputFigures],
  ['hours of sound (takes minutes)', continuityFigures],
];

function measureDelay(): Figure[] {
  if (readTraces(TRACES) === undefined)
    process.stderr.write(`bench:sync: no traces in ${TRACES}; set RM_TRACES to measure on some\n`);
  const { rows, figures } = delayFigures(delayInputs(TRACES));
  console.log(`${rows}\n`);
  return figures;
}

await runBenchmark('sync', PARTS);
