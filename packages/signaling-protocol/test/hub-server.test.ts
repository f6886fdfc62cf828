import { expect, test } from '@jest/globals';
import { ErrorCode, NEVER } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import { CloseCode, HubOptionError } from '@rm/signaling-protocol/hub';
import type { Grant } from '@rm/signaling-protocol/hub';
import { candidateParams, HubDriver, offerParams, answerResult } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const [A, B, C] = [1, 2, 3];
const errorOf = (code: number, id: unknown): Json => ({
  jsonrpc: '2.0',
  error: expect.objectContaining({ code }),
  id,
});
const resultOf = (result: unknown, id: unknown): Json => ({ jsonrpc: '2.0', result, id });
const peerOf = (peer_id: string): Json => ({ peer_id, capabilities: [], user_data: {} });

function pair(net = new HubDriver()): HubDriver {
  net.join(A, 'a');
  net.join(B, 'b');
  return net;
}

test('peer.list tells who else is in the room, and the version of that', () => {
  const net = pair();
  net.join(C, 'c', 'other');
  const id = net.request(A, 'peer.list', {});
  expect(net.read(A)).toEqual([resultOf({ peers: [peerOf('b')], presence_version: 2 }, id)]);
  net.close(B);
  net.read(A);
  const again = net.request(A, 'peer.list', { room: 'default' });
  expect(net.read(A)).toEqual([resultOf({ peers: [], presence_version: 3 }, again)]);
});

test('peer.list of another room, or before the announcement, is for admins', () => {
  const net = pair();
  net.openWith(C, { mayJoin: false, maySend: false, admin: true });
  const listed = net.request(C, 'peer.list', { room: 'default' });
  const empty = net.request(C, 'peer.list', { room: 'empty' });
  const own = net.request(C, 'peer.list', {});
  expect(net.read(C)).toEqual([
    resultOf({ peers: [peerOf('a'), peerOf('b')], presence_version: 2 }, listed),
    resultOf({ peers: [], presence_version: 0 }, empty),
    errorOf(ErrorCode.NOT_ANNOUNCED, own),
  ]);
  const denied = net.request(A, 'peer.list', { room: 'empty' });
  expect(net.read(A)).toEqual([errorOf(ErrorCode.FORBIDDEN, denied)]);
});

test('server.info tells anyone what the server is and allows, params or none', () => {
  const server = { name: 'test', version: '1.2.3' };
  const net = new HubDriver({ server, maxPeersPerRoom: 7, messageBurst: 9 });
  net.open(A);
  net.text(A, '{"jsonrpc":"2.0","method":"server.info","id":1}');
  const limits = {
    max_message_bytes: 262_144,
    max_batch: 64,
    max_peers_per_room: 7,
    messages_per_second: 500,
    message_burst: 9,
    offer_timeout_ms: 10_000,
  };
  expect(net.read(A)).toEqual([resultOf({ ...server, protocol: 'rm.signaling.v1', limits }, 1)]);
});

test('ICE servers are told with the announcement, when fresh ones come, and on request', () => {
  const serversFor = (username: string) => [
    { urls: ['turn:192.0.2.1'], username, credential: 'c' },
  ];
  const told = (ttl_seconds: number): Json => ({ ice_servers: serversFor('c'), ttl_seconds });
  const net = new HubDriver({
    iceServers: (peerId) =>
      peerId === 'a' ? undefined : { servers: serversFor(peerId), ttlSeconds: 60 },
  });
  net.open(A, C);
  net.give(C, serversFor('too early'), 60);
  const early = net.request(C, 'server.ice_servers', {});
  expect(net.read(C)).toEqual([errorOf(ErrorCode.NOT_ANNOUNCED, early)]);
  net.request(A, 'peer.announce', { peer_id: 'a' });
  expect(net.read(A)[0]?.['result']).not.toHaveProperty('ice');
  net.request(C, 'peer.announce', { peer_id: 'c' });
  expect(net.read(C)).toMatchObject([{ result: { ice: told(60) } }]);
  net.pass(10_500);
  const asked = net.request(C, 'server.ice_servers', {});
  net.give(C, serversFor('c'), 120);
  net.pass(20_000);
  const id = net.request(C, 'server.ice_servers', {});
  expect(net.read(C)).toEqual([
    resultOf(told(49), asked),
    { jsonrpc: '2.0', method: 'server.ice_servers', params: told(120) },
    resultOf(told(100), id),
  ]);
  net.pass(100_000);
  const late = net.request(C, 'server.ice_servers', {});
  const none = net.request(A, 'server.ice_servers', {});
  expect(net.read(C)).toEqual([resultOf({ ice_servers: [], ttl_seconds: 0 }, late)]);
  expect(net.read(A)).toContainEqual(resultOf({ ice_servers: [], ttl_seconds: 0 }, none));
});

