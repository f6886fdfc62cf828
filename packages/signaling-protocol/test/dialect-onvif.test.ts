import { expect, test } from '@jest/globals';
import { milliseconds } from '@rm/signaling-protocol';
import { CANONICAL, DialectNet, ONVIF } from './support/dialect-net.js';
import { SDP } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const OFFER = `${SDP}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n`;
const ANSWER = `${OFFER}a=recvonly\r\n`;
const CANDIDATE = 'candidate:1 1 udp 2130706431 192.0.2.1 54321 typ host';
const CLIENT = 1;
const DEVICE = 2;
const BOB = 3;

/** An ONVIF client at 1, a device at 2, and bob of the protocol itself at 3. */
function net(...args: ConstructorParameters<typeof DialectNet>): DialectNet {
  const made = new DialectNet(...args);
  made.open(CLIENT, ONVIF);
  made.open(DEVICE, ONVIF);
  made.open(BOB, CANONICAL);
  made.call(CLIENT, 'register', { authorization: 'token' });
  made.call(DEVICE, 'register', { id: 'device-b1', name: 'Door', capabilities: ['extend'] });
  made.call(BOB, 'peer.announce', { peer_id: 'bob' });
  made.clear();
  return made;
}

/** The client has connected to the device; returns the session. */
function connected(on: DialectNet, result: Json = {}): unknown {
  const id = on.request(CLIENT, 'connect', { peer: 'device-b1', authorization: 'token' });
  const call = on.received(DEVICE, 'connect');
  on.respond(DEVICE, call.id, result);
  const { session } = on.answerTo(CLIENT, id) as Json;
  expect(session).toBe(call.params['session']);
  return session;
}

const bobOffers = (on: DialectNet, to: string, request_id = 'r1'): number =>
  on.request(BOB, 'peer.offer', { to, sdp: OFFER, can_trickle_ice_candidates: true, request_id });

const bobTrickles = (on: DialectNet, to: string): void =>
  on.notify(BOB, 'peer.ice_candidate', {
    to,
    candidate: CANDIDATE,
    sdp_mid: '0',
    sdp_m_line_index: 0,
  });

test('register gives the id asked for, that of the socket, or a random one; who it is the room sees', () => {
  const on = new DialectNet({}, { room: 'yard' });
  on.open(CLIENT, ONVIF);
  expect(on.call(CLIENT, 'register')).toEqual({ id: 'random-1' });
  expect(on.call(CLIENT, 'register', {})).toMatchObject({ code: -32012 });
  on.open(DEVICE, ONVIF);
  const about = { id: 'cam', name: 'Door', capabilities: ['extend'] };
  expect(on.call(DEVICE, 'register', about)).toEqual({ id: 'cam' });
  on.open(BOB, CANONICAL);
  expect(on.call(BOB, 'peer.announce', { peer_id: 'bob', room: 'yard' })).toMatchObject({
    peers: [
      { peer_id: 'random-1', capabilities: ['webrtc.onvif.org'], user_data: {} },
      {
        peer_id: 'cam',
        capabilities: ['webrtc.onvif.org', 'extend'],
        user_data: { name: 'Door' },
      },
    ],
  });
  const bound = new DialectNet({}, { peerId: 'granted' });
  bound.open(CLIENT, ONVIF);
  expect(bound.call(CLIENT, 'register')).toEqual({ id: 'granted' });
});

test('what comes before register is refused with 401, unregister with 404', () => {
  const on = new DialectNet();
  on.open(CLIENT, ONVIF);
  for (const method of ['connect', 'invite', 'trickle', 'extend', 'error', 'other']) {
    expect([method, on.call(CLIENT, method, {})]).toEqual([
      method,
      expect.objectContaining({ code: 401 }),
    ]);
  }
  expect(on.call(CLIENT, 'unregister')).toMatchObject({ code: 404 });
});

test('a token that does not allow the id is an authorization that failed', () => {
  const on = new DialectNet();
  const grant = { mayJoin: true, maySend: true, admin: false, peerId: 'other' };
  on.open(CLIENT, ONVIF, 'client', grant);
  expect(on.call(CLIENT, 'register', { id: 'me' })).toMatchObject({ code: 401 });
});

