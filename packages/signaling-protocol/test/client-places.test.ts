import { expect, test } from '@jest/globals';
import { SignalingClient } from '@rm/signaling-protocol';
import { Hub } from '@rm/signaling-protocol/hub';
import { isoTime } from './support/hub-driver.js';
import { VirtualWorld } from './support/virtual-world.js';

const ADMIN_SOCKET = 1_000;
const KEY = 'kept in a file since the first start';

function worldOf(): VirtualWorld {
  const world = new VirtualWorld();
  let tokens = 0;
  world.hub = new Hub({ wallClock: isoTime, randomToken: () => `hub-${++tokens}` });
  return world;
}

const clientIn = (world: VirtualWorld, resumeToken?: string): SignalingClient =>
  new SignalingClient({ url: 'ws://x', peerId: 'alice', resumeToken, runtime: world.runtime() });

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

test('who never heard the answer to its first announcement gets its place all the same', async () => {
  const world = worldOf();
  const client = clientIn(world);
  const first = codeOf(client.connect());
  await world.run(12);
  expect(world.hub.snapshot().peers).toBe(1);
  world.sockets[0]?.die(1006, '');
  expect(await world.settle(first)).toBe('UNREACHABLE');
  expect(await world.settle(client.connect())).toEqual({ peers: [] });
  expect(world.hub.snapshot()).toMatchObject({ peers: 1, away: 0 });
});

test('two clients do not choose the same token', async () => {
  const world = worldOf();
  await world.settle(clientIn(world).connect());
  world.network = 'silent';
  world.sockets[0]?.die(1006, '');
  await world.run(1_000);
  world.network = 'up';
  await expect(world.settle(clientIn(world).connect())).rejects.toMatchObject({
    code: 'PEER_ID_TAKEN',
    message: expect.stringMatching(/is taken in room default .* or try again in 119 s$/),
  });
});

test('a process that died takes its place back at its next start, by a token that outlived it', async () => {
  const world = worldOf();
  await world.settle(clientIn(world, KEY).connect());
  world.sockets[0]?.die(1006, '');
  expect(world.hub.snapshot()).toMatchObject({ peers: 1, away: 1 });
  const again = clientIn(world, KEY);
  let resumed: boolean | undefined;
  again.on('connected', (event) => (resumed = event.resumed));
  await world.settle(again.connect());
  expect(resumed).toBe(false);
  expect(world.hub.snapshot()).toMatchObject({ peers: 1, away: 0 });
});

test('a second process with the same token does not throw out the first', async () => {
  const world = worldOf();
  const first = clientIn(world, KEY);
  await world.settle(first.connect());
  expect(await world.settle(codeOf(clientIn(world, KEY).connect()))).toBe('PEER_ID_TAKEN');
  expect(world.sockets[0]?.closes).toEqual([]);
  // It still resumes by its token, which it now knows to be that of its place.
  let resumed: boolean | undefined;
  first.on('connected', (event) => (resumed = event.resumed));
  world.sockets[0]?.die(1006, '');
  await world.run(1_000);
  expect(resumed).toBe(true);
});

test('a peer that an admin removed does not come back by itself', async () => {
  const world = worldOf();
  const client = clientIn(world);
  const reasons: string[] = [];
  client.on('close', ({ reason }) => reasons.push(reason));
  await world.settle(client.connect());
  const grant = { mayJoin: false, maySend: false, admin: true };
  world.hub.handle({ kind: 'opened', now: world.now, socket: ADMIN_SOCKET, grant });
  const params = { room: 'default', peer_id: 'alice', reason: 'be kind' };
  const text = JSON.stringify({ jsonrpc: '2.0', method: 'admin.kick', params, id: 1 });
  world.hub.handle({ kind: 'text', now: world.now, socket: ADMIN_SOCKET, text });
  world.drain();
  await world.run(60_000);
  expect(reasons).toEqual(['be kind']);
  expect(world.sockets).toHaveLength(1);
  expect(world.timers).toBe(0);
  expect(await codeOf(client.connect())).toBe('CLOSED');
});

test('a client whose place was taken over by its own token leaves it there', async () => {
  const world = worldOf();
  const client = clientIn(world);
  let reason: string | undefined;
  client.on('close', (event) => (reason = event.reason));
  await world.settle(client.connect());
  world.sockets[0]?.die(4409, 'the peer is back on another connection');
  await world.run(60_000);
  expect(reason).toBe('the peer is back on another connection');
  expect(world.sockets).toHaveLength(1);
});

test('ICE servers come before the news of being connected, so that first connections have them', async () => {
  const world = worldOf();
  const iceServers = [{ urls: ['turn:192.0.2.1'], username: 'u', credential: 'c' }];
  world.hub = new Hub({
    wallClock: isoTime,
    iceServers: () => ({ servers: iceServers, ttlSeconds: 3_600 }),
  });
  const client = clientIn(world);
  const events: unknown[] = [];
  client.on('ice-servers', (event) => events.push(event));
  client.on('connected', () => events.push('connected'));
  await world.settle(client.connect());
  expect(events).toEqual([{ iceServers, ttlSeconds: 3_600 }, 'connected']);
});
