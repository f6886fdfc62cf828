import { expect, test } from '@jest/globals';
import { milliseconds } from '@rm/signaling-protocol';
import { dialectFor, SUB_PROTOCOLS } from '@rm/signaling-protocol/dialects';
import type { DialectOutput } from '@rm/signaling-protocol/dialects';
import { CANONICAL, DialectNet, NONE } from './support/dialect-net.js';
import { SDP } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const CANDIDATE = 'candidate:1 1 udp 2130706431 192.0.2.1 54321 typ host';

/** A net with Rust-style `alice` at 1 and `bob` of the protocol itself at 2. */
function aliceAndBob(...args: ConstructorParameters<typeof DialectNet>): DialectNet {
  const net = new DialectNet(...args);
  net.open(1, NONE);
  net.open(2, CANONICAL);
  net.call(1, 'peer.announce', { peer_id: 'alice', capabilities: ['audio'] });
  net.call(2, 'peer.announce', { peer_id: 'bob', user_data: { name: 'Bob' } });
  return net;
}

const sdp = (version: number): string => SDP.replace('o=- 1 1', `o=- 1 ${version}`);

const offer = (to: string, version = 1): Json => ({
  to,
  sdp: sdp(version),
  can_trickle_ice_candidates: true,
  request_id: `r${version}`,
});

test('the sub-protocol of the hub is passed through, as is any that a server agreed on by itself', () => {
  expect(SUB_PROTOCOLS).toEqual(['rm.signaling.v1', 'webrtc.onvif.org']);
  const options = { epochMs: () => 0, randomId: () => 'x' };
  expect(dialectFor('rm.signaling.v1', options)).toBeUndefined();
  expect(dialectFor('other', options)).toBeUndefined();
});

test('an announcement that could be of either kind is answered with the fields of both', () => {
  const net = new DialectNet();
  net.open(1, NONE);
  net.open(2, NONE);
  net.call(1, 'peer.announce', { peer_id: 'alice', capabilities: ['audio'] });
  expect(net.call(2, 'peer.announce', { peer_id: 'bob', capabilities: [] })).toEqual({
    status: 'registered',
    registered_at: '2026-01-01T00:00:00.000Z',
    room: 'default',
    peers: [{ peer_id: 'alice', capabilities: ['audio'], user_data: {} }],
    presence_version: 2,
    success: true,
    peer_id: 'bob',
    peers_count: 2,
    other_peers: ['alice'],
  });
});

test('who comes is told in both ways until the client shows what it speaks, then in its own', () => {
  const net = aliceAndBob();
  const info = { peer_id: 'bob', capabilities: [] };
  expect(net.read(1)).toEqual([
    expect.objectContaining({
      method: 'peer.announced',
      params: { ...info, user_data: { name: 'Bob' }, version: 2 },
    }),
    expect.objectContaining({
      method: 'peer.joined',
      params: { ...info, metadata: { name: 'Bob' } },
    }),
  ]);
  net.call(1, 'peer.answer', { to: 'bob', sdp: SDP });
  net.open(3, CANONICAL);
  net.call(3, 'peer.announce', { peer_id: 'carol' });
  expect(net.methods(1)).toEqual(['peer.joined']);
});

test('a client that answers requests is told of joins in the words of the protocol only', () => {
  const net = aliceAndBob();
  net.request(2, 'peer.offer', offer('alice'));
  const { id, params } = net.received(1, 'peer.offer');
  const { request_id } = params;
  net.respond(1, id, { sdp: SDP, can_trickle_ice_candidates: true, request_id });
  net.clear();
  net.open(3, CANONICAL);
  net.call(3, 'peer.announce', { peer_id: 'carol' });
  expect(net.methods(1)).toEqual(['peer.announced']);
});

test('the browser client gets the answer of remotemedia-server as the result of its offer', () => {
  const net = new DialectNet();
  net.open(1, NONE);
  net.open(2, CANONICAL);
  net.call(1, 'peer.announce', { peer_id: 'browser', capabilities: ['audio'] });
  const early = { from: 'browser', to: 'remotemedia-server', sdp: SDP };
  expect(net.call(1, 'peer.offer', early)).toMatchObject({ code: -32000 });
  net.call(2, 'peer.announce', { peer_id: 'remotemedia-server' });
  net.clear();
  const id = net.request(1, 'peer.offer', early);
  expect(net.answerTo(1, id)).toBeUndefined();
  const { id: asked, params } = net.received(2, 'peer.offer');
  const { request_id } = params;
  net.respond(2, asked, { sdp: sdp(2), can_trickle_ice_candidates: true, request_id });
  expect(net.answerTo(1, id)).toEqual({
    type: 'answer',
    sdp: sdp(2),
    from: 'remotemedia-server',
    to: 'browser',
  });
  expect(net.read(1)).toEqual([]);
});

