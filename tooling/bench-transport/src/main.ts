// npm run bench:transport: the mesh over real sockets, across networks with faults, beside its goals.
// A benchmark measures, it does not judge.
import { parseArgs } from 'node:util';
import { type Part, runBenchmark } from '@rm/benchmark';
import { speechFigures } from './speech.js';

/** Groups of figures, one file each. */
const GROUPS: readonly Part[] = [['speech', speechFigures]];

const names = GROUPS.map(([name]) => name).join(', ');
const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, json: { type: 'boolean' } },
});
const only = values.only?.flatMap((names) => names.split(','));
const unknown = only?.find((name) => !GROUPS.some(([group]) => group === name));
if (unknown === undefined)
  await runBenchmark(
    'transport',
    GROUPS.filter(([name]) => only?.includes(name) ?? true),
  );
else {
  process.stderr.write(`bench:transport: there is no group ${unknown}: give --only ${names}\n`);
  process.exitCode = 2;
}