test('after unregister the socket is closed in good order, and the others hear that it left', () => {
  const on = net();
  expect(on.call(DEVICE, 'unregister')).toBeNull();
  expect(on.closes).toEqual([{ socket: DEVICE, code: 1000 }]);
  expect(on.received(BOB, 'peer.left').params).toMatchObject({
    peer_id: 'device-b1',
    reason: 'left',
  });
  expect(on.call(DEVICE, 'unregister')).toMatchObject({ code: 404 });
  expect(on.call(CLIENT, 'connect', { peer: 'device-b1' })).toMatchObject({ code: 480 });
});

test('the flow of the specification: connect, invite by the device, answer, candidates, extend', () => {
  const on = net();
  for (const socket of [CLIENT, DEVICE]) on.giveIceServer(socket, 'stun:192.0.2.1');
  const id = on.request(CLIENT, 'connect', { peer: 'device-b1', profile: 'main' });
  const { id: called, params } = on.received(DEVICE, 'connect');
  const { session } = params;
  const shared = {
    session,
    iceServers: [{ urls: ['stun:192.0.2.1'] }],
    expiryTimeSeconds: 3600,
  };
  expect(params).toEqual({ ...shared, profile: 'main' });
  expect(on.answerTo(CLIENT, id)).toBeUndefined();
  on.respond(DEVICE, called, { capabilities: ['subProtocols'] });
  expect(on.answerTo(CLIENT, id)).toEqual({ ...shared, capabilities: ['subProtocols', 'extend'] });

  on.notify(DEVICE, 'trickle', { session, candidate: { candidate: CANDIDATE, sdpMid: '0' } });
  const invite = { session, offer: OFFER, subprotocols: ['vnd.onvif.metadata+gzip'] };
  const inviting = on.request(DEVICE, 'invite', invite);
  expect(on.received(CLIENT, 'trickle').params).toEqual({
    session,
    candidate: { candidate: CANDIDATE, sdpMid: '0', sdpMLineIndex: null },
  });
  const invited = on.received(CLIENT, 'invite');
  expect(invited.params).toEqual(invite);
  on.respond(CLIENT, invited.id, { answer: ANSWER, subprotocols: [] });
  expect(on.answerTo(DEVICE, inviting)).toEqual({ answer: ANSWER, subprotocols: [] });

  on.notify(CLIENT, 'trickle', { session, candidate: {} });
  expect(on.received(DEVICE, 'trickle').params).toEqual({
    session,
    candidate: { candidate: '', sdpMid: null, sdpMLineIndex: null },
  });
  expect(on.call(CLIENT, 'extend', { session, authorization: 'new' })).toEqual({
    expiryTimeSeconds: 3600,
  });
  expect(on.received(DEVICE, 'extend').params).toEqual({ session, expiryTimeSeconds: 3600 });
  expect([on.read(CLIENT), on.read(DEVICE), on.read(BOB)]).toEqual([[], [], []]);
});

test('ICE servers that have expired are not passed off as good', () => {
  const on = net();
  on.giveIceServer(CLIENT, 'stun:192.0.2.1');
  on.pass(59_999);
  expect(on.call(CLIENT, 'connect', { peer: 'bob' })).toHaveProperty('iceServers');
  on.pass(1);
  expect(on.call(CLIENT, 'connect', { peer: 'bob' })).not.toHaveProperty('iceServers');
});

test('a device that refuses, stays silent or is not there is temporarily unavailable', () => {
  const on = net();
  const id = on.request(CLIENT, 'connect', { peer: 'device-b1' });
  on.refuse(DEVICE, on.received(DEVICE, 'connect').id, 480);
  expect(on.answerTo(CLIENT, id)).toMatchObject({ code: 480 });
  const second = on.request(CLIENT, 'connect', { peer: 'device-b1' });
  on.pass(10_000);
  expect(on.answerTo(CLIENT, second)).toMatchObject({ code: 480 });
  expect(on.call(CLIENT, 'connect', { peer: 'nobody' })).toMatchObject({ code: 480 });
  expect(on.call(CLIENT, 'connect', {})).toMatchObject({ code: -32602 });
});

