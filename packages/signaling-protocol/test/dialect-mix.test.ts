import { expect, test } from '@jest/globals';
import { CANONICAL, DialectNet, NONE, ONVIF } from './support/dialect-net.js';
import { SDP } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const OFFER = `${SDP}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n`;
const ANSWER = `${OFFER}a=recvonly\r\n`;
const CANDIDATE = 'candidate:1 1 udp 2130706431 192.0.2.1 54321 typ host';

/** One client of a kind: how it joins, offers, answers, trickles, and what of that it gets. */
interface Speaker {
  readonly subProtocol: string;
  join(net: DialectNet, socket: number, peerId: string): void;
  /** Offers, and gets whatever its server sends it at once. */
  offer(net: DialectNet, socket: number, to: string): number;
  /** Takes the offer of `from` and answers it; returns the offer. */
  answer(net: DialectNet, socket: number, from: string): unknown;
  /** The answer to the offer that was request `id`. */
  answered(net: DialectNet, socket: number, from: string, id: number): unknown;
  trickle(net: DialectNet, socket: number, to: string, candidate: string): void;
  trickled(net: DialectNet, socket: number, from: string): unknown;
  /** Gets to know that `peerId` is gone. */
  left(net: DialectNet, socket: number, peerId: string): unknown;
}

const canonical = (subProtocol: string): Speaker => ({
  subProtocol,
  join: (net, socket, peer_id) =>
    expect(net.call(socket, 'peer.announce', { peer_id })).toMatchObject({ status: 'registered' }),
  offer: (net, socket, to) =>
    net.request(socket, 'peer.offer', {
      to,
      sdp: OFFER,
      can_trickle_ice_candidates: true,
      request_id: 'r',
    }),
  answer(net, socket, from) {
    const { params, id } = net.received(socket, 'peer.offer');
    expect(params['from']).toBe(from);
    const { request_id } = params;
    net.respond(socket, id, { sdp: ANSWER, can_trickle_ice_candidates: true, request_id });
    return params['sdp'];
  },
  answered(net, socket, _, id) {
    const result = net.answerTo(socket, id) as Json;
    expect(result['request_id']).toBe('r');
    return result['sdp'];
  },
  trickle: (net, socket, to, candidate) =>
    net.notify(socket, 'peer.ice_candidate', {
      to,
      candidate,
      sdp_mid: '0',
      sdp_m_line_index: 0,
      user_fragment: 'frag',
    }),
  trickled(net, socket, from) {
    const { params } = net.received(socket, 'peer.ice_candidate');
    expect(params).toMatchObject({ from, sdp_mid: '0', sdp_m_line_index: 0 });
    return params['candidate'];
  },
  left: (net, socket, peerId) => {
    expect(net.received(socket, 'peer.left').params['peer_id']).toBe(peerId);
  },
});

const rust: Speaker = {
  subProtocol: NONE,
  join: (net, socket, peer_id) =>
    expect(net.call(socket, 'peer.announce', { peer_id, capabilities: ['audio'] })).toMatchObject({
      success: true,
      peer_id,
    }),
  offer(net, socket, to) {
    const id = net.request(socket, 'peer.offer', { from: 'me', to, sdp: OFFER });
    expect(net.answerTo(socket, id)).toEqual({ success: true, to_peer_id: to });
    return id;
  },
  answer(net, socket, from) {
    const { params } = net.received(socket, 'peer.offer');
    expect(params['from']).toBe(from);
    const ack = net.call(socket, 'peer.answer', { from: 'me', to: from, sdp: ANSWER });
    expect(ack).toEqual({ success: true, to_peer_id: from });
    return params['sdp'];
  },
  answered(net, socket, from) {
    const { params, id } = net.received(socket, 'peer.answer');
    expect(id).toBeUndefined();
    expect(params['from']).toBe(from);
    return params['sdp'];
  },
  trickle: (net, socket, to, candidate) =>
    expect(
      net.call(socket, 'peer.ice_candidate', {
        from: 'me',
        to,
        candidate,
        sdp_mid: '0',
        sdp_m_line_index: 0,
      }),
    ).toEqual({ success: true, to_peer_id: to }),
  trickled(net, socket, from) {
    const { params } = net.received(socket, 'peer.ice_candidate');
    expect(params).toMatchObject({ from, sdp_mid: '0', sdp_m_line_index: 0 });
    return params['candidate'];
  },
  left: (net, socket, peerId) =>
    expect(net.received(socket, 'peer.left').params['peer_id']).toBe(peerId),
};

