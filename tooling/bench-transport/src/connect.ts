import { type Figure, figure } from '@rm/benchmark';
import { goalsOf } from './goals.js';
import { LOOPBACK, startServer } from './host.js';
import { PeerProcess } from './peer-process.js';
import { quantile } from './quantile.js';
import { sharedNow } from './shared-clock.js';

const RUNS = 50;
/** What a process does for the first time takes longer. */
const WARM_UP_RUNS = 5;

/** How soon two nodes are connected, and how soon it is known that one was killed. */
export async function connectFigures(backend: string): Promise<Figure[]> {
  const server = await startServer(LOOPBACK);
  const stays = new PeerProcess(LOOPBACK, 'stays');
  const comes = new PeerProcess(LOOPBACK, 'comes');
  try {
    const options = { url: server.url, room: 'connect', backend, video: false };
    await stays.ask('join', { ...options, peers: 0 });
    const times: number[] = [];
    for (let run = 0; run < WARM_UP_RUNS + RUNS; run++) {
      const { began, connected } = await comes.ask('join', { ...options, peers: 1 });
      if (run >= WARM_UP_RUNS) times.push((connected - began) / 1000);
      if (run < WARM_UP_RUNS + RUNS - 1) await comes.ask('leave');
    }
    await stays.ask('speak');
    await comes.ask('speak');
    await stays.ask('heard');
    const lost = stays.ask('lost');
    const killed = sharedNow();
    comes.kill();
    const known = ((await lost).at - killed) / 1e6;
    const { connectP50, connectP95 } = goalsOf(backend);
    return [
      figure('announced to connected, p50', quantile(times, 0.5), 'ms', { most: connectP50 }),
      figure('announced to connected, p95', quantile(times, 0.95), 'ms', { most: connectP95 }),
      figure('a killed peer is known after', known, 's', { most: 5 }),
    ];
  } finally {
    await Promise.all([stays.close(), comes.close()]);
    await server.close();
  }
}