test('what the Rust client leaves out is put in: jsonrpc, params, where a candidate belongs', () => {
  const net = aliceAndBob();
  net.open(3, NONE);
  const say = (message: Json): void => net.text(3, JSON.stringify(message));
  say({ method: 'peer.announce', params: { peer_id: 'rusty', capabilities: [] }, id: 'req-1' });
  expect(net.answerTo(3, 'req-1')).toMatchObject({ success: true, peers_count: 3 });
  net.clear();
  const bare = { from: 'rusty', to: 'bob', candidate: CANDIDATE };
  say({ method: 'peer.ice_candidate', params: bare });
  const where = { sdp_mid: null, sdp_m_line_index: null };
  expect(net.received(2, 'peer.ice_candidate').params).toEqual({
    ...bare,
    ...where,
    from: 'rusty',
  });
  net.text(3, '{"jsonrpc":"2.0","method":"peer.list","params":null,"id":"l"}');
  expect(net.answerTo(3, 'l')).toMatchObject({ count: 3 });
  expect(net.call(3, 'list_peers')).toMatchObject({ count: 3 });
  say({ method: 'peer.announce', params: {}, id: 7, jsonrpc: '1.0' });
  expect(net.answerTo(3, 7)).toMatchObject({ code: -32600 });
  say({ method: 'no.such', id: 8 });
  expect(net.answerTo(3, 8)).toMatchObject({ code: -32600 });
});

test('lists and figures of the server have the shapes of the servers they know', () => {
  const host = { hostname: 'media', addresses: ['192.0.2.7', '192.0.2.8'] };
  const net = aliceAndBob({}, { host });
  net.pass(3_500);
  net.open(3, NONE);
  net.call(3, 'announce', { peer_id: 'carol', capabilities: { audio: true, video: false } });
  net.call(1, 'peer.answer', { to: 'bob', sdp: SDP });
  const at = 1_767_225_600;
  expect(net.call(1, 'peer.list')).toEqual({
    peers: [
      { peer_id: 'bob', capabilities: [], metadata: { name: 'Bob' }, connected_at: at },
      { peer_id: 'carol', capabilities: ['audio'], metadata: {}, connected_at: at + 3 },
      { peer_id: 'alice', capabilities: ['audio'], metadata: {}, connected_at: at },
    ],
    count: 3,
  });
  expect(net.call(3, 'list_peers', {})).toEqual({
    peers: [
      { peer_id: 'alice', capabilities: ['audio'], state: 'available' },
      { peer_id: 'bob', capabilities: [], state: 'available' },
      { peer_id: 'carol', capabilities: ['audio'], state: 'available' },
    ],
    count: 3,
  });
  expect(net.call(1, 'server.info')).toEqual({
    hostname: 'media',
    addresses: [
      { ip: '192.0.2.7', is_default: true },
      { ip: '192.0.2.8', is_default: false },
    ],
  });
  net.open(4, NONE);
  expect(net.call(4, 'server.info', {})).toMatchObject({
    protocol: 'rm.signaling.v1',
    hostname: 'media',
  });
});

test.each([
  ['rust', 'peer.announce', 'peer.answer', -32602, -32600],
  ['server.js', 'announce', 'answer', -32000, -32000],
])('%s clients get the error codes of their server', (_, announce, answer, taken, unannounced) => {
  const net = aliceAndBob();
  net.open(3, NONE);
  const to = { to: 'bob', to_peer_id: 'bob', sdp: SDP };
  expect(net.call(3, answer, to)).toMatchObject({ code: unannounced });
  expect(net.call(3, announce, { peer_id: 'bob' })).toMatchObject({ code: taken });
  expect(net.call(3, announce, { peer_id: 'not an id' })).toMatchObject({ code: -32602 });
  net.call(3, announce, { peer_id: 'carol' });
  expect(net.call(3, announce, { peer_id: 'dave' })).toMatchObject({ code: taken });
  const nobody = { to: 'nobody', to_peer_id: 'nobody', sdp: SDP };
  expect(net.call(3, answer, nobody)).toMatchObject({ code: -32000 });
  expect(net.call(3, answer, to)).toMatchObject({ code: -32003 });
  const offering = announce.replace('announce', 'offer');
  expect(net.call(3, offering, nobody)).toMatchObject({ code: -32000 });
  expect(net.call(3, offering, { ...to, sdp: 'nonsense' })).toMatchObject({ code: -32002 });
  expect(net.call(3, offering, { sdp: SDP })).toMatchObject({ code: -32602 });
  expect(net.call(3, 'control.subscribe', { topic: 'x' })).toMatchObject({ code: -32601 });
});

