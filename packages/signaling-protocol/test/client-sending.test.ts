import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ErrorCode, SignalingClient } from '@rm/signaling-protocol';
import type {
  IncomingOffer,
  SignalingClientOptions,
  SignalingEvents,
} from '@rm/signaling-protocol';
import type { Json } from './support/hub-driver.js';
import { ResumingServer } from './support/resuming-server.js';
import { VirtualWorld } from './support/virtual-world.js';
import type { VirtualSocket } from './support/virtual-world.js';

const OFFER = { sdp: 'v=0\r\noffer', canTrickle: true };
const ANSWER = { sdp: 'v=0\r\nanswer', canTrickle: false };
const STATES = {
  connectionState: 'connected',
  iceConnectionState: 'completed',
  iceGatheringState: 'complete',
  signalingState: 'stable',
} as const;
const candidate = (name: number | string, length = 0) => ({
  candidate: `candidate:${name}`.padEnd(length, '~'),
  sdpMLineIndex: 0,
  sdpMid: '0',
});

interface Scene {
  readonly world: VirtualWorld;
  readonly server: ResumingServer;
  readonly client: SignalingClient;
  readonly events: [string, unknown][];
  readonly send: (...names: (number | string)[]) => void;
  /** The connection breaks: what is on its way is lost, what comes after waits. */
  readonly lose: () => void;
  readonly socket: () => VirtualSocket;
}

const NAMES = ['connected', 'lost'] as const satisfies readonly (keyof SignalingEvents)[];

async function join(
  prepare: (server: ResumingServer) => void = () => undefined,
  options: Partial<SignalingClientOptions> = {},
): Promise<Scene> {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  prepare(server);
  const runtime = world.runtime();
  const client = new SignalingClient({ url: 'ws://x', peerId: 'alice', runtime, ...options });
  await world.settle(client.connect());
  const events: [string, unknown][] = [];
  for (const name of NAMES) client.on(name, (event) => events.push([name, event]));
  const socket = (): VirtualSocket => world.sockets.at(-1) as VirtualSocket;
  return {
    world,
    server,
    client,
    events,
    send: (...names) => {
      for (const name of names) {
        expect(client.sendCandidate('bob', candidate(name))).toBe(true);
      }
    },
    lose: () => socket().die(1006, ''),
    socket,
  };
}

const nameOf = (message: Json): unknown => {
  const params = (message['params'] ?? message['result']) as Json;
  return String(params['candidate'] ?? params['request_id'] ?? message['method'])
    .replace('candidate:', '')
    .replaceAll('~', '');
};
const names = (messages: readonly Json[]): unknown[] => messages.map(nameOf);
const seqs = (messages: readonly Json[]): unknown[] => messages.map((message) => message['seq']);
const upTo = (last: number, first = 1): string[] =>
  Array.from({ length: last - first + 1 }, (_, n) => String(first + n));

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it succeeded',
    (error: { code: unknown }) => error.code,
  );

const offerText = (id: number): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'peer.offer',
    params: {
      from: 'bob',
      to: 'alice',
      sdp: 'v=0\n',
      can_trickle_ice_candidates: true,
      request_id: `of-bob-${id}`,
    },
    id,
    seq: id,
  });

test('what is sent to a server that resumes is numbered from 1, the announcement is not', async () => {
  const { world, server, client, send, socket } = await join();
  send('a');
  const answer = client.offer('bob', OFFER);
  client.on('offer', (offer) => offer.answer(ANSWER));
  await world.run(10);
  socket().deliver(offerText(1));
  await world.run(20);
  expect(names(server.arrived)).toEqual(['a', 'offer-1', 'of-bob-1']);
  expect(seqs(server.arrived)).toEqual([1, 2, 3]);
  expect(JSON.parse(socket().sent[0] ?? '')).not.toHaveProperty('seq');
  server.respond(socket(), server.arrived[1]?.['id'], {
    sdp: 'v=0',
    can_trickle_ice_candidates: true,
    request_id: 'offer-1',
  });
  expect(await world.settle(answer)).toEqual({ sdp: 'v=0', canTrickle: true });
});

