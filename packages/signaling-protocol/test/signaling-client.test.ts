import { expect, test } from '@jest/globals';
import { ErrorCode, RpcError, SignalingClient, SignalingError } from '@rm/signaling-protocol';
import type {
  IncomingOffer,
  SignalingClientOptions,
  SignalingEvents,
} from '@rm/signaling-protocol';
import { VirtualWorld } from './support/virtual-world.js';

const URL = 'ws://signaling.test';
const OFFER = { sdp: 'v=0\r\noffer', canTrickle: true };
const ANSWER = { sdp: 'v=0\r\nanswer', canTrickle: false };
const CANDIDATE = {
  candidate: 'candidate:1',
  sdpMLineIndex: 0,
  sdpMid: '0',
  usernameFragment: 'uf',
};
const STATES = {
  connectionState: 'connected',
  iceConnectionState: 'completed',
  iceGatheringState: 'complete',
  signalingState: 'stable',
} as const;

function client(
  world: VirtualWorld,
  peerId: string,
  options: Partial<SignalingClientOptions> & { random?: number } = {},
): SignalingClient {
  return new SignalingClient({
    url: URL,
    peerId,
    runtime: world.runtime(options.random),
    ...options,
  });
}

async function connected(
  world: VirtualWorld,
  peerId: string,
  random?: number,
): Promise<SignalingClient> {
  const made = client(world, peerId, random === undefined ? {} : { random });
  await world.settle(made.connect());
  return made;
}

const NAMES = [
  'connected',
  'reconnecting',
  'peer-announced',
  'peer-left',
  'candidate',
  'state-changed',
  'disconnect',
  'close',
  'listener-error',
] as const satisfies readonly (keyof SignalingEvents)[];

/** Everything `from` tells, as [name, event], in order. */
function record(from: SignalingClient): [string, unknown][] {
  const heard: [string, unknown][] = [];
  for (const name of NAMES) from.on(name, (event) => heard.push([name, event]));
  return heard;
}

const failure = async (
  world: VirtualWorld,
  promise: Promise<unknown>,
): Promise<Error & { code: unknown }> =>
  world.settle(
    promise.then(
      () => Promise.reject(new Error('it succeeded')),
      (error: Error & { code: unknown }) => error,
    ),
  );

test('connect tells who is there, by the agreed sub-protocol', async () => {
  const world = new VirtualWorld();
  const alice = client(world, 'alice', { capabilities: ['audio'], userData: { name: 'Alice' } });
  expect(await world.settle(alice.connect())).toEqual({ peers: [] });
  const heard = record(alice);
  const bob = client(world, 'bob');
  const { peers } = await world.settle(bob.connect());
  expect(peers).toEqual([
    { peerId: 'alice', capabilities: ['audio'], userData: { name: 'Alice' } },
  ]);
  await world.run(20);
  expect(heard).toEqual([['peer-announced', { peerId: 'bob', capabilities: [], userData: {} }]]);
  expect(world.sockets[0]?.protocols).toEqual(['rm.signaling.v1']);
});

test('an offer is answered by the other peer', async () => {
  const world = new VirtualWorld();
  const [alice, bob] = [await connected(world, 'alice'), await connected(world, 'bob')];
  const offers: IncomingOffer[] = [];
  bob.on('offer', (offer) => {
    offers.push(offer);
    expect(offer.answer(ANSWER)).toBe(true);
  });
  expect(await world.settle(alice.offer('bob', OFFER))).toEqual(ANSWER);
  expect(offers[0]).toMatchObject({ from: 'alice', ...OFFER });
  expect(() => offers[0]?.answer(ANSWER)).toThrow(
    expect.objectContaining({ code: 'ALREADY_ANSWERED' }),
  );
});

test('an offer is rejected with the other peer’s code and message', async () => {
  const world = new VirtualWorld();
  const [alice, bob] = [await connected(world, 'alice'), await connected(world, 'bob')];
  bob.on('offer', (offer) => offer.reject(ErrorCode.NEGOTIATION_IN_PROGRESS, 'glare'));
  const error = await failure(world, alice.offer('bob', OFFER));
  expect(error).toBeInstanceOf(RpcError);
  expect(error).toMatchObject({ code: -32005, message: 'glare' });
});