test('an invitation fails with 400 for its session or SDP, 408 in silence, 410 when the peer is gone', () => {
  const on = net();
  const session = connected(on);
  const invite = (offer: string, of: unknown = session): unknown =>
    on.call(DEVICE, 'invite', { session: of, offer });
  expect(invite(OFFER, 'other')).toMatchObject({ code: 400 });
  expect(invite('nonsense')).toMatchObject({ code: 400 });
  const silent = on.request(DEVICE, 'invite', { session, offer: OFFER });
  on.pass(10_000);
  expect(on.answerTo(DEVICE, silent)).toMatchObject({ code: 408 });
  on.clear();
  const bad = on.request(DEVICE, 'invite', { session, offer: OFFER });
  on.refuse(CLIENT, on.received(CLIENT, 'invite').id, 400);
  expect(on.answerTo(DEVICE, bad)).toMatchObject({ code: 400 });
  const gone = on.request(DEVICE, 'invite', { session, offer: OFFER });
  on.close(CLIENT);
  expect(on.answerTo(DEVICE, gone)).toMatchObject({ code: 410 });
  expect(on.read(DEVICE)).toEqual([
    { jsonrpc: '2.0', error: { code: 1002, message: expect.any(String), session } },
  ]);
  expect(invite(OFFER)).toMatchObject({ code: 400 });
});

test('a session that is not extended ends, on both sides; one that is goes on, on both', () => {
  const on = net({}, { sessionLifetime: milliseconds(60_000) });
  const session = connected(on);
  on.pass(40_000);
  expect(on.call(CLIENT, 'extend', { session })).toEqual({ expiryTimeSeconds: 60 });
  on.pass(40_000);
  expect(on.call(DEVICE, 'extend', { session })).toEqual({ expiryTimeSeconds: 60 });
  on.pass(59_999);
  on.request(DEVICE, 'invite', { session, offer: OFFER });
  expect(on.methods(CLIENT)).toEqual(['invite']);
  on.pass(1);
  expect(on.call(CLIENT, 'extend', { session })).toMatchObject({ code: 403 });
  expect(on.call(DEVICE, 'invite', { session, offer: OFFER })).toMatchObject({ code: 400 });
});

test('a session has two owners; a third peer can neither use it nor take its place', () => {
  const on = net();
  const session = connected(on);
  on.open(4, ONVIF);
  on.call(4, 'register', { id: 'mallory' });
  expect(on.call(4, 'extend', { session })).toMatchObject({ code: 403 });
  expect(on.call(4, 'invite', { session, offer: OFFER })).toMatchObject({ code: 400 });
  on.notify(4, 'trickle', { session, candidate: { candidate: CANDIDATE } });
  // With what two ONVIF ends say to each other, by hand.
  const forge = (note: Json): unknown =>
    on.call(BOB, 'peer.offer', {
      to: 'device-b1',
      sdp: `${SDP}a=x-rm-onvif:${JSON.stringify(note)}\r\n`,
      can_trickle_ice_candidates: true,
      request_id: 'r',
    });
  expect(forge({ connect: { session } })).toMatchObject({ code: -32015 });
  expect(forge({ extend: session })).toMatchObject({ code: -32001 });
  expect([on.read(DEVICE), on.read(CLIENT)]).toEqual([[], []]);
  expect(on.dialect(4).dropped).toEqual({ 'no-session': 1 });
  on.request(DEVICE, 'invite', { session, offer: OFFER });
  expect(on.methods(CLIENT)).toEqual(['invite']);
});

test('an offer of another peer reaches a device as connect and invite, its candidates after', () => {
  const on = net();
  const id = bobOffers(on, 'device-b1');
  bobTrickles(on, 'device-b1');
  expect(on.methods(DEVICE)).toEqual(['connect']);
  const { id: called, params } = on.received(DEVICE, 'connect');
  expect(params).toEqual({ session: expect.any(String), expiryTimeSeconds: 3600 });
  on.respond(DEVICE, called, {});
  expect(on.methods(DEVICE)).toEqual(['invite', 'trickle']);
  const invite = on.received(DEVICE, 'invite');
  expect(invite.params).toEqual({ session: params['session'], offer: OFFER });
  on.respond(DEVICE, invite.id, { answer: ANSWER, subprotocols: ['a'] });
  expect(on.answerTo(BOB, id)).toMatchObject({ sdp: ANSWER, request_id: 'r1' });
  bobOffers(on, 'device-b1', 'r2');
  expect(on.methods(DEVICE)).toEqual(['trickle', 'invite']);
});

