import { expect, test } from '@jest/globals';
import { ErrorCode } from '@rm/signaling-protocol';
import { CloseCode } from '@rm/signaling-protocol/hub';
import type { Grant } from '@rm/signaling-protocol/hub';
import { candidateParams, HubDriver, offerParams } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const [A, B, C, D] = [1, 2, 3, 4];
const ADMIN: Grant = { mayJoin: false, maySend: false, admin: true };
const KEY = 'a key that nobody can guess';

function resumable(): HubDriver {
  let tokens = 0;
  return new HubDriver({ randomToken: () => `token-${++tokens}` });
}

function announce(net: HubDriver, socket: number, peer_id: string, extra: Json = {}): Json {
  net.request(socket, 'peer.announce', { peer_id, resume: true, ...extra });
  const [answer] = net.read(socket);
  return (answer?.['result'] ?? answer?.['error']) as Json;
}

test('the token a peer chooses is that of its place, so it can come back though no answer came', () => {
  const net = resumable();
  net.open(A, B, C);
  announce(net, B, 'b');
  net.read(B);
  expect(announce(net, A, 'a', { resume_token: KEY })).toMatchObject({ resume_token: KEY });
  net.notify(B, 'peer.ice_candidate', candidateParams('a'));
  net.close(A, false);
  net.request(C, 'peer.announce', { peer_id: 'a', resume: true, resume_token: KEY, last_seq: 0 });
  const [answer, missed] = net.read(C);
  expect(answer?.['result']).toMatchObject({ resumed: true, received_seq: 0 });
  expect(missed).toMatchObject({ method: 'peer.ice_candidate', seq: 1 });
});

test('an owner that knows nothing of its place any more begins it anew once the old socket is gone', () => {
  const net = resumable();
  net.open(A, B, C);
  announce(net, A, 'a', { resume_token: KEY });
  announce(net, B, 'b');
  net.request(B, 'peer.offer', offerParams('a'));
  net.read(A);
  expect(announce(net, C, 'a', { resume_token: KEY })).toMatchObject({
    code: ErrorCode.PEER_ID_TAKEN,
  });
  net.close(A, false);
  expect(announce(net, C, 'a', { resume_token: KEY })).toMatchObject({ resumed: false });
  expect(net.read(B)).toMatchObject([
    { error: { code: ErrorCode.PEER_NOT_FOUND }, seq: 1 },
    { method: 'peer.left', params: { peer_id: 'a', reason: 'connection-lost' } },
    { method: 'peer.announced', params: { peer_id: 'a' } },
  ]);
});

test('who is told its peer id by its token takes it back from itself when away, not when there', () => {
  const net = resumable();
  const grant: Grant = { peerId: 'a', mayJoin: true, maySend: true, admin: false };
  net.openWith(A, grant);
  announce(net, A, 'a');
  net.openWith(B, grant);
  expect(announce(net, B, 'a')).toMatchObject({ code: ErrorCode.PEER_ID_TAKEN });
  net.close(A, false);
  expect(announce(net, B, 'a')).toMatchObject({ resumed: false });
});

test('nobody else gets the place of a peer that is away, but is told how long it is kept', () => {
  const net = resumable();
  net.open(A, B);
  announce(net, A, 'a');
  net.close(A, false);
  net.pass(30_000);
  expect(announce(net, B, 'a', { resume_token: 'wrong' })).toMatchObject({
    code: ErrorCode.PEER_ID_TAKEN,
    data: { retry_after_ms: 90_000 },
  });
  net.pass(90_000);
  expect(announce(net, B, 'a')).toMatchObject({ resumed: false });
});

test('what a peer numbers counts once, and on its return it learns what has arrived', () => {
  const net = resumable();
  net.open(A, B, C);
  announce(net, A, 'a', { resume_token: KEY });
  announce(net, B, 'b');
  const say = (socket: number, seq: number): void => {
    const params = candidateParams('b', { candidate: `candidate:${seq}` });
    net.text(socket, JSON.stringify({ jsonrpc: '2.0', method: 'peer.ice_candidate', params, seq }));
  };
  say(A, 1);
  say(A, 2);
  net.close(A, false);
  expect(announce(net, C, 'a', { resume_token: KEY, last_seq: 1 })).toMatchObject({
    resumed: true,
    received_seq: 2,
  });
  say(C, 2);
  say(C, 3);
  const heard = net.read(B).map(({ params }) => (params as Json)['candidate']);
  expect(heard).toEqual(['candidate:1', 'candidate:2', 'candidate:3']);
  expect(net.hub.snapshot().dropped).toEqual({ duplicate: 1 });
});

