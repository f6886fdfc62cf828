import { expect, test } from '@jest/globals';
import type { HubSnapshot } from '@rm/signaling-protocol/hub';
import { Metrics } from '../src/metrics.js';

const HUB: HubSnapshot = {
  connections: 0,
  peers: 3,
  away: 2,
  rooms: 0,
  pendingOffers: 0,
  dropped: {},
  calls: {},
};

const linesOf = async (metrics: Metrics, name: string): Promise<string[]> =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(`rm_signaling_${name}`));

test('calls are told by method and outcome; what peers make up becomes no series', async () => {
  const calls = {
    'peer.offer': { ok: 3, '-32006': 1, '-31999': 4, '-31998': 5 },
    'peer.frobnicate': { '-32601': 6 },
    'peer.gimble': { '-32601': 7 },
  };
  const metrics = new Metrics(() => ({ hub: { ...HUB, calls }, connections: 0 }));
  expect(await linesOf(metrics, 'calls')).toEqual([
    'rm_signaling_calls_total{method="peer.offer",outcome="ok"} 3',
    'rm_signaling_calls_total{method="peer.offer",outcome="-32006"} 1',
    'rm_signaling_calls_total{method="peer.offer",outcome="other"} 9',
    'rm_signaling_calls_total{method="other",outcome="-32601"} 13',
  ]);
});

test('peers that are away are told beside all peers', async () => {
  const metrics = new Metrics(() => ({ hub: HUB, connections: 0 }));
  expect(await linesOf(metrics, 'peers')).toEqual(['rm_signaling_peers 3']);
  expect(await linesOf(metrics, 'away')).toEqual(['rm_signaling_away 2']);
});

test('asking twice counts nothing twice', async () => {
  const metrics = new Metrics(() => ({ hub: HUB, connections: 0 }));
  metrics.received(10);
  metrics.sent(20);
  metrics.sent(1);
  metrics.expelled(1013);
  metrics.expelled(1013);
  metrics.throttled();
  const counts = async (): Promise<string[]> =>
    (await linesOf(metrics, '')).filter((line) => /_total.* [1-9]/.test(line));
  const first = await counts();
  expect(first).toEqual([
    'rm_signaling_messages_total{direction="received"} 1',
    'rm_signaling_messages_total{direction="sent"} 2',
    'rm_signaling_bytes_total{direction="received"} 10',
    'rm_signaling_bytes_total{direction="sent"} 21',
    'rm_signaling_expelled_total{code="1013"} 2',
    'rm_signaling_throttled_total 1',
  ]);
  expect(await counts()).toEqual(first);
});