test('a device that offers by itself once it is connected has precedence: the peer answers it', () => {
  const on = net();
  const id = bobOffers(on, 'device-b1');
  const { id: called, params } = on.received(DEVICE, 'connect');
  on.respond(DEVICE, called, {});
  const { session } = params;
  const inviting = on.request(DEVICE, 'invite', { session, offer: OFFER });
  expect(on.answerTo(BOB, id)).toMatchObject({ code: -32005 });
  const { id: offered, params: offer } = on.received(BOB, 'peer.offer');
  on.respond(DEVICE, on.received(DEVICE, 'invite').id, { answer: SDP });
  const { request_id } = offer;
  on.respond(BOB, offered, { sdp: ANSWER, can_trickle_ice_candidates: true, request_id });
  expect(on.answerTo(DEVICE, inviting)).toEqual({ answer: ANSWER });
  expect(on.hub.snapshot().dropped).toEqual({});
});

test('an offer to a client that takes no calls waits, with its candidates, until it connects', () => {
  const on = net();
  const id = bobOffers(on, 'random-1');
  on.refuse(CLIENT, on.received(CLIENT, 'connect').id, -32601);
  bobTrickles(on, 'random-1');
  expect(on.read(CLIENT)).toEqual([]);
  const { session } = on.call(CLIENT, 'connect', { peer: 'bob' }) as Json;
  expect(on.methods(CLIENT)).toEqual(['invite', 'trickle']);
  const invite = on.received(CLIENT, 'invite');
  expect(invite.params).toEqual({ session, offer: OFFER });
  on.respond(CLIENT, invite.id, { answer: ANSWER });
  expect(on.answerTo(BOB, id)).toMatchObject({ sdp: ANSWER });
});

test('of the offers that wait for a client only the latest does, and no longer than the hub', () => {
  const on = net();
  const first = bobOffers(on, 'random-1', 'r1');
  on.refuse(CLIENT, on.received(CLIENT, 'connect').id, -32601);
  const second = bobOffers(on, 'random-1', 'r2');
  expect(on.answerTo(BOB, first)).toMatchObject({ code: -32001 });
  expect(on.read(CLIENT)).toEqual([]);
  on.pass(10_000);
  expect(on.answerTo(BOB, second)).toMatchObject({ code: -32006 });
  on.call(CLIENT, 'connect', { peer: 'bob' });
  expect(on.read(CLIENT)).toEqual([]);
  bobOffers(on, 'random-1', 'r3');
  expect(on.methods(CLIENT)).toEqual(['invite']);
});

test('a device that refuses a call of another peer fails its offer', () => {
  const on = net();
  const id = bobOffers(on, 'device-b1');
  on.refuse(DEVICE, on.received(DEVICE, 'connect').id, 480, 'asleep');
  expect(on.answerTo(BOB, id)).toEqual({ code: -32001, message: 'asleep' });
  bobOffers(on, 'device-b1');
  expect(on.methods(DEVICE)).toEqual(['connect']);
});

test('a candidate that is none is answered with 1003 and goes no further', () => {
  const on = net();
  const { session } = on.call(CLIENT, 'connect', { peer: 'bob' }) as Json;
  on.notify(CLIENT, 'trickle', { session, candidate: { candidate: 'x\r\ny' } });
  expect(on.read(CLIENT)).toEqual([
    { jsonrpc: '2.0', error: { code: 1003, message: expect.any(String), session } },
  ]);
  expect(on.read(BOB)).toEqual([]);
  on.notify(CLIENT, 'trickle', { session, candidate: { candidate: 7 } });
  expect(on.dialect(CLIENT).dropped).toEqual({
    'malformed-candidate': 1,
    'malformed-notification': 1,
  });
});

const insufficient = (session: unknown): Json => ({
  code: 1001,
  message: 'Insufficient resources',
  session,
});