test('a server that cannot resume gets no numbers, and nothing waits for it', async () => {
  const { world, server, client, send, lose, events } = await join((it) => (it.canResume = false));
  send('a');
  await world.run(10);
  expect(server.arrived).toEqual([expect.not.objectContaining({ seq: 1 })]);
  const offer = codeOf(client.offer('bob', OFFER));
  lose();
  expect(await offer).toBe('CONNECTION_LOST');
  expect(client.sendCandidate('bob', candidate('b'))).toBe(false);
  expect(await codeOf(client.offer('bob', OFFER))).toBe('NOT_CONNECTED');
  await world.run(1_000);
  expect(events).toEqual([['connected', { peers: [], resumed: false }]]);
  expect(server.arrived).toEqual([]);
});

test('what was on its way when the connection broke arrives once, in order, before anything new', async () => {
  const { world, server, events, client, send, lose } = await join();
  send(1, 2);
  await world.run(10);
  send(3);
  client.on('connected', () => send(4));
  lose();
  expect(names(server.arrived)).toEqual(['1', '2']);
  await world.run(300);
  expect(names(server.arrived)).toEqual(upTo(4));
  expect(seqs(server.arrived)).toEqual([1, 2, 3, 4]);
  expect(server.duplicates).toBe(0);
  expect(server.announcements[1]).toMatchObject({ resume_token: 'token-1', last_seq: 0 });
  expect(events).toEqual([['connected', { peers: [], resumed: true }]]);
});

test('what is given while the connection is away arrives when it is back', async () => {
  const { world, server, client, send, lose, socket } = await join();
  const offers: IncomingOffer[] = [];
  client.on('offer', (offer) => offers.push(offer));
  socket().deliver(offerText(1));
  await world.run(10);
  send('on its way');
  lose();
  send('away');
  client.sendState('bob', STATES);
  const offer = client.offer('bob', OFFER);
  client.sendDisconnect('carol', 'enough');
  expect(offers[0]?.answer(ANSWER)).toBe(true);
  const peers = client.peers();
  await world.run(300);
  expect(names(server.arrived)).toEqual([
    'on its way',
    'away',
    'peer.state_changed',
    'offer-1',
    'peer.disconnect',
    'of-bob-1',
    'peer.list',
  ]);
  const wire = { sdp: 'v=0', can_trickle_ice_candidates: true, request_id: 'offer-1' };
  server.respond(socket(), server.arrived[3]?.['id'], wire);
  server.respond(socket(), server.arrived[6]?.['id'], { peers: [], presence_version: 1 });
  expect(await world.settle(offer)).toEqual({ sdp: 'v=0', canTrickle: true });
  expect(await world.settle(peers)).toEqual([]);
});

test('nothing is lost or doubled when the way back breaks too', async () => {
  const { world, server, send, lose } = await join();
  send(1);
  lose();
  send(2);
  await world.run(252);
  expect(world.sockets).toHaveLength(2);
  lose();
  send(3);
  await world.run(512);
  expect(world.sockets).toHaveLength(3);
  // The announcement has arrived, its result has not.
  expect(server.announcements).toHaveLength(2);
  lose();
  send(4);
  world.network = 'refused';
  await world.run(2_000);
  world.network = 'up';
  await world.run(10_000);
  lose();
  send(5);
  await world.run(10_000);
  expect(names(server.arrived)).toEqual(upTo(5));
  expect(server.duplicates).toBe(0);
});