const serverJs: Speaker = {
  subProtocol: NONE,
  join: (net, socket, peer_id) =>
    expect(net.call(socket, 'announce', { peer_id, capabilities: ['audio'] })).toEqual({
      peer_id,
      peers_count: expect.any(Number),
      other_peers: expect.any(Array),
    }),
  offer(net, socket, to) {
    const id = net.request(socket, 'offer', { to_peer_id: to, sdp: OFFER, type: 'offer' });
    expect(net.answerTo(socket, id)).toEqual({ offer_id: expect.any(String), to_peer_id: to });
    return id;
  },
  answer(net, socket, from) {
    const { params, id } = net.received(socket, 'offer');
    expect(id).toBeUndefined();
    expect(params).toMatchObject({
      from_peer_id: from,
      type: 'offer',
      offer_id: expect.any(String),
    });
    const ack = net.call(socket, 'answer', { to_peer_id: from, sdp: ANSWER, type: 'answer' });
    expect(ack).toEqual({ to_peer_id: from });
    return params['sdp'];
  },
  answered(net, socket, from) {
    const { params } = net.received(socket, 'answer');
    expect(params).toMatchObject({ from_peer_id: from, type: 'answer' });
    return params['sdp'];
  },
  trickle: (net, socket, to, candidate) =>
    expect(
      net.call(socket, 'ice_candidate', {
        to_peer_id: to,
        candidate,
        sdp_mid: '0',
        sdp_mline_index: 0,
      }),
    ).toEqual({ to_peer_id: to }),
  trickled(net, socket, from) {
    const { params } = net.received(socket, 'ice_candidate');
    expect(params).toMatchObject({ from_peer_id: from, sdp_mid: '0', sdp_mline_index: 0 });
    return params['candidate'];
  },
  left: (net, socket, peerId) =>
    expect(net.received(socket, 'peer_left').params['peer_id']).toBe(peerId),
};

/** Remembers its sessions by the peer it called, or was called by. */
const sessionOf = new Map<number, unknown>();

const onvif: Speaker = {
  subProtocol: ONVIF,
  join: (net, socket, id) => expect(net.call(socket, 'register', { id })).toEqual({ id }),
  offer(net, socket, to) {
    let session = sessionOf.get(socket);
    if (session === undefined) {
      ({ session } = net.call(socket, 'connect', { peer: to }) as Json);
      sessionOf.set(socket, session);
    }
    return net.request(socket, 'invite', { session, offer: OFFER });
  },
  answer(net, socket) {
    if (net.methods(socket)[0] === 'connect') {
      const { id, params } = net.received(socket, 'connect');
      sessionOf.set(socket, params['session']);
      net.respond(socket, id, {});
    }
    const { params, id } = net.received(socket, 'invite');
    expect(params['session']).toBe(sessionOf.get(socket));
    net.respond(socket, id, { answer: ANSWER });
    return params['offer'];
  },
  answered: (net, socket, _, id) => (net.answerTo(socket, id) as Json)['answer'],
  trickle: (net, socket, _, candidate) =>
    net.notify(socket, 'trickle', {
      session: sessionOf.get(socket),
      candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'frag' },
    }),
  trickled(net, socket) {
    const { session, candidate } = net.received(socket, 'trickle').params as Record<string, Json>;
    expect(session).toBe(sessionOf.get(socket));
    expect(candidate).toMatchObject({ sdpMid: '0', sdpMLineIndex: 0 });
    return candidate?.['candidate'];
  },
  left(net, socket) {
    const notices = net.read(socket).filter((message) => !('method' in message));
    expect(notices).toEqual([
      {
        jsonrpc: '2.0',
        error: { code: 1002, message: expect.any(String), session: sessionOf.get(socket) },
      },
    ]);
  },
};

const SPEAKERS: Readonly<Record<string, Speaker>> = {
  canonical: canonical(CANONICAL),
  'canonical without sub-protocol': canonical(NONE),
  rust,
  'server.js': serverJs,
  onvif,
};

const pairs = Object.keys(SPEAKERS).flatMap((caller) =>
  Object.keys(SPEAKERS)
    // Two ONVIF ends meet by connect, which has tests of its own.
    .filter((callee) => caller !== 'onvif' || callee !== 'onvif')
    .map((callee) => [caller, callee] as const),
);

test.each(pairs)('a call from %s to %s: offer, answer, candidates both ways, leaving', (a, b) => {
  const caller = SPEAKERS[a] as Speaker;
  const callee = SPEAKERS[b] as Speaker;
  sessionOf.clear();
  const net = new DialectNet();
  net.open(1, caller.subProtocol);
  net.open(2, callee.subProtocol);
  caller.join(net, 1, 'alice');
  callee.join(net, 2, 'bob');
  net.clear();

  const id = caller.offer(net, 1, 'bob');
  caller.trickle(net, 1, 'bob', CANDIDATE);
  expect(callee.answer(net, 2, 'alice')).toBe(OFFER);
  expect(callee.trickled(net, 2, 'alice')).toBe(CANDIDATE);
  expect(caller.answered(net, 1, 'bob', id)).toBe(ANSWER);
  callee.trickle(net, 2, 'alice', '');
  expect(caller.trickled(net, 1, 'bob')).toBe('');
  expect(net.hub.snapshot().pendingOffers).toBe(0);

  // The callee offers anew in the same call.
  const again = callee.offer(net, 2, 'alice');
  expect(caller.answer(net, 1, 'bob')).toBe(OFFER);
  expect(callee.answered(net, 2, 'alice', again)).toBe(ANSWER);

  net.close(2);
  caller.left(net, 1, 'bob');
  expect(net.read(1)).toEqual([]);
  expect(net.hub.snapshot()).toMatchObject({ pendingOffers: 0, dropped: {} });
});