test('offers to nobody, to a deaf peer and to a silent one fail with their codes', async () => {
  const world = new VirtualWorld();
  const [alice] = [await connected(world, 'alice'), await connected(world, 'deaf')];
  const silent = await connected(world, 'silent');
  const unanswered: IncomingOffer[] = [];
  silent.on('offer', (offer) => unanswered.push(offer));
  expect((await failure(world, alice.offer('nobody', OFFER))).code).toBe(ErrorCode.PEER_NOT_FOUND);
  expect((await failure(world, alice.offer('deaf', OFFER))).code).toBe(ErrorCode.CONNECTION_FAILED);
  const start = world.now;
  expect((await failure(world, alice.offer('silent', OFFER))).code).toBe(ErrorCode.TIMEOUT);
  expect((world.now - start) / 1_000).toBeCloseTo(10_010, -1);
  await world.run(20);
  expect(unanswered[0]?.answer(ANSWER)).toBe(false);
});

test('a server that swallows an offer is timed out by the client itself', async () => {
  const world = new VirtualWorld();
  const alice = client(world, 'alice', { offerTimeoutMs: 3_000 });
  await world.settle(alice.connect());
  const [socket] = world.sockets;
  const offer = failure(world, alice.offer('bob', OFFER));
  if (socket !== undefined) socket.stalled = true;
  expect(await offer).toMatchObject({ code: ErrorCode.TIMEOUT });
});

test('candidates, states and disconnects arrive with their sender, in order', async () => {
  const world = new VirtualWorld();
  const [alice, bob] = [await connected(world, 'alice'), await connected(world, 'bob')];
  const heard = record(bob);
  expect(alice.sendCandidate('bob', CANDIDATE)).toBe(true);
  alice.sendCandidate('bob', { candidate: '', sdpMLineIndex: null, sdpMid: null });
  alice.sendState('bob', STATES);
  alice.sendDisconnect('bob', 'user_requested');
  await world.run(20);
  const end = { candidate: '', sdpMLineIndex: null, sdpMid: null, usernameFragment: null };
  expect(heard).toEqual([
    ['candidate', { from: 'alice', candidate: CANDIDATE }],
    ['candidate', { from: 'alice', candidate: end }],
    ['state-changed', { from: 'alice', states: STATES }],
    ['disconnect', { from: 'alice', reason: 'user_requested' }],
  ]);
});

test.each([
  ['refused', 'UNREACHABLE', /ws:\/\/signaling\.test \(connect ECONNREFUSED, code 1006\); check/],
  ['silent', 'TIMEOUT', /ws:\/\/signaling\.test did not answer within 10000 ms/],
] as const)('connect to a server that is %s fails as %s', async (network, code, message) => {
  const world = new VirtualWorld();
  world.network = network;
  const alice = client(world, 'alice');
  const error = await failure(world, alice.connect());
  expect(error).toBeInstanceOf(SignalingError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as unknown });
  world.network = 'up';
  expect(await world.settle(alice.connect())).toEqual({ peers: [] });
});

test('connect under an id that is taken names the id and carries the server’s error', async () => {
  const world = new VirtualWorld();
  await connected(world, 'alice');
  const error = await failure(world, client(world, 'alice').connect());
  expect(error.code).toBe('PEER_ID_TAKEN');
  expect(error.message).toBe(
    'peer id alice is taken in room default at ws://signaling.test; choose another',
  );
  expect(error.cause).toMatchObject({ code: ErrorCode.PEER_ID_TAKEN });
  await world.run(2_000);
  expect(world.sockets[1]?.closes).toEqual([1000]);
});

test('connect to what is no WebSocket address fails as INVALID_URL', async () => {
  const world = new VirtualWorld();
  const alice = client(world, 'alice', { url: 'http://x' });
  expect(await failure(world, alice.connect())).toMatchObject({ code: 'INVALID_URL' });
});

test('connect can be aborted, and then called again', async () => {
  const world = new VirtualWorld();
  world.network = 'silent';
  const alice = client(world, 'alice');
  const abort = new AbortController();
  const attempt = failure(world, alice.connect({ signal: abort.signal }));
  const reason = new Error('changed my mind');
  abort.abort(reason);
  expect(await attempt).toBe(reason);
  expect(await failure(world, alice.connect({ signal: abort.signal }))).toBe(reason);
  world.network = 'up';
  await world.settle(alice.connect());
  await world.run(2_000);
  expect(world.sockets.map(({ terminated }) => terminated)).toEqual([true, false]);
});