test('a drain tells each socket a time of its own and seats nobody any more', () => {
  const net = pair();
  net.open(C);
  net.hub.handle({ kind: 'drain', now: net.now, spreadMs: 3_000 });
  const id = net.request(C, 'peer.announce', { peer_id: 'c' });
  const told = [A, B, C].map((socket) => net.read(socket)[0]?.['params']);
  expect(told).toEqual([0, 1_000, 2_000].map((reconnect_after_ms) => ({ reconnect_after_ms })));
  net.request(C, 'peer.announce', { peer_id: 'c' });
  expect(net.read(C)).toEqual([errorOf(ErrorCode.SERVER_DRAINING, id + 1)]);
  net.close(A, true);
  expect(net.read(B)).toMatchObject([{ params: { peer_id: 'a', reason: 'connection-lost' } }]);
  for (const spreadMs of [0, 0.5, 600_001]) {
    expect(() => net.hub.handle({ kind: 'drain', now: net.now, spreadMs })).toThrow(HubOptionError);
  }
});

const all: Grant = { mayJoin: true, maySend: true, admin: false };

test.each<[string, Grant, Json]>([
  ['another peer id', { ...all, peerId: 'a' }, { peer_id: 'b' }],
  ['another room', { ...all, room: 'red' }, { peer_id: 'a', room: 'blue' }],
  ['the default room', { ...all, room: 'red' }, { peer_id: 'a' }],
  ['no room at all', { ...all, mayJoin: false }, { peer_id: 'a' }],
])('a token is refused for %s', (_case, grant, announcement) => {
  const net = new HubDriver();
  net.openWith(A, grant);
  const id = net.request(A, 'peer.announce', announcement);
  expect(net.read(A)).toEqual([errorOf(ErrorCode.FORBIDDEN, id)]);
  expect(net.hub.snapshot()).toMatchObject({ peers: 0, rooms: 0 });
});

test('a token without the right to send lets its peer listen and answer, no more', () => {
  const net = new HubDriver();
  net.join(B, 'b', 'red');
  net.openWith(A, { ...all, peerId: 'a', room: 'red', maySend: false });
  net.request(A, 'peer.announce', { peer_id: 'a', room: 'red' });
  net.read(A);
  const refused = net.request(A, 'peer.offer', offerParams('b'));
  net.notify(A, 'peer.ice_candidate', candidateParams('b'));
  expect(net.read(A)).toEqual([errorOf(ErrorCode.FORBIDDEN, refused)]);
  expect(net.read(B)).toMatchObject([{ method: 'peer.announced' }]);
  const offer = net.request(B, 'peer.offer', offerParams('a'));
  net.respond(A, net.read(A)[0]?.['id'], answerResult());
  expect(net.read(B)).toEqual([resultOf(answerResult(), offer)]);
});

