import { expect, test } from '@jest/globals';
import { cycle } from '../src/cycles.js';
import { LOOPBACK, startServer } from '../src/host.js';
import { PeerProcess } from '../src/peer-process.js';
import { sharedNow } from '../src/shared-clock.js';

test('connections that were made and closed, some of them while they were made, leave nothing', async () => {
  const left = await cycle('werift', 25);
  expect(left.connected).toBeGreaterThanOrEqual(20);
  expect(left).toMatchObject({ resources: [], files: 0 });
  // What the compiler keeps of a program is in it; a connection that was kept would be 100 KB.
  expect(left.heapGrowth).toBeLessThan(1.5);
}, 60_000);

test('a peer that is killed is known to be lost within five seconds', async () => {
  const server = await startServer(LOOPBACK);
  const [stays, dies] = [new PeerProcess(LOOPBACK, 'stays'), new PeerProcess(LOOPBACK, 'dies')];
  try {
    const options = { url: server.url, room: 'kill', backend: 'werift', video: false };
    await stays.ask('join', { ...options, peers: 0 });
    await dies.ask('join', { ...options, peers: 1 });
    await dies.ask('speak');
    await stays.ask('heard');
    const lost = stays.ask('lost');
    const killed = sharedNow();
    dies.kill();
    const { at, reason } = await lost;
    expect(reason).toBe('silent');
    expect((at - killed) / 1e6).toBeLessThan(5);
  } finally {
    await Promise.all([stays.close(), dies.close()]);
    await server.close();
  }
}, 60_000);