test('an aborted offer is forgotten: its late answer does no harm', async () => {
  const world = new VirtualWorld();
  const [alice, bob] = [await connected(world, 'alice'), await connected(world, 'bob')];
  const offers: IncomingOffer[] = [];
  bob.on('offer', (offer) => offers.push(offer));
  const abort = new AbortController();
  const offer = failure(world, alice.offer('bob', OFFER, { signal: abort.signal }));
  await world.run(20);
  abort.abort(new Error('gave up'));
  expect((await offer).message).toBe('gave up');
  offers[0]?.answer(ANSWER);
  await world.run(20);
  expect(alice.dropped).toEqual({ 'unmatched-response': 1 });
});

test('a lost connection is made again, with a fresh list of peers', async () => {
  const world = new VirtualWorld();
  const alice = await connected(world, 'alice');
  const bob = await connected(world, 'bob');
  await world.run(20);
  const heard = record(alice);
  const offer = failure(world, alice.offer('bob', OFFER));
  world.sockets[0]?.die(1006, '');
  expect(alice.sendCandidate('bob', CANDIDATE)).toBe(false);
  expect(await failure(world, alice.offer('bob', OFFER))).toMatchObject({ code: 'NOT_CONNECTED' });
  expect(await offer).toMatchObject({ code: 'CONNECTION_LOST' });
  await world.run(300);
  expect(heard).toEqual([
    [
      'reconnecting',
      { attempt: 1, delayMs: 250, cause: expect.objectContaining({ code: 'CONNECTION_LOST' }) },
    ],
    ['connected', { peers: [{ peerId: 'bob', capabilities: [], userData: {} }], resumed: false }],
  ]);
  await world.settle(bob.close());
});

test('an offer cannot be answered on another connection than it came by', async () => {
  const world = new VirtualWorld();
  const [alice, bob] = [await connected(world, 'alice'), await connected(world, 'bob', 0)];
  const offers: IncomingOffer[] = [];
  bob.on('offer', (offer) => offers.push(offer));
  const offer = failure(world, alice.offer('bob', OFFER));
  await world.run(20);
  world.sockets[1]?.die(1006, '');
  await world.run(100);
  expect(offers[0]?.answer(ANSWER)).toBe(false);
  expect((await offer).code).toBe(ErrorCode.PEER_NOT_FOUND);
  expect(world.sockets[2]?.sent).toHaveLength(1);
});

test('a full room of talkative peers can be read, and a limit on that is kept', async () => {
  const world = new VirtualWorld();
  let deep: Record<string, unknown> = {};
  for (let depth = 0; depth < 28; depth++) deep = { deep };
  const userData = { deep, long: 'x'.repeat(7_000) };
  for (let n = 0; n < 50; n++)
    await world.settle(client(world, `peer-${n}`, { userData }).connect());
  const { peers } = await world.settle(client(world, 'listener').connect());
  expect(peers.map((peer) => peer.userData)).toEqual(Array(50).fill(userData));
  const small = client(world, 'small', { maxMessageBytes: 10_000 });
  expect((await failure(world, small.connect())).code).toBe('TIMEOUT');
  expect(small.dropped).toEqual({ 'message-too-large': 1 });
});

test('a signal is let go when what it could abort is over', async () => {
  const world = new VirtualWorld();
  const listeners = new Set<() => void>();
  const signal = {
    aborted: false,
    reason: undefined,
    addEventListener: (_type: 'abort', listener: () => void) => void listeners.add(listener),
    removeEventListener: (_type: 'abort', listener: () => void) => void listeners.delete(listener),
  };
  const alice = client(world, 'alice');
  const attempt = alice.connect({ signal });
  expect(listeners.size).toBe(1);
  await world.settle(attempt);
  await failure(world, alice.offer('nobody', OFFER, { signal }));
  expect(listeners.size).toBe(0);
});

test('reconnection backs off from 0.5 s to 10 s with full jitter, for ever', async () => {
  const world = new VirtualWorld();
  const alice = await connected(world, 'alice', 0.999_999);
  world.network = 'refused';
  world.dialedAt.length = 0;
  const start = world.now / 1_000;
  const delays: number[] = [];
  alice.on('reconnecting', ({ delayMs }) => delays.push(Math.round(delayMs)));
  world.sockets[0]?.die(1006, '');
  await world.run(60_000);
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000, 10_000]);
  expect(world.dialedAt.slice(0, 3).map((ms) => Math.round(ms - start))).toEqual([
    500, 1_505, 3_510,
  ]);
  world.network = 'up';
  await world.run(10_000);
  expect(alice.sendDisconnect('x', 'y')).toBe(true);
});