test('an older server that does not tell what it has gets what was given while away', async () => {
  const { world, server, events, send, lose } = await join((it) => (it.tellsReceived = false));
  send('arrives');
  await world.run(10);
  send('lost on its way');
  lose();
  send('first');
  await world.run(300);
  expect(names(server.arrived)).toEqual(['arrives', 'first']);
  lose();
  send('second');
  // The way back breaks once: what waits was not given to that socket.
  await world.run(502);
  expect(world.sockets).toHaveLength(3);
  lose();
  await world.run(2_000);
  expect(names(server.arrived)).toEqual(['arrives', 'first', 'second']);
  expect(server.duplicates).toBe(0);
  expect(events.map(([name]) => name)).toEqual(['connected', 'connected']);
});

test('what is too much to be kept is reported lost, and its offers fail', async () => {
  const { world, server, client, events, send, lose } = await join();
  send('early');
  await world.run(10);
  lose();
  send(1, 2);
  const early = codeOf(client.offer('bob', OFFER));
  const late: Promise<unknown>[] = [];
  send(...upTo(254, 3));
  late.push(client.offer('bob', OFFER));
  send(255, 256, 257);
  await world.run(300);
  expect(await early).toBe('CONNECTION_LOST');
  expect(events).toEqual([
    ['connected', { peers: [], resumed: true }],
    ['lost', { messages: 2 }],
  ]);
  expect(names(server.arrived)).toEqual(['early', ...upTo(254, 3), 'offer-2', ...upTo(257, 255)]);
  expect(seqs(server.arrived).slice(0, 2)).toEqual([1, 5]);
  expect(await Promise.race([...late, Promise.resolve('pending')])).toBe('pending');
});

test('what was reported lost is not reported again when the way back breaks', async () => {
  const { world, server, events, send, lose } = await join();
  lose();
  send(...upTo(258));
  await world.run(266);
  expect(events.map(([name]) => name)).toEqual(['connected', 'lost']);
  // All that was sent again is on its way, and goes with the connection.
  lose();
  await world.run(1_000);
  expect(events.slice(1)).toEqual([
    ['lost', { messages: 2 }],
    ['connected', { peers: [], resumed: true }],
  ]);
  expect(names(server.arrived)).toEqual(upTo(258, 3));
});

test('what is kept is bounded in bytes as well', async () => {
  const { world, server, client, events, lose } = await join();
  lose();
  for (const n of upTo(255)) client.sendCandidate('bob', candidate(n, 1_024));
  await world.run(300);
  const [, [, lost]] = events as [unknown, [string, { messages: number }]];
  expect(server.arrived).toHaveLength(255 - lost.messages);
  const bytes = server.arrived.map((message) => JSON.stringify(message)).join('').length;
  expect(bytes).toBeLessThanOrEqual(262_144);
  expect(bytes).toBeGreaterThan(262_144 - 1_300);
  expect(names(server.arrived).at(-1)).toBe('255');
});

test('a place that is gone takes with it what was given for it while away, and says so', async () => {
  const { world, server, client, events, send, lose } = await join();
  send('arrives');
  await world.run(10);
  lose();
  send('a', 'b');
  const offer = codeOf(client.offer('bob', OFFER));
  server.forget();
  await world.run(300);
  expect(await offer).toBe('CONNECTION_LOST');
  expect(events).toEqual([
    ['connected', { peers: [], resumed: false }],
    ['lost', { messages: 2 }],
  ]);
  expect(server.arrived).toEqual([]);
  send('anew');
  await world.run(10);
  expect(server.arrived).toMatchObject([{ seq: 1 }]);
  events.length = 0;
  lose();
  server.forget();
  await world.run(1_000);
  expect(events.splice(0)).toEqual([['connected', { peers: [], resumed: false }]]);
  lose();
  send('c');
  server.forget();
  await world.run(2_000);
  expect(events[1]).toEqual(['lost', { messages: 1 }]);
});

test('before the first connection there is no place that anything could wait for', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const client = new SignalingClient({ url: 'ws://x', peerId: 'alice', runtime: world.runtime() });
  const connecting = client.connect();
  await world.run(6);
  // The announcement is on its way.
  expect(client.sendCandidate('bob', candidate(1))).toBe(false);
  expect(await codeOf(client.offer('bob', OFFER))).toBe('NOT_CONNECTED');
  await world.settle(connecting);
  await world.run(10);
  expect(server.arrived).toEqual([]);
});