test.each([
  ['the layout of the specification', (error: Json) => ({ jsonrpc: '2.0', error })],
  ['a notification', (error: Json) => ({ jsonrpc: '2.0', method: 'error', params: error })],
])('an error in %s reaches the other side and ends the session', (_, layout) => {
  const on = net();
  const session = connected(on);
  on.text(DEVICE, JSON.stringify(layout(insufficient(session))));
  expect(on.read(CLIENT)).toEqual([{ jsonrpc: '2.0', error: insufficient(session) }]);
  expect(on.call(CLIENT, 'extend', { session })).toMatchObject({ code: 403 });
  const { session: withBob } = on.call(CLIENT, 'connect', { peer: 'bob' }) as Json;
  on.text(CLIENT, JSON.stringify(layout(insufficient(withBob))));
  expect(on.received(BOB, 'peer.disconnect').params).toMatchObject({
    from: 'random-1',
    reason: '1001 Insufficient resources',
  });
});

test('an error about one candidate ends no session, and is nothing to peers without sessions', () => {
  const on = net();
  const session = connected(on);
  const error = { code: 1003, message: 'bad', session };
  on.notify(DEVICE, 'error', error);
  expect(on.read(CLIENT)).toEqual([{ jsonrpc: '2.0', error }]);
  expect(on.call(CLIENT, 'extend', { session })).toEqual({ expiryTimeSeconds: 3600 });
  const { session: withBob } = on.call(CLIENT, 'connect', { peer: 'bob' }) as Json;
  on.notify(CLIENT, 'error', { ...error, session: withBob });
  expect(on.read(BOB)).toEqual([]);
  expect(on.dialect(CLIENT).dropped).toEqual({ 'untranslatable-error': 1 });
});

test('a peer that hangs up or leaves is one that has disconnected: 1002', () => {
  const on = net();
  const { session } = on.call(CLIENT, 'connect', { peer: 'bob' }) as Json;
  on.notify(BOB, 'peer.disconnect', { to: 'random-1', reason: '1001 not from an ONVIF end' });
  expect(on.read(CLIENT)).toMatchObject([{ error: { code: 1002, session } }]);
  const { session: second } = on.call(CLIENT, 'connect', { peer: 'bob' }) as Json;
  expect(second).not.toBe(session);
  on.close(BOB);
  expect(on.read(CLIENT)).toMatchObject([{ error: { code: 1002, session: second } }]);
  expect(on.call(CLIENT, 'connect', { peer: 'bob' })).toMatchObject({ code: 480 });
});

test('connecting again begins a new session in place of the old one, on both sides', () => {
  const on = net();
  const old = connected(on);
  const session = connected(on);
  expect(session).not.toBe(old);
  expect(on.call(DEVICE, 'invite', { session: old, offer: OFFER })).toMatchObject({ code: 400 });
  on.request(DEVICE, 'invite', { session, offer: OFFER });
  expect(on.received(CLIENT, 'invite').params).toMatchObject({ session });
});

test('sessions and what is kept for them are bounded', () => {
  const on = net({}, { maxSessions: 1 });
  const { session } = on.call(CLIENT, 'connect', { peer: 'bob' }) as Json;
  expect(on.call(CLIENT, 'connect', { peer: 'bob' })).toMatchObject({ session });
  expect(on.call(CLIENT, 'connect', { peer: 'device-b1' })).toMatchObject({ code: 480 });
  on.open(4, CANONICAL);
  on.call(4, 'peer.announce', { peer_id: 'dave' });
  const offer = { sdp: OFFER, can_trickle_ice_candidates: true, request_id: 'r' };
  expect(on.call(4, 'peer.offer', { to: 'random-1', ...offer })).toMatchObject({ code: -32015 });
  on.call(4, 'peer.offer', { to: 'device-b1', ...offer });
  for (let i = 0; i < 70; i++) {
    on.notify(4, 'peer.ice_candidate', {
      to: 'device-b1',
      candidate: CANDIDATE,
      sdp_mid: null,
      sdp_m_line_index: null,
    });
  }
  expect(on.dialect(DEVICE).dropped).toEqual({ 'too-many-candidates': 6 });
  on.respond(DEVICE, on.received(DEVICE, 'connect').id, {});
  expect(on.methods(DEVICE).filter((method) => method === 'trickle')).toHaveLength(64);
});

test('a method ONVIF does not have is not found', () => {
  const on = net();
  expect(on.call(CLIENT, 'peer.list', {})).toMatchObject({ code: -32601 });
});