test('no jitter is too early: a random of zero dials at once', async () => {
  const world = new VirtualWorld();
  const alice = await connected(world, 'alice', 0);
  world.sockets[0]?.die(1006, '');
  await world.run(20);
  expect(alice.sendDisconnect('x', 'y')).toBe(true);
});

test('a server that accepts and drops at once is dialed ever more slowly', async () => {
  const world = new VirtualWorld();
  const alice = await connected(world, 'alice', 0.5);
  const attempts: number[] = [];
  alice.on('reconnecting', ({ attempt }) => attempts.push(attempt));
  const drop = async (): Promise<void> => {
    world.sockets.at(-1)?.die(1013, 'busy');
    await world.run(6_000);
  };
  await drop();
  await drop();
  await drop();
  await world.run(10_000);
  await drop();
  expect(attempts).toEqual([1, 2, 3, 1]);
});

test('an id held by the own stale connection is tried for until it is free', async () => {
  const world = new VirtualWorld();
  const alice = await connected(world, 'alice');
  const causes: string[] = [];
  alice.on('reconnecting', ({ cause }) => causes.push(cause.code));
  world.sockets[0]?.die(1006, '');
  const usurper = client(world, 'alice');
  await world.settle(usurper.connect());
  await world.run(3_000);
  await world.settle(usurper.close());
  await world.run(10_000);
  expect(causes[0]).toBe('CONNECTION_LOST');
  expect(causes.slice(1)).toContain('PEER_ID_TAKEN');
  expect(alice.sendDisconnect('x', 'y')).toBe(true);
});

test('close says goodbye, rejects what is pending, and releases everything', async () => {
  const world = new VirtualWorld();
  const [alice, bob] = [await connected(world, 'alice'), await connected(world, 'bob')];
  await world.run(20);
  const [told, own] = [record(alice), record(bob)];
  alice.on('offer', () => undefined);
  const offer = failure(world, bob.offer('alice', OFFER));
  const closing = bob.close('done');
  await world.settle(Promise.all([closing, bob.close('again')]));
  expect(await offer).toMatchObject({ code: 'CLOSED' });
  await world.run(20);
  expect(told).toEqual([['peer-left', { peerId: 'bob', reason: 'left' }]]);
  expect(own).toEqual([['close', { reason: 'done' }]]);
  expect(await failure(world, bob.connect())).toMatchObject({ code: 'CLOSED' });
  expect(await failure(world, bob.offer('alice', OFFER))).toMatchObject({ code: 'CLOSED' });
  expect(bob.sendCandidate('alice', CANDIDATE)).toBe(false);
  await world.settle(alice[Symbol.asyncDispose]());
  await world.run(20);
  expect(world.timers).toBe(0);
  expect(world.hub.snapshot()).toMatchObject({ connections: 0, pendingOffers: 0 });
});

test.each(['idle', 'dialing', 'waiting'] as const)('close while %s ends it all', async (when) => {
  const world = new VirtualWorld();
  const alice = when === 'waiting' ? await connected(world, 'alice') : client(world, 'alice');
  const heard = record(alice);
  world.network = 'silent';
  if (when === 'waiting') world.sockets[0]?.die(1006, '');
  const attempt = when === 'dialing' ? failure(world, alice.connect()) : undefined;
  await world.settle(alice.close('over'));
  expect((await attempt)?.code).toBe(attempt === undefined ? undefined : 'CLOSED');
  await world.run(30_000);
  expect(heard.filter(([name]) => name !== 'reconnecting')).toEqual([
    ['close', { reason: 'over' }],
  ]);
  expect(world.timers).toBe(0);
});

test('close cuts off a socket whose other end does not close', async () => {
  const world = new VirtualWorld();
  const alice = await connected(world, 'alice');
  const [socket] = world.sockets;
  if (socket !== undefined) socket.stalled = true;
  const start = world.now;
  await world.settle(alice.close());
  expect((world.now - start) / 1_000).toBe(1_000);
  expect(socket?.terminated).toBe(true);
});

test('a listener that throws is reported, and the others are called', async () => {
  const world = new VirtualWorld();
  const alice = client(world, 'alice');
  const heard: unknown[] = [];
  const thrown = new Error('mine');
  alice.on('connected', () => {
    throw thrown;
  });
  const remove = alice.on('connected', () => heard.push('removed'));
  alice.on('connected', () => heard.push('second'));
  alice.on('listener-error', (event) => heard.push(event));
  remove();
  await world.settle(alice.connect());
  expect(heard).toEqual([{ event: 'connected', error: thrown }, 'second']);
});