test('all that did not fit counts as lost with a place that is gone', async () => {
  const { world, server, client, events, send, lose } = await join();
  lose();
  send(...upTo(300));
  const offer = codeOf(client.offer('bob', OFFER));
  server.forget();
  await world.run(300);
  expect(await offer).toBe('CONNECTION_LOST');
  expect(events[1]).toEqual(['lost', { messages: 300 }]);
});

test('an offer that was given up or timed out while away does not come late', async () => {
  const { world, server, client, events, send, lose } = await join();
  const abort = new AbortController();
  const onItsWay = codeOf(client.offer('bob', OFFER));
  world.network = 'refused';
  lose();
  const aborted = codeOf(client.offer('bob', OFFER, { signal: abort.signal }));
  const inTime = codeOf(client.offer('bob', OFFER));
  abort.abort(Object.assign(new Error('enough'), { code: 'ENOUGH' }));
  await world.run(12_000);
  expect(await Promise.all([onItsWay, aborted, inTime])).toEqual([
    ErrorCode.TIMEOUT,
    'ENOUGH',
    ErrorCode.TIMEOUT,
  ]);
  send('a');
  world.network = 'up';
  await world.run(10_000);
  expect(names(server.arrived).slice(0, 1)).toEqual(['a']);
  expect(events).toEqual([['connected', { peers: [], resumed: true }]]);
  lose();
  abort.abort();
  const last = codeOf(client.offer('bob', OFFER));
  world.network = 'refused';
  await world.run(12_000);
  expect(await last).toBe(ErrorCode.TIMEOUT);
  events.length = 0;
  server.forget();
  world.network = 'up';
  await world.run(10_000);
  // A request that has failed before is not lost once more.
  expect(events).toEqual([['connected', { peers: [], resumed: false }]]);
});

test('256 requests may wait, while away too', async () => {
  const { client, lose } = await join();
  lose();
  const offers = upTo(256).map(() => codeOf(client.offer('bob', OFFER)));
  expect(await codeOf(client.offer('bob', OFFER))).toBe('TOO_MANY_REQUESTS');
  await client.close();
  expect(new Set(await Promise.all(offers))).toEqual(new Set(['CLOSED']));
});

test.each([
  ['more than was sent', 99],
  ['less than before', 0],
])('a server that says it has %s does no harm', async (_, received_seq) => {
  const { world, server, client, events, send, lose, socket } = await join();
  send(1, 2);
  const peers = client.peers();
  await world.run(10);
  server.respond(socket(), server.arrived[2]?.['id'], { peers: [], presence_version: 1 });
  await world.settle(peers);
  lose();
  await world.run(300);
  server.more = { received_seq };
  lose();
  send(3);
  await world.run(1_000);
  send(4);
  await world.run(10);
  const lost = events.filter(([name]) => name === 'lost').map(([, event]) => event);
  expect(lost).toEqual(received_seq === 0 ? [{ messages: 3 }] : []);
  expect(names(server.arrived)).toEqual([
    '1',
    '2',
    'peer.list',
    ...(received_seq === 0 ? ['3'] : []),
    '4',
  ]);
});

test('a server that says resumed to who did not ask begins a place all the same', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const peers = [{ peer_id: 'bob', capabilities: [], user_data: {} }];
  server.more = { resumed: true, peers };
  const client = new SignalingClient({ url: 'ws://x', peerId: 'alice', runtime: world.runtime() });
  const told: unknown[] = [];
  client.on('connected', (event) => told.push(event));
  await world.settle(client.connect());
  expect(told).toEqual([
    { peers: [{ peerId: 'bob', capabilities: [], userData: {} }], resumed: false },
  ]);
  client.sendCandidate('bob', candidate(1));
  await world.run(10);
  expect(server.arrived).toMatchObject([{ seq: 1 }]);
});