test.each([
  ['rust', 'peer.announce', 'peer.offer', 'peer.error', { from: 'bob', to: 'carol' }],
  ['server.js', 'announce', 'offer', 'error', { from_peer_id: 'bob', offer_id: 'offer-1' }],
])(
  'an offer of a %s client that comes to nothing after its acknowledgement is told so',
  (_, announce, method, error, names) => {
    const net = aliceAndBob();
    net.open(3, NONE);
    net.call(3, announce, { peer_id: 'carol' });
    net.clear();
    const to = { to: 'bob', to_peer_id: 'bob', sdp: SDP };
    const ack = net.call(3, method, to);
    expect(ack).toMatchObject({ to_peer_id: 'bob' });
    net.refuse(2, net.received(2, 'peer.offer').id, -32005, 'glare');
    expect(net.received(3, error).params).toEqual({ ...names, code: -32005, message: 'glare' });
    net.call(3, method, to);
    net.pass(10_000);
    expect(net.received(3, error).params).toMatchObject({ code: -32006 });
    net.call(3, method, to);
    net.close(2);
    expect(net.received(3, error).params).toMatchObject({ code: -32000 });
    expect(net.hub.snapshot().pendingOffers).toBe(0);
  },
);

/** Bob offers twice before Rust-style alice answers. */
function twoOffers(): { net: DialectNet; ids: number[] } {
  const net = aliceAndBob();
  net.call(1, 'peer.answer', { to: 'bob', sdp: SDP });
  net.clear();
  const first = net.request(2, 'peer.offer', offer('alice', 1));
  net.pass(5_000);
  const ids = [first, net.request(2, 'peer.offer', offer('alice', 2))];
  return { net, ids };
}

test('of several offers of one peer a client gets one at a time, so answers cannot be mixed up', () => {
  const { net, ids } = twoOffers();
  for (const [i, id] of ids.entries()) {
    expect(net.received(1, 'peer.offer').params).toEqual({
      from: 'bob',
      to: 'alice',
      sdp: sdp(i + 1),
    });
    expect(net.methods(1)).toEqual([]);
    net.call(1, 'peer.answer', { from: 'alice', to: 'bob', sdp: sdp(i + 11) });
    expect(net.answerTo(2, id)).toMatchObject({ sdp: sdp(i + 11), request_id: `r${i + 1}` });
  }
  expect(net.call(1, 'peer.answer', { to: 'bob', sdp: SDP })).toMatchObject({ code: -32003 });
});

test('the offer after one that timed out has its turn, and the late answer is not taken for its own', () => {
  const { net, ids } = twoOffers();
  net.received(1, 'peer.offer');
  net.pass(5_000);
  expect(net.answerTo(2, ids[0])).toMatchObject({ code: -32006 });
  expect(net.call(1, 'peer.answer', { to: 'bob', sdp: sdp(11) })).toMatchObject({ code: -32003 });
  expect(net.methods(1)).toEqual(['peer.offer']);
  net.call(1, 'peer.answer', { to: 'bob', sdp: sdp(12) });
  expect(net.answerTo(2, ids[1])).toMatchObject({ sdp: sdp(12), request_id: 'r2' });
});

test('an answer that is none is refused, and the offer can still be answered', () => {
  const { net, ids } = twoOffers();
  expect(net.call(1, 'peer.answer', { to: 'bob', sdp: 'x' })).toMatchObject({ code: -32003 });
  expect(net.call(1, 'peer.answer', { to: 'bob' })).toMatchObject({ code: -32602 });
  net.call(1, 'peer.answer', { to: 'bob', sdp: SDP });
  expect(net.answerTo(2, ids[0])).toMatchObject({ sdp: SDP });
});