test('listeners may call the client: every event is told whole before the next', async () => {
  const world = new VirtualWorld();
  const alice = client(world, 'alice');
  const heard: string[] = [];
  alice.on('connected', () => {
    heard.push('first');
    void alice.close('enough');
  });
  alice.on('connected', () => heard.push('second'));
  alice.on('close', ({ reason }) => heard.push(reason));
  await world.settle(alice.connect());
  await world.run(2_000);
  expect(heard).toEqual(['first', 'second', 'enough']);
});

test('what is not of the protocol is dropped and counted, and calls are answered', async () => {
  const world = new VirtualWorld();
  const alice = await connected(world, 'alice');
  const [socket] = world.sockets;
  if (socket === undefined) throw new Error('no socket');
  socket.sent.length = 0;
  socket.deliver(new Uint8Array(3));
  socket.deliver('nonsense');
  socket.deliver(
    '{"jsonrpc":"2.0","method":"peer.left","params":{"peer_id":"b","reason":"bored"}}',
  );
  socket.deliver(
    '{"jsonrpc":"2.0","method":"peer.left","params":{"peer_id":"b","reason":"left"},"id":7}',
  );
  socket.deliver('{"jsonrpc":"2.0","method":"peer.dance","params":{},"id":8}');
  await world.run(10);
  expect(alice.dropped).toEqual({ 'binary-message': 1, 'not-json': 1, 'invalid-notification': 1 });
  expect(socket.sent.map((text) => JSON.parse(text) as unknown)).toMatchObject([
    { error: { code: -32700 }, id: null },
    { result: null, id: 7 },
    { error: { code: -32601 }, id: 8 },
  ]);
});

test('a batch from the server is answered as one, and its offer counts as answered', async () => {
  const world = new VirtualWorld();
  const alice = await connected(world, 'alice');
  const offers: IncomingOffer[] = [];
  alice.on('offer', (offer) => offers.push(offer));
  const [socket] = world.sockets;
  if (socket === undefined) throw new Error('no socket');
  socket.sent.length = 0;
  const offer = (id: number): unknown => ({
    jsonrpc: '2.0',
    method: 'peer.offer',
    params: {
      from: 'bob',
      to: 'alice',
      sdp: 'v=0\n',
      can_trickle_ice_candidates: true,
      request_id: 'r',
    },
    id,
  });
  socket.deliver(JSON.stringify([offer(1), offer(2)]));
  await world.run(10);
  expect(offers.map((each) => each.answer(ANSWER))).toEqual([true, true]);
  expect(socket.sent.map((text) => JSON.parse(text) as unknown)).toMatchObject([
    [{ id: 1 }, { id: 2 }],
  ]);
});

test('an offer left unanswered is refused for the application after 10 s', async () => {
  const world = new VirtualWorld();
  const alice = await connected(world, 'alice');
  alice.on('offer', () => undefined);
  const [socket] = world.sockets;
  if (socket === undefined) throw new Error('no socket');
  socket.sent.length = 0;
  const params = {
    from: 'b',
    to: 'alice',
    sdp: 'v=0\n',
    can_trickle_ice_candidates: true,
    request_id: 'r',
  };
  socket.deliver(JSON.stringify({ jsonrpc: '2.0', method: 'peer.offer', params, id: 1 }));
  await world.run(10_100);
  expect(JSON.parse(socket.sent[0] ?? '')).toMatchObject({
    error: { code: ErrorCode.TIMEOUT },
    id: 1,
  });
});

test('misuse throws at once and says what to correct', async () => {
  const world = new VirtualWorld();
  const invalid = expect.objectContaining({ name: 'SignalingError', code: 'INVALID_ARGUMENT' });
  expect(() => client(world, 'no spaces')).toThrow(invalid);
  expect(() => client(world, 'a', { room: '..' })).toThrow(invalid);
  expect(() => client(world, 'a', { offerTimeoutMs: 0 })).toThrow(invalid);
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  expect(() => client(world, 'a', { userData: cycle })).toThrow(invalid);
  const alice = await connected(world, 'alice');
  expect(() => alice.sendCandidate('b', { ...CANDIDATE, candidate: 'host' })).toThrow(invalid);
  expect(await failure(world, alice.offer('not an id', OFFER))).toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  expect(await failure(world, alice.connect())).toMatchObject({ code: 'ALREADY_CONNECTED' });
});
