// npm run bench:signaling: the figures of the server beside their goals. A benchmark measures, it does not judge.
import { table } from './figures.js';
import type { Figure } from './figures.js';
import {
  measureBadClients,
  measureIdle,
  measureJoinStorm,
  measureReconnect,
  measureRouting,
} from './measure.js';
import type { Size } from './measure.js';

const SIZE: Size = {
  messages: 20_000,
  rounds: 5,
  peers: 1_000,
  idleConnections: 2_000,
  frozenPatience: 20_000,
};

const PARTS: readonly (readonly [name: string, measure: (size: Size) => Promise<Figure[]>])[] = [
  ['routing', measureRouting],
  ['join storm', measureJoinStorm],
  ['idle connections', measureIdle],
  ['slow reader and frozen client', measureBadClients],
  ['reconnect storm', measureReconnect],
];

const figures: Figure[] = [];
for (const [name, measure] of PARTS) {
  process.stderr.write(`bench:signaling: ${name}\n`);
  try {
    figures.push(...(await measure(SIZE)));
  } catch (error) {
    process.stderr.write(`bench:signaling: ${name} failed: ${String(error)}\n`);
    figures.push({ name, value: Number.NaN, unit: 'failed', goal: 'runs', met: false });
  }
}
console.log(table(figures));
if (process.argv.includes('--json')) console.log(JSON.stringify({ bench: 'signaling', figures }));