test('a fresh token takes the place of the one before', async () => {
  const { world, server, lose } = await join();
  server.more = { resume_token: 'fresh' };
  lose();
  await world.run(300);
  server.more = {};
  lose();
  await world.run(1_000);
  expect(server.announcements.map((params) => params['resume_token'])).toEqual([
    expect.stringMatching(/^[0-9a-f]{32}$/),
    'token-1',
    'fresh',
  ]);
});

test('announcements that failed do not pile up', async () => {
  const { world, server, send, lose } = await join(undefined, { offerTimeoutMs: 1e9 });
  const { script } = world;
  world.script = (socket) => socket.die(1013, 'busy');
  lose();
  send(1);
  await world.run(1_500_000);
  expect(world.sockets.length).toBeGreaterThan(260);
  world.script = script;
  await world.run(10_000);
  expect(names(server.arrived)).toEqual(['1']);
});

test('requests that were lost make room for others', async () => {
  const { world, server, client, events, send, lose } = await join(undefined, {
    offerTimeoutMs: 1e9,
  });
  lose();
  const lost = upTo(200).map(() => codeOf(client.offer('bob', OFFER)));
  send(...upTo(256));
  await world.run(300);
  expect(new Set(await Promise.all(lost))).toEqual(new Set(['CONNECTION_LOST']));
  expect(events.map(([name]) => name)).toEqual(['connected']);
  const more = upTo(256).map(() => codeOf(client.offer('bob', OFFER)));
  await world.run(20);
  expect(server.arrived).toHaveLength(512);
  await world.settle(client.close());
  expect(new Set(await Promise.all(more))).toEqual(new Set(['CLOSED']));
});

test('only the answer to the announcement is taken for it', async () => {
  const { world, server, client, events, lose } = await join();
  const answer = client.offer('bob', OFFER);
  await world.run(10);
  const { script } = world;
  world.script = (socket, text) => {
    const wire = { sdp: 'v=0', can_trickle_ice_candidates: true, request_id: 'offer-1' };
    server.respond(socket, server.arrived[0]?.['id'], wire);
    script?.(socket, text);
  };
  lose();
  expect(await world.settle(answer)).toEqual({ sdp: 'v=0', canTrickle: true });
  await world.run(10);
  expect(events).toEqual([['connected', { peers: [], resumed: true }]]);
});

test('nothing is said before the announcement is answered', async () => {
  const { world, server, socket, send, lose } = await join();
  lose();
  send(1);
  await world.run(252);
  send(2);
  await world.run(5);
  send(3);
  expect(socket().sent).toEqual([expect.stringMatching('peer.announce')]);
  await world.run(20);
  expect(names(server.arrived)).toEqual(upTo(3));
});

type Step = { kind: 'send'; count: number } | { kind: 'pass'; ms: number } | { kind: 'lose' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), count: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('send' as const), count: fc.nat(400) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(400) }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'lose' as const }) },
);

test('wherever connections break, every message arrives once and in order, or is counted as lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const { world, server, client, events, send, lose } = await join();
      let sent = 0;
      for (const each of steps) {
        if (each.kind === 'send') send(...upTo((sent += each.count), sent - each.count + 1));
        else if (each.kind === 'pass') await world.run(each.ms);
        else lose();
      }
      await world.run(60_000);
      const came = server.arrived.filter(({ method }) => method === 'peer.ice_candidate');
      const lost = events
        .filter(([name]) => name === 'lost')
        .reduce((sum, [, event]) => sum + (event as { messages: number }).messages, 0);
      expect(came.length + lost).toBe(sent);
      const numbers = names(came).map(Number);
      expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
      expect(server.duplicates).toBe(0);
      await world.settle(client.close());
      // What is still on its way through the network arrives nowhere.
      await world.run(20);
      expect(world.timers).toBe(0);
    }),
    { numRuns: 40 },
  );
}, 20_000);
