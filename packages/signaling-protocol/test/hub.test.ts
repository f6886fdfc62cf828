import { expect, test } from '@jest/globals';
import { ErrorCode, NEVER } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import { Hub, HubOptionError, SocketIdInUseError } from '@rm/signaling-protocol/hub';
import {
  answerResult,
  candidateParams,
  HubDriver,
  offerParams,
  SDP,
} from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const [A, B, C] = [1, 2, 3];

const errorOf = (code: number, id: unknown): Json => ({
  jsonrpc: '2.0',
  error: expect.objectContaining({ code }),
  id,
});
const notification = (method: string, params: Json): Json => ({ jsonrpc: '2.0', method, params });

function pair(): HubDriver {
  const net = new HubDriver();
  net.join(A, 'a');
  net.join(B, 'b');
  return net;
}

/** The request the hub has just forwarded to `socket`. */
function forwarded(net: HubDriver, socket: number): { id: unknown; params: Json } {
  const [message] = net.read(socket);
  expect(message).toMatchObject({ method: 'peer.offer' });
  return message as { id: unknown; params: Json };
}

test('who announces learns who is there, and they learn of it', () => {
  const net = new HubDriver();
  net.open(A, B);
  const user_data = { name: 'Alice' };
  net.request(A, 'peer.announce', { peer_id: 'a', capabilities: ['audio'], user_data });
  const registered = { status: 'registered', room: 'default' };
  expect(net.read(A)[0]?.['result']).toEqual({
    ...registered,
    registered_at: '2026-01-01T00:00:00.000Z',
    peers: [],
    presence_version: 1,
  });
  net.pass(1_500);
  net.request(B, 'peer.announce', { peer_id: 'b' });
  const alice = { peer_id: 'a', capabilities: ['audio'], user_data };
  expect(net.read(B)[0]?.['result']).toEqual({
    ...registered,
    registered_at: '2026-01-01T00:00:01.500Z',
    peers: [alice],
    presence_version: 2,
  });
  const bob = { peer_id: 'b', capabilities: [], user_data: {} };
  expect(net.read(A)).toEqual([notification('peer.announced', { ...bob, version: 2 })]);
});

test('an id that is taken is refused, and neither socket is harmed', () => {
  const net = pair();
  net.open(C);
  const id = net.request(C, 'peer.announce', { peer_id: 'a' });
  expect(net.read(C)).toEqual([errorOf(ErrorCode.PEER_ID_TAKEN, id)]);
  net.request(C, 'peer.announce', { peer_id: 'c' });
  expect(net.read(C)[0]).toHaveProperty('result');
  net.read(A);
  net.notify(C, 'peer.disconnect', { to: 'a', reason: 'x' });
  expect(net.read(A)).toEqual([
    notification('peer.disconnect', { from: 'c', to: 'a', reason: 'x' }),
  ]);
  expect(net.closes).toEqual([]);
});

test('the same id lives in two rooms, which do not see each other', () => {
  const net = new HubDriver();
  net.join(A, 'a', 'red');
  net.join(B, 'b', 'red');
  net.join(C, 'a', 'blue');
  const id = net.request(C, 'peer.offer', offerParams('b'));
  expect(net.read(C)).toEqual([errorOf(ErrorCode.PEER_NOT_FOUND, id)]);
  net.close(C);
  expect(net.read(A)).toEqual([]);
  expect(net.read(B)).toEqual([]);
});

test('an id and a room are free again once their peers have left', () => {
  const net = new HubDriver({ maxRooms: 1 });
  net.join(A, 'a', 'red');
  net.close(A);
  expect(net.hub.snapshot()).toMatchObject({ connections: 0, peers: 0, rooms: 0 });
  net.open(B);
  net.request(B, 'peer.announce', { peer_id: 'a', room: 'blue' });
  expect(net.read(B)[0]).toHaveProperty('result');
});

test('a second announcement on one connection is refused', () => {
  const net = pair();
  const id = net.request(A, 'peer.announce', { peer_id: 'z' });
  expect(net.read(A)).toEqual([errorOf(ErrorCode.ALREADY_ANNOUNCED, id)]);
  expect(net.read(B)).toEqual([]);
});