test('offers of a peer that left are forgotten, and its return begins afresh', () => {
  const { net } = twoOffers();
  net.close(2);
  net.clear();
  expect(net.call(1, 'peer.answer', { to: 'bob', sdp: SDP })).toMatchObject({ code: -32000 });
  net.open(2, CANONICAL);
  net.call(2, 'peer.announce', { peer_id: 'bob' });
  const id = net.request(2, 'peer.offer', offer('alice', 3));
  expect(net.received(1, 'peer.offer').params['sdp']).toBe(sdp(3));
  net.call(1, 'peer.answer', { to: 'bob', sdp: sdp(13) });
  expect(net.answerTo(2, id)).toMatchObject({ sdp: sdp(13) });
});

test('when both sides offer at once either offer gets its own answer or its own error', () => {
  const net = aliceAndBob();
  const { success } = net.call(1, 'peer.offer', { to: 'bob', sdp: sdp(1) }) as Json;
  expect(success).toBe(true);
  net.clear();
  const bobs = net.request(2, 'peer.offer', offer('alice', 2));
  expect(net.received(1, 'peer.offer').params['sdp']).toBe(sdp(2));
  net.refuse(2, 1, -32005, 'glare');
  expect(net.received(1, 'peer.error').params).toMatchObject({ from: 'bob', code: -32005 });
  net.call(1, 'peer.answer', { to: 'bob', sdp: sdp(12) });
  expect(net.answerTo(2, bobs)).toMatchObject({ sdp: sdp(12) });
});

test('a call taken by a client that has said nothing yet cannot be mistaken for an answer to its own', () => {
  const net = aliceAndBob();
  net.request(2, 'peer.offer', offer('alice', 1));
  const { id, params } = net.received(1, 'peer.offer');
  expect(id).toBe('rm:1');
  expect(params).toEqual({ ...offer('alice', 1), from: 'bob' });
});

test('hanging up on one peer tells that peer who hung up; under the own id, all it spoke with', () => {
  const net = aliceAndBob();
  net.open(3, NONE);
  net.call(3, 'announce', { peer_id: 'carol' });
  net.open(4, NONE);
  net.call(4, 'peer.announce', { peer_id: 'dave' });
  net.call(4, 'peer.answer', { to: 'bob', sdp: SDP });
  net.clear();
  const bye = { peer_id: 'carol', reason: 'done' };
  expect(net.call(4, 'peer.disconnect', bye)).toEqual({ success: true, peer_id: 'carol' });
  expect(net.read(3)).toEqual([
    { jsonrpc: '2.0', method: 'peer_disconnected', params: { peer_id: 'dave' } },
  ]);
  expect(net.call(3, 'disconnect', { peer_id: 'dave' })).toEqual({ peer_id: 'dave' });
  expect(net.received(4, 'peer.disconnected').params).toEqual({
    peer_id: 'carol',
    reason: 'disconnected',
  });
  net.call(4, 'peer.offer', { to: 'bob', sdp: SDP });
  expect(net.call(4, 'peer.disconnect', { peer_id: 'dave' })).toMatchObject({ success: true });
  expect(net.received(2, 'peer.disconnect').params).toMatchObject({ from: 'dave', to: 'bob' });
  expect([net.read(1), net.read(3)]).toEqual([[], []]);
  expect(net.call(4, 'peer.disconnect', { peer_id: 'nobody' })).toMatchObject({ code: -32000 });
});

test('states of a connection are told as the Rust server tells them, and not to others', () => {
  const net = aliceAndBob();
  net.open(3, NONE);
  net.call(3, 'announce', { peer_id: 'carol' });
  net.call(1, 'peer.answer', { to: 'bob', sdp: SDP });
  net.clear();
  const states = {
    connection_state: 'connected',
    ice_connection_state: 'completed',
    ice_gathering_state: 'complete',
  };
  for (const to of ['alice', 'carol']) {
    net.notify(2, 'peer.state_changed', { to, ...states, signaling_state: 'stable' });
  }
  expect(net.received(1, 'peer.state_change').params).toEqual({
    peer_id: 'bob',
    ...states,
    timestamp: 1_767_225_600_000,
  });
  expect(net.read(3)).toEqual([]);
});

