import { setTimeout as delay } from 'node:timers/promises';
import { type Figure, figure } from '@rm/benchmark';
import { goalsOf } from './goals.js';
import { LOOPBACK, startServer } from './host.js';
import { PeerProcess } from './peer-process.js';

const NODES = 10;
const SETTLE_MS = 3000;
const MEASURE_MS = 10_000;

/** Ten nodes in a process each: how soon all are connected, and what each costs while all of them talk. */
export async function meshOfTenFigures(backend: string): Promise<Figure[]> {
  const server = await startServer(LOOPBACK);
  const nodes = Array.from({ length: NODES }, (_, n) => new PeerProcess(LOOPBACK, `node-${n}`));
  try {
    const options = { url: server.url, backend, video: false };
    // Alone first, as what is measured is not how long programs take to load.
    for (const node of nodes) {
      await node.ask('join', { ...options, room: node.id, peers: 0 });
      await node.ask('leave');
    }
    const joined = await Promise.all(
      nodes.map((node) => node.ask('join', { ...options, room: 'ten', peers: NODES - 1 })),
    );
    const began = Math.min(...joined.map((each) => each.began));
    const connected = Math.max(...joined.map((each) => each.connected));
    await Promise.all(nodes.map((node) => node.ask('speak')));
    await delay(SETTLE_MS);
    const before = await Promise.all(nodes.map((node) => node.ask('measure')));
    await delay(MEASURE_MS);
    const after = await Promise.all(nodes.map((node) => node.ask('measure')));
    const shares = after.map(
      ({ cpu, at }, n) => (100 * (cpu - before[n]!.cpu)) / (at - before[n]!.at),
    );
    const share = shares.reduce((sum, each) => sum + each, 0) / NODES;
    const { meshOfTen, audioCpu } = goalsOf(backend);
    return [
      figure('mesh of 10: all 45 pairs connected', (connected - began) / 1e6, 's', {
        most: meshOfTen,
      }),
      figure('mesh of 10: sound, CPU of a node', share, '% of a core', { most: audioCpu }),
    ];
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
    await server.close();
  }
}