test('admins list rooms, remove peers and close rooms; others may not', () => {
  const net = new HubDriver();
  net.join(A, 'a');
  net.join(B, 'b');
  net.join(C, 'c', 'other');
  net.openWith(D, ADMIN);
  const ask = (method: string, params: Json): unknown => {
    net.request(D, method, params);
    return net.read(D)[0]?.['result'];
  };
  const rooms = [
    { room: 'default', peers: 2 },
    { room: 'other', peers: 1 },
  ];
  expect(ask('admin.rooms', {})).toEqual({ rooms });
  expect(ask('admin.kick', { room: 'default', peer_id: 'a', reason: 'rude' })).toBeNull();
  expect(net.closes).toEqual([{ socket: A, code: CloseCode.REMOVED }]);
  expect(net.read(B)).toMatchObject([{ params: { peer_id: 'a', reason: 'removed' } }]);
  expect(ask('admin.close_room', { room: 'other' })).toEqual({ removed: 1 });
  expect(ask('admin.close_room', { room: 'none' })).toEqual({ removed: 0 });
  expect(net.hub.snapshot()).toMatchObject({ connections: 2, peers: 1, rooms: 1 });
  for (const method of ['admin.rooms', 'admin.kick', 'admin.close_room']) {
    net.request(B, method, { room: 'default', peer_id: 'b' });
    expect(net.read(B)).toMatchObject([{ error: { code: ErrorCode.FORBIDDEN } }]);
  }
  const id = 'x';
  const params = { room: 'default', peer_id: 'b' };
  net.text(D, JSON.stringify([{ jsonrpc: '2.0', method: 'admin.kick', params, id }]));
  expect(net.read(D)).toMatchObject([[{ error: { code: ErrorCode.INVALID_REQUEST }, id }]]);
});

test('rpc.discover gives the OpenRPC document', () => {
  const net = new HubDriver();
  net.open(A);
  net.request(A, 'rpc.discover', {});
  const document = net.read(A)[0]?.['result'] as { methods: { name: string }[] };
  expect(document.methods.map(({ name }) => name)).toContain('peer.offer');
});

test('the hub tells who comes and goes, and counts calls by method and outcome', () => {
  const net = resumable();
  net.open(A, B);
  announce(net, A, 'a', { resume_token: KEY });
  net.close(A, false);
  announce(net, B, 'a', { resume_token: KEY, last_seq: 0 });
  net.request(B, 'peer.offer', offerParams('nobody'));
  net.notify(B, 'peer.ice_candidate', candidateParams('nobody'));
  net.request(B, 'made.up', {});
  net.request(B, 'server.info', {});
  net.close(B);
  const place = { room: 'default', peerId: 'a' };
  expect(net.news).toEqual([
    { kind: 'joined', socket: A, ...place, resumed: false },
    { kind: 'joined', socket: B, ...place, resumed: true },
    { kind: 'left', socket: B, ...place, reason: 'left' },
  ]);
  expect(net.hub.snapshot().calls).toEqual({
    'peer.announce': { ok: 2 },
    'peer.offer': { [ErrorCode.PEER_NOT_FOUND]: 1 },
    'peer.ice_candidate': { [ErrorCode.PEER_NOT_FOUND]: 1 },
    unknown: { [ErrorCode.METHOD_NOT_FOUND]: 1 },
    'server.info': { ok: 1 },
  });
});

test('an announcement that may be resumed is no part of a batch', () => {
  const net = resumable();
  net.open(A);
  const params = { peer_id: 'a', resume: true };
  net.text(A, JSON.stringify([{ jsonrpc: '2.0', method: 'peer.announce', params, id: 1 }]));
  expect(net.read(A)).toMatchObject([[{ error: { code: ErrorCode.INVALID_REQUEST }, id: 1 }]]);
});

test('a batch of notifications alone is not answered', () => {
  const net = new HubDriver();
  net.join(A, 'a');
  net.join(B, 'b');
  net.read(A);
  const params = candidateParams('b');
  const candidate = { jsonrpc: '2.0', method: 'peer.ice_candidate', params };
  net.text(A, JSON.stringify([candidate, candidate]));
  expect(net.readTexts(A)).toEqual([]);
  expect(net.read(B)).toHaveLength(2);
});

test('one peer has no more offers under way than it may, to whomever', () => {
  const net = new HubDriver({ maxPendingPerConnection: 1 });
  net.join(A, 'a');
  net.join(B, 'b');
  net.join(C, 'c');
  net.read(A);
  net.request(A, 'peer.offer', offerParams('b'));
  net.request(A, 'peer.offer', offerParams('c'));
  expect(net.read(A)).toMatchObject([{ error: { code: ErrorCode.TOO_MANY_REQUESTS } }]);
});

test('no peer has more offers to answer than it may, from whomever', () => {
  const net = new HubDriver({ maxPendingPerConnection: 1 });
  net.join(A, 'a');
  net.join(B, 'b');
  net.join(C, 'c');
  net.request(A, 'peer.offer', offerParams('b'));
  net.read(C);
  net.request(C, 'peer.offer', offerParams('b'));
  expect(net.read(C)).toMatchObject([{ error: { code: ErrorCode.TOO_MANY_REQUESTS } }]);
});