test('nothing is routed before the announcement', () => {
  const net = pair();
  net.open(C);
  const id = net.request(C, 'peer.offer', offerParams('a'));
  net.notify(C, 'peer.ice_candidate', candidateParams('a'));
  expect(net.read(C)).toEqual([errorOf(ErrorCode.NOT_ANNOUNCED, id)]);
  expect(net.read(A)).toEqual([]);
  expect(net.hub.snapshot().dropped).toEqual({ 'refused-notification': 1 });
});

test('an offer is forwarded under the hub’s own id and its answer carried back', () => {
  const net = pair();
  net.text(
    A,
    JSON.stringify({ jsonrpc: '2.0', method: 'peer.offer', params: offerParams('b'), id: 'x' }),
  );
  const { id, params } = forwarded(net, B);
  expect(id).not.toBe('x');
  expect(params).toEqual({ ...offerParams('b'), from: 'a' });
  expect(net.hub.snapshot().pendingOffers).toBe(1);
  net.respond(B, id, answerResult({ sdp: `${SDP}a=answer\r\n`, extra: 'removed' }));
  const result = answerResult({ sdp: `${SDP}a=answer\r\n` });
  expect(net.read(A)).toEqual([{ jsonrpc: '2.0', id: 'x', result }]);
  expect(net.hub.snapshot().pendingOffers).toBe(0);
  expect(net.hub.nextDeadline).toBe(NEVER);
});

test('candidates arrive in order with the offer, the last one empty', () => {
  const net = pair();
  net.request(A, 'peer.offer', offerParams('b'));
  for (const candidate of ['candidate:1', 'candidate:2', '']) {
    net.notify(A, 'peer.ice_candidate', candidateParams('b', { candidate }));
  }
  const seen = net.read(B).map(({ params }) => (params as Json)['candidate'] ?? 'offer');
  expect(seen).toEqual(['offer', 'candidate:1', 'candidate:2', '']);
});

test('an error of the target reaches the caller as it is', () => {
  const net = pair();
  const id = net.request(A, 'peer.offer', offerParams('b'));
  const error = { code: ErrorCode.NEGOTIATION_IN_PROGRESS, message: 'glare', data: { mine: 1 } };
  net.text(B, JSON.stringify({ jsonrpc: '2.0', error, id: forwarded(net, B).id }));
  expect(net.read(A)).toEqual([{ jsonrpc: '2.0', error, id }]);
});

test.each<[string, unknown]>([
  ['is no object', null],
  ['has no sdp', { can_trickle_ice_candidates: true, request_id: 'req-1' }],
  ['is for another offer', answerResult({ request_id: 'req-2' })],
  ['is no session description', answerResult({ sdp: 'hello' })],
])('an answer that %s becomes an error for the caller', (_case, result) => {
  const net = pair();
  const id = net.request(A, 'peer.offer', offerParams('b'));
  net.respond(B, forwarded(net, B).id, result);
  expect(net.read(A)).toEqual([errorOf(ErrorCode.ANSWER_INVALID, id)]);
});

test('an offer that is no session description is not forwarded', () => {
  const net = pair();
  const id = net.request(A, 'peer.offer', offerParams('b', { sdp: 'v=1' }));
  expect(net.read(A)).toEqual([errorOf(ErrorCode.OFFER_INVALID, id)]);
  expect(net.read(B)).toEqual([]);
});

test('a silent target times out after 10 s exactly, and its late answer is dropped', () => {
  const net = pair();
  net.pass(3);
  const id = net.request(A, 'peer.offer', offerParams('b'));
  const { id: forwardedId } = forwarded(net, B);
  expect(net.hub.nextDeadline).toBe(10_003_000);
  net.pass(9_999);
  expect(net.read(A)).toEqual([]);
  net.pass(1);
  expect(net.read(A)).toEqual([errorOf(ErrorCode.TIMEOUT, id)]);
  net.respond(B, forwardedId, answerResult());
  expect(net.read(A)).toEqual([]);
  expect(net.hub.snapshot().dropped).toEqual({ 'unmatched-response': 1 });
});