test('sockets are closed when their tokens expire, each at its time', () => {
  const net = new HubDriver();
  const dues = [7_000, 3_000, 5_000, 4_000, 6_000, 1_000, 2_000];
  dues.forEach((ms, socket) => net.openWith(socket, { ...all, expiresAt: (ms * 1_000) as Micros }));
  net.request(1, 'peer.announce', { peer_id: 'x' });
  net.request(0, 'peer.announce', { peer_id: 'y' });
  net.close(5);
  expect(net.hub.nextDeadline).toBe(2_000_000);
  net.pass(2_999);
  expect(net.closes.map(({ socket }) => socket)).toEqual([6]);
  net.read(0);
  net.pass(1);
  expect(net.closes.at(-1)).toEqual({ socket: 1, code: CloseCode.TOKEN_EXPIRED });
  expect(net.read(0)).toMatchObject([{ params: { peer_id: 'x', reason: 'connection-lost' } }]);
  net.pass(10_000);
  expect(net.closes.map(({ socket }) => socket)).toEqual([6, 1, 3, 2, 4, 0]);
  expect(net.hub.nextDeadline).toBe(NEVER);
  expect(net.hub.snapshot()).toMatchObject({ connections: 0, peers: 0 });
});

test('thousands of sockets that come and go leave no deadline behind', () => {
  const net = new HubDriver();
  for (let socket = 0; socket < 5_000; socket++) {
    net.openWith(socket, { ...all, expiresAt: (60_000_000 + ((socket * 7919) % 5_000)) as Micros });
    if (socket % 100 !== 0) net.close(socket);
  }
  const due: number[] = [];
  for (let next = net.hub.nextDeadline; next !== NEVER; next = net.hub.nextDeadline) {
    due.push(next);
    net.pass((next - net.now) / 1_000);
  }
  expect(due).toEqual(due.toSorted((a, b) => a - b));
  expect(net.closes).toHaveLength(50);
});

test('beyond its rate a socket’s requests are refused with a time, its notifications dropped', () => {
  const net = pair(new HubDriver({ messagesPerSecond: 10, messageBurst: 5 }));
  const ids = Array.from({ length: 5 }, () => net.request(A, 'server.info', {}));
  net.notify(A, 'peer.ice_candidate', candidateParams('b'));
  expect(net.read(A)).toEqual([
    ...ids.slice(0, 4).map((id) => resultOf(expect.anything(), id)),
    {
      jsonrpc: '2.0',
      id: ids[4],
      error: {
        code: ErrorCode.RATE_LIMITED,
        message: 'too many messages; send again after 100 ms',
        data: { retry_after_ms: 100 },
      },
    },
  ]);
  expect(net.read(B)).toEqual([]);
  expect(net.hub.snapshot().dropped).toEqual({ 'rate-limited': 1 });
  net.pass(100);
  net.notify(A, 'peer.ice_candidate', candidateParams('b'));
  expect(net.read(B)).toHaveLength(1);
});

test('who floods on is closed, and its peer is gone at once', () => {
  const net = pair(
    new HubDriver({ messagesPerSecond: 10, messageBurst: 5, randomToken: () => 'secret' }),
  );
  for (let n = 0; n < 9; n++) net.text(A, 'garbage');
  expect(net.closes).toEqual([]);
  net.text(A, '[{"jsonrpc":"2.0","method":"server.info","id":1},7,8]');
  expect(net.closes).toEqual([{ socket: A, code: CloseCode.FLOODING }]);
  expect(net.read(B)).toMatchObject([{ method: 'peer.left', params: { peer_id: 'a' } }]);
  expect(net.hub.snapshot()).toMatchObject({ connections: 1, peers: 1, away: 0 });
});

test('the peers of a room share its rate; other rooms have their own', () => {
  const net = pair(new HubDriver({ roomMessagesPerSecond: 1, roomMessageBurst: 2 }));
  net.join(C, 'c', 'other');
  net.notify(A, 'peer.ice_candidate', candidateParams('b'));
  net.notify(B, 'peer.ice_candidate', candidateParams('a'));
  const id = net.request(A, 'peer.list', {});
  expect(net.read(A)[1]).toEqual({
    ...errorOf(ErrorCode.RATE_LIMITED, id),
    error: expect.objectContaining({ data: { retry_after_ms: 1_000 } }) as unknown,
  });
  net.request(C, 'peer.list', {});
  expect(net.read(C)[0]).toHaveProperty('result');
});
