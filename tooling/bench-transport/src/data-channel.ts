import { type Figure, figure } from '@rm/benchmark';
import { goalsOf } from './goals.js';
import { LOOPBACK, startServer } from './host.js';
import { measurePackets } from './packet-cost.js';
import { PeerProcess } from './peer-process.js';

const MESSAGE_BYTES = 16 * 1024;
const WARM_UP_MS = 1000;
const MEASURE_MS = 4000;

/** How fast messages go through a data channel between two processes, by their sends being awaited. */
export async function dataChannelFigures(backend: string): Promise<Figure[]> {
  const server = await startServer(LOOPBACK);
  const [to, from] = [new PeerProcess(LOOPBACK, 'to'), new PeerProcess(LOOPBACK, 'from')];
  try {
    const options = { url: server.url, room: 'data', backend, video: false };
    await to.ask('join', { ...options, peers: 0 });
    await from.ask('join', { ...options, peers: 1 });
    await from.ask('flood', { to: to.id, bytes: MESSAGE_BYTES, ms: WARM_UP_MS });
    const { data: before } = await to.ask('measure');
    await from.ask('flood', { to: to.id, bytes: MESSAGE_BYTES, ms: MEASURE_MS });
    const { data: after } = await to.ask('measure');
    const rate = (after.bytes - before.bytes) / (after.last - before.last);
    const [raw] = await measurePackets('dgram', [1200]);
    return [
      figure('data channel, 16 KiB messages', rate, 'MB/s', { least: goalsOf(backend).data }),
      figure('data channel, of the speed of raw dgram', (100 * rate) / raw!.rate, '%'),
    ];
  } finally {
    await Promise.all([to.close(), from.close()]);
    await server.close();
  }
}