test('offers time out each at its own time', () => {
  const net = pair();
  net.join(C, 'c');
  const first = net.request(A, 'peer.offer', offerParams('b'));
  net.pass(4_000);
  const second = net.request(A, 'peer.offer', offerParams('c'));
  net.pass(6_000);
  expect(net.read(A)).toEqual([errorOf(ErrorCode.TIMEOUT, first)]);
  net.pass(4_000);
  expect(net.read(A)).toEqual([errorOf(ErrorCode.TIMEOUT, second)]);
});

test('a target that leaves before it answers is an error at once', () => {
  const net = pair();
  const id = net.request(A, 'peer.offer', offerParams('b'));
  net.close(B, false);
  expect(net.read(A)).toEqual([
    errorOf(ErrorCode.PEER_NOT_FOUND, id),
    notification('peer.left', { peer_id: 'b', reason: 'connection-lost', version: 3 }),
  ]);
  expect(net.hub.snapshot().pendingOffers).toBe(0);
});

test('an answer for a caller that has left goes nowhere', () => {
  const net = pair();
  net.request(A, 'peer.offer', offerParams('b'));
  const { id } = forwarded(net, B);
  net.close(A);
  net.read(B);
  net.join(C, 'a');
  net.respond(B, id, answerResult());
  expect(net.read(C)).toEqual([]);
  expect(net.hub.nextDeadline).toBe(NEVER);
});

test('offers of callers that have left take no place from those of others', () => {
  const net = new HubDriver({ maxPendingPerConnection: 1, maxPendingOffers: 1 });
  net.join(A, 'a');
  net.join(B, 'b');
  net.join(C, 'c');
  net.request(A, 'peer.offer', offerParams('b'));
  net.close(A);
  net.read(B);
  net.request(C, 'peer.offer', offerParams('b'));
  expect(forwarded(net, B).params['from']).toBe('c');
});

test('only the addressed peer can answer', () => {
  const net = pair();
  net.join(C, 'c');
  net.request(A, 'peer.offer', offerParams('b'));
  const { id } = forwarded(net, B);
  net.respond(C, id, answerResult());
  expect(net.read(A)).toEqual([]);
});

test('a false from is refused, a true one is allowed', () => {
  const net = pair();
  net.join(C, 'c');
  const id = net.request(A, 'peer.ice_candidate', candidateParams('b', { from: 'c' }));
  net.notify(A, 'peer.ice_candidate', candidateParams('b', { from: 'c' }));
  expect(net.read(A)).toEqual([errorOf(ErrorCode.INVALID_PARAMS, id)]);
  expect(net.read(B)).toEqual([]);
  net.notify(A, 'peer.ice_candidate', candidateParams('b', { from: 'a' }));
  expect(net.read(B)).toHaveLength(1);
});

test('a notification sent with an id is answered: null, or the error', () => {
  const net = pair();
  const sent = net.request(A, 'peer.disconnect', { to: 'b', reason: 'bye' });
  const failed = net.request(A, 'peer.disconnect', { to: 'nobody', reason: 'bye' });
  const self = net.request(A, 'peer.disconnect', { to: 'a', reason: 'bye' });
  expect(net.read(A)).toEqual([
    { jsonrpc: '2.0', result: null, id: sent },
    errorOf(ErrorCode.PEER_NOT_FOUND, failed),
    errorOf(ErrorCode.INVALID_PARAMS, self),
  ]);
  expect(net.read(B)).toHaveLength(1);
});

test('a request without an id has no effect', () => {
  const net = pair();
  net.notify(A, 'peer.offer', offerParams('b'));
  net.open(C);
  net.notify(C, 'peer.announce', { peer_id: 'c' });
  expect([...net.read(A), ...net.read(B), ...net.read(C)]).toEqual([]);
  expect(net.hub.snapshot().dropped).toEqual({ 'request-without-id': 2 });
});

