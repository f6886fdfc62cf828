import { expect, test } from '@jest/globals';
import { SignalingClient } from '@rm/signaling-protocol';
import type { SignalingClientOptions, SignalingEvents } from '@rm/signaling-protocol';
import { ResumingServer } from './support/resuming-server.js';
import { VirtualWorld } from './support/virtual-world.js';
import type { VirtualSocket } from './support/virtual-world.js';

const NAMES = ['connected', 'reconnecting'] as const satisfies readonly (keyof SignalingEvents)[];

interface Scene {
  readonly world: VirtualWorld;
  readonly server: ResumingServer;
  readonly client: SignalingClient;
  /** Milliseconds since the connection, and what happened. */
  readonly events: [number, string, unknown][];
  readonly socket: VirtualSocket;
  /** Methods that have arrived, with the milliseconds when they were first seen to have. */
  readonly methods: () => unknown[];
}

async function join(options: Partial<SignalingClientOptions> = {}): Promise<Scene> {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const runtime = world.runtime();
  const client = new SignalingClient({ url: 'ws://x', peerId: 'a', runtime, ...options });
  const start = await world.settle(client.connect().then(() => world.now));
  const events: [number, string, unknown][] = [];
  for (const name of NAMES) {
    client.on(name, (event) => events.push([(world.now - start) / 1_000, name, event]));
  }
  await world.run((start - world.now) / 1_000);
  return {
    world,
    server,
    client,
    events,
    socket: world.sockets[0] as VirtualSocket,
    methods: () => server.arrived.map(({ method }) => method),
  };
}

const left = JSON.stringify({
  jsonrpc: '2.0',
  method: 'peer.disconnect',
  params: { from: 'b', to: 'a', reason: 'r' },
});

test('a connection that has died in silence is given up after 15 s, and what was sent into it arrives', async () => {
  const { world, server, client, events, socket, methods } = await join();
  const before = world.now;
  socket.stalled = true;
  client.sendDisconnect('b', 'into the void');
  await world.run(14_000);
  expect(socket.sent.map((text) => (JSON.parse(text) as { method: string }).method)).toEqual([
    'peer.announce',
    'peer.disconnect',
    'server.info',
  ]);
  expect(events).toEqual([]);
  await world.run(2_000);
  expect(events).toEqual([
    [
      expect.closeTo(15_000, -1),
      'reconnecting',
      {
        attempt: 1,
        delayMs: 250,
        cause: expect.objectContaining({
          code: 'CONNECTION_LOST',
          message:
            'ws://x is silent even when asked; the connection is made again, wait for "connected"',
        }),
      },
    ],
    [expect.closeTo(15_265, -1), 'connected', { peers: [], resumed: true }],
  ]);
  expect(world.now - before).toBe(16_000_000);
  // What was asked of the old connection is not asked on the new one.
  expect(methods()).toEqual(['peer.disconnect']);
  expect(server.arrived).toMatchObject([{ seq: 1 }]);
  expect(socket.closes).toEqual([4000]);
});

test('a server that answers, be it with an error, is not given up', async () => {
  const { world, client, events, methods } = await join();
  await world.run(60_000);
  expect(events).toEqual([]);
  expect(methods()).toEqual(Array(5).fill('server.info'));
  expect(client.dropped).toEqual({});
});

test.each([
  ['a message', left],
  ['nonsense', '?'],
  ['a binary message', new Uint8Array(1)],
])('%s is a sign of life', async (_, data) => {
  const { world, events, socket, methods } = await join();
  for (let n = 0; n < 4; n++) {
    await world.run(9_000);
    socket.deliver(data);
  }
  expect(methods()).not.toContain('server.info');
  await world.run(9_000);
  socket.stalled = true;
  await world.run(5_900);
  expect(events).toEqual([]);
  await world.run(200);
  expect(events).toMatchObject([[expect.anything(), 'reconnecting', {}]]);
});

test('a sign of life that comes before the end is enough', async () => {
  const { world, server, events, socket, methods } = await join();
  server.answersInfo = false;
  await world.run(14_900);
  socket.deliver(left);
  await world.run(14_900);
  expect(methods()).toEqual(['server.info', 'server.info']);
  expect(events).toEqual([]);
  await world.run(200);
  expect(events).toMatchObject([[expect.anything(), 'reconnecting', {}]]);
});

test('how long a silence may be is an option', async () => {
  const { world, events, socket } = await join({ keepAliveMs: 2_000 });
  socket.stalled = true;
  await world.run(6_900);
  expect(events).toEqual([]);
  await world.run(200);
  expect(events).toMatchObject([[expect.closeTo(7_000, -1), 'reconnecting', {}]]);
  const runtime = world.runtime();
  expect(
    () => new SignalingClient({ url: 'ws://x', peerId: 'a', runtime, keepAliveMs: 0 }),
  ).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});

test('a machine that has slept asks before it gives up', async () => {
  const { world, events, methods } = await join();
  world.now = (world.now + 3_600_000_000) as typeof world.now;
  await world.run(20);
  expect(methods()).toEqual(['server.info']);
  await world.run(9_000);
  expect(events).toEqual([]);
});

test('questions that are never answered do not pile up', async () => {
  const { world, server, client, socket } = await join({ offerTimeoutMs: 1e9 });
  server.answersInfo = false;
  for (let n = 0; n < 300; n++) {
    await world.run(12_000);
    socket.deliver(left);
  }
  for (let n = 0; n < 256; n++) client.peers().catch(() => undefined);
  await world.run(20);
  expect(server.arrived.filter(({ method }) => method === 'peer.list')).toHaveLength(256);
  await world.settle(client.close());
});

test('messages that come set no timers', async () => {
  const { world, socket } = await join();
  const before = world.timersSet;
  for (let n = 0; n < 100; n++) {
    // Its way through the network is a timer of the test.
    socket.deliver(left);
    await world.run(10);
  }
  expect(world.timersSet - before).toBe(100);
});

test('a timer is never set for longer than timers can be', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const delays: number[] = [];
  const { clock, ...runtime } = world.runtime();
  const client = new SignalingClient({
    url: 'ws://x',
    peerId: 'a',
    keepAliveMs: 1e10,
    runtime: {
      ...runtime,
      clock: {
        ...clock,
        setTimer: (delayMs, fn) => {
          delays.push(delayMs);
          return clock.setTimer(delayMs, fn);
        },
      },
    },
  });
  await world.settle(client.connect());
  await world.run(1e10 - 1_000);
  expect(Math.max(...delays)).toBe(2_147_483_647);
  expect(delays.length).toBeLessThan(10);
  expect(server.arrived).toEqual([]);
  await world.run(2_000);
  expect(server.arrived).toMatchObject([{ method: 'server.info' }]);
});

test('a question of an earlier place is not taken for a request of the next', async () => {
  const { world, server, client, socket } = await join();
  socket.stalled = true;
  server.forget();
  await world.run(15_300);
  expect(server.announcements).toHaveLength(2);
  const offer = { sdp: 'v=0', canTrickle: true };
  const answers = ['b', 'c', 'd'].map((to) => client.offer(to, offer));
  await world.run(11_000);
  expect(server.arrived.map(({ method }) => method)).toEqual([
    ...Array<string>(3).fill('peer.offer'),
    'server.info',
  ]);
  const wire = { sdp: 'v=0', can_trickle_ice_candidates: true, request_id: 'r' };
  for (const { id } of server.arrived.slice(0, 3)) {
    server.respond(world.sockets[1] as VirtualSocket, id, wire);
  }
  expect(await world.settle(Promise.all(answers))).toEqual(answers.map(() => offer));
});