test('notifications do what requests do, and are not answered', () => {
  const net = aliceAndBob();
  net.open(3, NONE);
  net.notify(3, 'announce', { peer_id: 'carol', capabilities: ['audio'] });
  expect(net.received(2, 'peer.announced').params).toMatchObject({ peer_id: 'carol' });
  net.notify(3, 'offer', { to_peer_id: 'bob', sdp: SDP });
  const { id, params } = net.received(2, 'peer.offer');
  const { request_id } = params;
  expect(net.read(3)).toEqual([]);
  net.respond(2, id, { sdp: SDP, can_trickle_ice_candidates: true, request_id });
  expect(net.methods(3)).toEqual(['answer']);
});

test('a client that resumes speaks with the hub itself: texts pass unchanged both ways', () => {
  const dialect = dialectFor('', { epochMs: () => 0, randomId: () => 'x' });
  const now = milliseconds(0);
  const announce =
    '{ "jsonrpc":"2.0","method":"peer.announce","params":{"peer_id":"a","resume":true},"id":"rm:1"}';
  expect(dialect?.fromClient(now, announce)).toEqual([{ to: 'hub', text: announce }]);
  expect(dialect?.fromClient(now, '{ "seq":1 }')).toEqual([{ to: 'hub', text: '{ "seq":1 }' }]);
  expect(dialect?.toClient(now, '{ "seq":2 }')).toEqual([{ to: 'client', text: '{ "seq":2 }' }]);
});

test('a batch is answered with one batch, and ids come back as they were', () => {
  const net = aliceAndBob();
  net.clear();
  const request = (id: unknown): Json => ({
    jsonrpc: '2.0',
    method: 'peer.list',
    params: { room: 'default' },
    id,
  });
  net.text(1, JSON.stringify([request(1), request('1'), request(null), { id: 4 }]));
  const [responses, ...rest] = net.read(1) as unknown as Json[][];
  expect(rest).toEqual([]);
  expect(responses?.map(({ id, error }) => [id, error === undefined])).toEqual([
    [4, false],
    [1, true],
    ['1', true],
    [null, true],
  ]);
});

test('an announcement in a batch is translated, since the rest of the batch may need it', () => {
  const net = new DialectNet({ randomToken: () => 'token' });
  net.open(1, NONE);
  const call = (method: string, id: number, params: Json): Json => ({
    jsonrpc: '2.0',
    method,
    params,
    id,
  });
  const announce = call('peer.announce', 1, { peer_id: 'a', resume: true });
  net.text(1, JSON.stringify([announce, call('list_peers', 2, {})]));
  const [responses] = net.read(1) as unknown as Json[][];
  expect(responses).toMatchObject([
    { id: 1, result: { status: 'registered' } },
    { id: 2, result: { count: 0 } },
  ]);
  expect(responses?.[0]?.['result']).not.toHaveProperty('resume_token');
});

test('texts beyond the limits are refused before anything else is done with them', () => {
  const net = new DialectNet({}, { messageLimits: { maxMessageBytes: 200, maxDepth: 3 } });
  net.open(1, NONE);
  net.text(1, '{"method":"announce","params":{"a":[[1]]},"id":1}');
  expect(net.read(1)).toMatchObject([{ error: { code: -32600 }, id: null }]);
  net.text(1, 'nonsense');
  expect(net.read(1)).toMatchObject([{ error: { code: -32700 }, id: null }]);
  expect(net.closes).toEqual([]);
  net.text(1, `{"method":"announce","params":{"peer_id":"${'x'.repeat(200)}"},"id":1}`);
  expect(net.closes).toEqual([{ socket: 1, code: 1009 }]);
  expect(net.dialect(1).dropped).toEqual({
    'nested-too-deep': 1,
    'not-json': 1,
    'message-too-large': 1,
  });
});

test('offers that wait are bounded: one too many is refused as busy', () => {
  const net = aliceAndBob({ maxPendingPerConnection: 1_000 });
  for (let i = 0; i < 256; i++) net.request(1, 'peer.offer', { to: 'bob', sdp: SDP });
  net.clear();
  net.request(1, 'peer.offer', { to: 'bob', sdp: SDP });
  expect(net.received(1, 'peer.error').params).toMatchObject({ code: -32015 });
  net.pass(10_000);
  net.clear();
  net.request(1, 'peer.offer', { to: 'bob', sdp: SDP });
  expect(net.methods(1)).toEqual([undefined]);
});