test('a batch is answered as one when its offer has its answer', () => {
  const net = new HubDriver();
  net.join(B, 'b');
  net.open(A);
  const message = (id: number, method: string, params: Json): Json => ({
    jsonrpc: '2.0',
    id,
    method,
    params,
  });
  net.text(
    A,
    JSON.stringify([
      message(1, 'peer.announce', { peer_id: 'a' }),
      message(2, 'peer.offer', offerParams('b')),
      notification('peer.ice_candidate', candidateParams('b')),
    ]),
  );
  expect(net.read(A)).toEqual([]);
  const [announced, offer, candidate] = net.read(B);
  expect([announced?.['method'], candidate?.['method']]).toEqual([
    'peer.announced',
    'peer.ice_candidate',
  ]);
  net.respond(B, offer?.['id'], answerResult());
  expect(net.read(A)).toEqual([
    [expect.objectContaining({ id: 1 }), { jsonrpc: '2.0', id: 2, result: answerResult() }],
  ]);
});

test.each([
  [true, 'left'],
  [false, 'connection-lost'],
] as const)('peer.left says how: clean %s is %s', (clean, reason) => {
  const net = pair();
  net.close(B, clean);
  expect(net.read(A)).toEqual([notification('peer.left', { peer_id: 'b', reason, version: 3 })]);
  net.close(B, clean);
  expect(net.read(A)).toEqual([]);
});

test('limits: peers per room, rooms, pending offers', () => {
  const net = new HubDriver({ maxPeersPerRoom: 2, maxRooms: 2, maxPendingOffers: 1 });
  net.join(A, 'a');
  net.join(B, 'b');
  net.open(C, 4);
  const full = net.request(C, 'peer.announce', { peer_id: 'c' });
  expect(net.read(C)).toEqual([errorOf(ErrorCode.TOO_MANY_PEERS, full)]);
  net.request(C, 'peer.announce', { peer_id: 'c', room: 'second' });
  expect(net.read(C)[0]).toHaveProperty('result');
  const third = net.request(4, 'peer.announce', { peer_id: 'd', room: 'third' });
  expect(net.read(4)).toEqual([errorOf(ErrorCode.TOO_MANY_ROOMS, third)]);
  net.request(A, 'peer.offer', offerParams('b'));
  const busy = net.request(B, 'peer.offer', offerParams('a'));
  expect(net.read(B)[1]).toEqual(errorOf(ErrorCode.TOO_MANY_REQUESTS, busy));
  net.pass(10_000);
  net.request(B, 'peer.offer', offerParams('a'));
  expect(net.hub.snapshot().pendingOffers).toBe(1);
});

test('limits: pending offers of one connection', () => {
  const net = new HubDriver({ maxPendingPerConnection: 1 });
  net.join(A, 'a');
  net.join(B, 'b');
  net.request(A, 'peer.offer', offerParams('b'));
  const busy = net.request(A, 'peer.offer', offerParams('b'));
  expect(net.read(A)).toEqual([errorOf(ErrorCode.TOO_MANY_REQUESTS, busy)]);
});

test('a message that is too large closes its socket with 1009 and takes its peer away', () => {
  const net = new HubDriver({ messageLimits: { maxMessageBytes: 1_000 } });
  net.join(A, 'a');
  net.join(B, 'b');
  net.text(A, 'x'.repeat(1_001));
  expect(net.closes).toEqual([{ socket: A, code: 1009 }]);
  expect(net.read(B)).toEqual([
    notification('peer.left', { peer_id: 'a', reason: 'connection-lost', version: 3 }),
  ]);
  net.text(A, '{}');
  net.close(A);
  expect(net.read(B)).toEqual([]);
  expect(net.hub.snapshot().dropped).toEqual({ 'message-too-large': 1, 'unknown-socket': 1 });
});

test('an older now does not turn time back', () => {
  const net = pair();
  net.pass(5_000);
  net.now = 0 as Micros;
  net.request(A, 'peer.offer', offerParams('b'));
  expect(net.hub.nextDeadline).toBe(15_000_000);
});

test('misuse by the driver is named', () => {
  const net = pair();
  expect(() => net.open(A)).toThrow(SocketIdInUseError);
  for (const bad of [0, -1, 1.5, Number.NaN]) {
    expect(() => new Hub({ wallClock: () => '', maxRooms: bad })).toThrow(HubOptionError);
  }
  expect(() => new Hub({ wallClock: () => '', messageLimits: { maxDepth: 0 } })).toThrow(
    'maxDepth is 0; give a whole number of at least 1',
  );
});
