// npm run bench:signaling: the figures of the server beside their goals. A benchmark measures, it does not judge.
import { type Figure, runBenchmark } from '@rm/benchmark';
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

await runBenchmark(
  'signaling',
  PARTS.map(([name, measure]) => [name, () => measure(SIZE)]),
);