test('the offer after one that timed out has its turn as soon as anything happens', () => {
  const { net } = twoOffers();
  net.pass(5_000);
  net.clear();
  net.open(3, CANONICAL);
  net.call(3, 'peer.announce', { peer_id: 'carol' });
  expect(net.methods(1)).toEqual(['peer.joined', 'peer.offer']);
  expect(net.received(1, 'peer.offer').params['sdp']).toBe(sdp(2));
});

test('a client that speaks the protocol may still answer with peer.answer, and stays what it is', () => {
  const net = new DialectNet();
  net.open(1, NONE);
  net.open(2, CANONICAL);
  net.call(1, 'peer.announce', { peer_id: 'alice', room: 'default' });
  net.call(2, 'peer.announce', { peer_id: 'bob' });
  const id = net.request(2, 'peer.offer', offer('alice', 1));
  expect(net.received(1, 'peer.offer').id).toBe('rm:1');
  expect(net.call(1, 'peer.answer', { to: 'bob', sdp: sdp(11) })).toBeNull();
  expect(net.answerTo(2, id)).toMatchObject({ sdp: sdp(11) });
  net.clear();
  net.close(2);
  expect(net.read(1)).toMatchObject([{ params: { peer_id: 'bob', reason: 'left', version: 3 } }]);
  expect(net.call(1, 'peer.offer', { to: 'bob', sdp: SDP })).toMatchObject({ code: -32602 });
});

test('a client that names no room joins that of its socket', () => {
  const net = new DialectNet({}, { room: 'yard' });
  net.open(1, NONE);
  net.open(2, NONE);
  expect(net.call(1, 'peer.announce', { peer_id: 'a' })).toMatchObject({ room: 'yard' });
  expect(net.call(2, 'peer.announce', { peer_id: 'b', room: 'r' })).toMatchObject({ room: 'r' });
});

test('a room of many words is told whole, however large a message clients may send', () => {
  const net = new DialectNet();
  const user_data = { words: 'x'.repeat(8_000) };
  for (let i = 1; i <= 40; i++) {
    net.open(i, CANONICAL);
    net.call(i, 'peer.announce', { peer_id: `peer-${i}`, user_data });
  }
  net.open(99, NONE);
  expect(net.call(99, 'announce', { peer_id: 'late' })).toMatchObject({ peers_count: 41 });
});

/** A dialect on its own, for what a hub in one process never does. */
function alone(): {
  from: (message: Json) => Json[];
  to: (message: Json) => Json[];
  dropped: () => unknown;
} {
  const dialect = dialectFor('', { epochMs: () => 0, randomId: () => 'x' });
  if (dialect === undefined) throw new Error('no dialect');
  const now = milliseconds(0);
  const messages = (outputs: readonly DialectOutput[]): Json[] =>
    outputs.map((output) => ({
      to: output.to,
      ...(output.to === 'close' ? {} : (JSON.parse(output.text) as Json)),
    }));
  return {
    from: (message) => messages(dialect.fromClient(now, JSON.stringify(message))),
    to: (message) => messages(dialect.toClient(now, JSON.stringify(message))),
    dropped: () => dialect.dropped,
  };
}

test('an offer that the hub takes though its peer is not known yet is acknowledged with its answer', () => {
  const { from, to } = alone();
  const params = { to: 'bob', sdp: SDP };
  const asked = from({ jsonrpc: '2.0', method: 'peer.offer', params, id: 'mine' });
  expect(asked).toMatchObject([{ to: 'hub', method: 'peer.offer', id: 1 }]);
  const result = { sdp: sdp(2), can_trickle_ice_candidates: true, request_id: 'offer-1' };
  expect(to({ jsonrpc: '2.0', result, id: 1 })).toMatchObject([
    { to: 'client', id: 'mine', result: { success: true, to_peer_id: 'bob' } },
    { to: 'client', method: 'peer.answer', params: { from: 'bob', sdp: sdp(2) } },
  ]);
});

test('the peers that a dialect remembers are bounded and counted beyond', () => {
  const { to, dropped } = alone();
  for (let i = 0; i < 1_030; i++) {
    const params = { peer_id: `p${i}`, capabilities: [], user_data: {} };
    expect(to({ jsonrpc: '2.0', method: 'peer.announced', params })).toHaveLength(2);
  }
  expect(dropped()).toEqual({ 'roster-full': 6 });
});
