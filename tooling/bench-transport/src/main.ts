// npm run bench:transport: the mesh over real sockets, across networks with faults, beside its goals.
// A benchmark measures, it does not judge.
import { parseArgs } from 'node:util';
import { type Figure, type Part, runBenchmark } from '@rm/benchmark';
import { labMissing } from '@rm/netlab';
import { availableBackends } from './backends.js';
import { connectFigures } from './connect.js';
import { cycleFigures } from './cycles.js';
import { dataChannelFigures } from './data-channel.js';
import { lossyVideoFigures } from './lossy-video.js';
import { meshOfTenFigures } from './mesh-of-ten.js';
import { narrowingFigures } from './narrowing.js';
import { outageFigures } from './outage.js';
import { packetCostFigures } from './packet-cost.js';
import { speechFigures } from './speech.js';

/** A group of figures, one file each. */
interface Group {
  readonly name: string;
  /** Of one backend, or where it says nothing of backends of the one it is made for. */
  readonly measure: (backend: string) => Promise<Figure[]>;
  /** Whether it needs the laboratory. */
  readonly lab: boolean;
  /** Measured once, whatever the backends are. */
  readonly once?: boolean;
  /** Takes so long that it is measured only when it is named. */
  readonly long?: boolean;
}

const GROUPS: readonly Group[] = [
  { name: 'connect', measure: connectFigures, lab: false },
  { name: 'mesh', measure: meshOfTenFigures, lab: false },
  { name: 'data', measure: dataChannelFigures, lab: false },
  { name: 'packets', measure: packetCostFigures, lab: false },
  { name: 'cycles', measure: cycleFigures, lab: false },
  { name: 'loss', measure: lossyVideoFigures, lab: true },
  { name: 'outage', measure: outageFigures, lab: true },
  { name: 'narrowing', measure: narrowingFigures, lab: true },
  { name: 'speech', measure: speechFigures, lab: true, once: true, long: true },
];

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, json: { type: 'boolean' } },
});
const only = values.only?.flatMap((names) => names.split(','));
const unknown = only?.find((name) => !GROUPS.some((group) => group.name === name));
if (unknown === undefined)
  await runBenchmark(
    'transport',
    await parts(GROUPS.filter(({ name, long }) => only?.includes(name) ?? !long)),
  );
else {
  const names = GROUPS.map(({ name }) => name).join(', ');
  process.stderr.write(`bench:transport: there is no group ${unknown}: give --only ${names}\n`);
  process.exitCode = 2;
}

/** Groups of figures, each by every backend that there is; what cannot be measured is told as such. */
async function parts(groups: readonly Group[]): Promise<Part[]> {
  const missing = groups.some(({ lab }) => lab) ? await labMissing() : undefined;
  const backends = await availableBackends();
  return groups.flatMap(({ name, measure, lab, once }): Part[] => {
    const notMeasured = lab && missing !== undefined;
    if (notMeasured) process.stderr.write(`bench:transport: ${name} is not measured: ${missing}\n`);
    if (once === true) return [[name, () => (notMeasured ? untold(name) : measure(''))]];
    return backends.map((backend) => {
      const named = `${backend}: ${name}`;
      const prefixed = async (): Promise<Figure[]> =>
        (await measure(backend)).map((each) => ({ ...each, name: `${backend}: ${each.name}` }));
      return [named, () => (notMeasured ? untold(named) : prefixed())];
    });
  });
}

/** In the place of figures that could not be measured. */
const untold = (name: string): Figure[] => [
  { name, value: Number.NaN, unit: 'not measured', goal: 'a laboratory', met: false },
];