test('a session that a new connect replaces takes its open invitation with it', () => {
  const on = net();
  const session = connected(on);
  const id = on.request(DEVICE, 'invite', { session, offer: OFFER });
  connected(on);
  expect(on.answerTo(DEVICE, id)).toMatchObject({ code: 410 });
  expect(on.hub.snapshot()).toMatchObject({ pendingOffers: 0, dropped: {} });
});

test('of a connect that was refused there is no session', () => {
  const on = net();
  on.request(CLIENT, 'connect', { peer: 'device-b1' });
  const { id, params } = on.received(DEVICE, 'connect');
  on.refuse(DEVICE, id, 480);
  const { session } = params;
  expect(on.call(DEVICE, 'invite', { session, offer: OFFER })).toMatchObject({ code: 400 });
});

test('connecting again to a peer without sessions gives the same session all its time', () => {
  const on = net({}, { sessionLifetime: milliseconds(60_000) });
  const { session } = on.call(CLIENT, 'connect', { peer: 'bob' }) as Json;
  on.pass(40_000);
  expect(on.call(CLIENT, 'connect', { peer: 'bob' })).toMatchObject({ session });
  on.pass(40_000);
  expect(on.call(CLIENT, 'extend', { session })).toEqual({ expiryTimeSeconds: 60 });
});

test('a device that invites before it has answered the call gets nothing more of that call', () => {
  const on = net();
  const id = bobOffers(on, 'device-b1');
  bobTrickles(on, 'device-b1');
  const { id: called, params } = on.received(DEVICE, 'connect');
  on.request(DEVICE, 'invite', { session: params['session'], offer: OFFER });
  expect(on.answerTo(BOB, id)).toMatchObject({ code: -32005 });
  on.respond(DEVICE, called, {});
  expect(on.read(DEVICE)).toEqual([]);
});

test('candidates of an offer that was replaced while it waited are not those of the next', () => {
  const on = net();
  bobOffers(on, 'random-1', 'r1');
  bobTrickles(on, 'random-1');
  on.refuse(CLIENT, on.received(CLIENT, 'connect').id, -32601);
  bobOffers(on, 'random-1', 'r2');
  on.call(CLIENT, 'connect', { peer: 'bob' });
  expect(on.methods(CLIENT)).toEqual(['invite']);
});

test('when a caller leaves, nothing is said any more to what it has asked', () => {
  const on = net();
  on.call(CLIENT, 'connect', { peer: 'bob' });
  bobOffers(on, 'random-1');
  on.close(BOB);
  on.respond(CLIENT, on.received(CLIENT, 'invite').id, { answer: ANSWER });
  expect(on.hub.snapshot().dropped).toEqual({});
});

test('whoever speaks for an ONVIF end can: notes stand where session attributes do (RFC 8866 §5)', () => {
  const on = net();
  on.open(4, CANONICAL);
  on.call(4, 'peer.announce', { peer_id: 'bridge', capabilities: ['webrtc.onvif.org'] });
  on.request(CLIENT, 'connect', { peer: 'bridge', profile: 'p' });
  const { id, params } = on.received(4, 'peer.offer');
  const session = 'random-2';
  const [, json = ''] = /^v=0\r\n[^]*\r\na=x-rm-onvif:(.*)\r\n$/.exec(String(params['sdp'])) ?? [];
  expect(JSON.parse(json)).toEqual({ connect: { session, profile: 'p' } });
  const { request_id } = params;
  on.respond(4, id, { sdp: SDP, can_trickle_ice_candidates: true, request_id });
  on.request(CLIENT, 'invite', { session, offer: OFFER, subprotocols: ['s'] });
  expect(on.received(4, 'peer.offer').params['sdp']).toBe(
    OFFER.replace('m=', 'a=x-rm-onvif:{"subprotocols":["s"]}\r\nm='),
  );
});

test('an invitation does not outlive its session', () => {
  const on = net({}, { sessionLifetime: milliseconds(5_000) });
  const session = connected(on);
  const id = on.request(DEVICE, 'invite', { session, offer: OFFER });
  on.pass(5_000);
  on.close(BOB);
  expect(on.answerTo(DEVICE, id)).toMatchObject({ code: 410 });
});
