import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ErrorCode, SignalingClient } from '@rm/signaling-protocol';
import type { IncomingOffer, SignalingEvents } from '@rm/signaling-protocol';
import { Hub } from '@rm/signaling-protocol/hub';
import { isoTime } from './support/hub-driver.js';
import { ResumingServer } from './support/resuming-server.js';
import { VirtualWorld } from './support/virtual-world.js';
import type { VirtualSocket } from './support/virtual-world.js';

const OFFER = { sdp: 'v=0\r\noffer', canTrickle: true };
const ANSWER = { sdp: 'v=0\r\nanswer', canTrickle: false };
const candidate = (n: number) => ({
  candidate: `candidate:${n}`,
  sdpMLineIndex: 0,
  sdpMid: '0',
  usernameFragment: null,
});
const info = (peerId: string) => ({ peerId, capabilities: [], userData: {} });

const NAMES = [
  'connected',
  'reconnecting',
  'peer-announced',
  'peer-left',
  'candidate',
  'ice-servers',
  'draining',
] as const satisfies readonly (keyof SignalingEvents)[];

const resumableHub = (): Hub => {
  let tokens = 0;
  return new Hub({ wallClock: isoTime, randomToken: () => `secret-${++tokens}` });
};

interface Heard {
  readonly client: SignalingClient;
  readonly events: [string, unknown][];
}

async function join(world: VirtualWorld, peerId: string): Promise<Heard> {
  const client = new SignalingClient({ url: 'ws://x', peerId, runtime: world.runtime() });
  const events: [string, unknown][] = [];
  await world.settle(client.connect());
  for (const name of NAMES) client.on(name, (event) => events.push([name, event]));
  return { client, events };
}

async function pair(): Promise<{ world: VirtualWorld; alice: Heard; bob: Heard }> {
  const world = new VirtualWorld();
  world.hub = resumableHub();
  const alice = await join(world, 'alice');
  const bob = await join(world, 'bob');
  await world.run(20);
  alice.events.length = 0;
  return { world, alice, bob };
}

const lastSocket = (world: VirtualWorld): VirtualSocket => {
  const socket = world.sockets.at(-1);
  if (socket === undefined) throw new Error('no socket');
  return socket;
};

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it succeeded',
    (error: { code: unknown }) => error.code,
  );

test('a resumed client hears what it missed, in order, and others saw nothing', async () => {
  const { world, alice, bob } = await pair();
  lastSocket(world).die(1006, '');
  alice.client.sendCandidate('bob', candidate(1));
  await world.run(20);
  const carol = await join(world, 'carol');
  alice.client.sendCandidate('bob', candidate(2));
  await world.run(300);
  expect(alice.events).toEqual([['peer-announced', info('carol')]]);
  expect(bob.events).toEqual([
    ['reconnecting', expect.objectContaining({ attempt: 1 })],
    ['connected', { peers: [info('alice')], resumed: true }],
    ['candidate', { from: 'alice', candidate: candidate(1) }],
    ['peer-announced', info('carol')],
    ['candidate', { from: 'alice', candidate: candidate(2) }],
  ]);
  expect(await world.settle(bob.client.peers())).toEqual([info('alice'), info('carol')]);
  await world.settle(carol.client.close());
  await world.run(20);
  expect(bob.events.at(-1)).toEqual(['peer-left', { peerId: 'carol', reason: 'left' }]);
  world.sockets[3]?.die(1006, '');
  await world.run(1_000);
  expect(bob.events.at(-1)).toEqual(['connected', { peers: [info('alice')], resumed: true }]);
});

test('an offer to a peer that is away is answered after its return', async () => {
  const { world, alice, bob } = await pair();
  bob.client.on('offer', (offer) => offer.answer(ANSWER));
  lastSocket(world).die(1006, '');
  const answer = alice.client.offer('bob', OFFER);
  expect(await world.settle(answer)).toEqual(ANSWER);
  expect(alice.events).toEqual([]);
});

test('the answer to an offer reaches a caller that was away when it came', async () => {
  const { world, alice, bob } = await pair();
  const answer = bob.client.offer('alice', OFFER);
  alice.client.on('offer', (offer) => {
    lastSocket(world).die(1006, '');
    offer.answer(ANSWER);
  });
  expect(await world.settle(answer)).toEqual(ANSWER);
  expect(bob.events.map(([name]) => name)).toEqual(['reconnecting', 'connected']);
});

test('an answer given while the connection is lost is sent when it is back', async () => {
  const { world, alice, bob } = await pair();
  const offers: IncomingOffer[] = [];
  bob.client.on('offer', (offer) => offers.push(offer));
  const answer = alice.client.offer('bob', OFFER);
  await world.run(20);
  lastSocket(world).die(1006, '');
  expect(offers[0]?.answer(ANSWER)).toBe(true);
  expect(await world.settle(answer)).toEqual(ANSWER);
});

test('a place that is gone is taken anew, and what was under way is reported lost', async () => {
  const { world, alice, bob } = await pair();
  const offers: IncomingOffer[] = [];
  bob.client.on('offer', (offer) => offers.push(offer));
  const toBob = codeOf(alice.client.offer('bob', OFFER));
  await world.run(20);
  const fromBob = codeOf(bob.client.offer('alice', OFFER));
  const listing = codeOf(bob.client.peers());
  world.hub = resumableHub();
  for (const socket of world.sockets) socket.die(1006, '');
  await world.run(400);
  expect(await Promise.all([fromBob, toBob, listing])).toEqual(Array(3).fill('CONNECTION_LOST'));
  expect(bob.events.find(([name]) => name === 'connected')?.[1]).toMatchObject({ resumed: false });
  expect(offers[0]?.answer(ANSWER)).toBe(false);
  bob.client.on('offer', (offer) => offer.answer(ANSWER));
  expect(await world.settle(alice.client.offer('bob', OFFER))).toEqual(ANSWER);
  expect(bob.client.dropped).toEqual({});
});

test('who stays away for more than two minutes has left', async () => {
  const { world, alice, bob } = await pair();
  world.network = 'refused';
  lastSocket(world).die(1006, '');
  const offer = codeOf(alice.client.offer('bob', OFFER));
  await world.run(119_900);
  expect(alice.events).toEqual([]);
  expect(await offer).toBe(ErrorCode.TIMEOUT);
  await world.run(200);
  expect(alice.events).toEqual([['peer-left', { peerId: 'bob', reason: 'connection-lost' }]]);
  world.network = 'up';
  await world.run(10_000);
  expect(bob.events.at(-1)).toEqual(['connected', { peers: [info('alice')], resumed: false }]);
  expect(alice.events.at(-1)).toEqual(['peer-announced', info('bob')]);
});

test('who says goodbye has left at once', async () => {
  const { world, alice, bob } = await pair();
  await world.settle(bob.client.close());
  await world.run(20);
  expect(alice.events).toEqual([['peer-left', { peerId: 'bob', reason: 'left' }]]);
});

test('a change of presence that was missed is found out and made up for', async () => {
  const { world, alice, bob } = await pair();
  const [socket] = world.sockets as [VirtualSocket];
  const deliver = socket.deliver.bind(socket);
  socket.deliver = () => undefined;
  await join(world, 'carol');
  await world.settle(bob.client.close());
  await world.run(20);
  socket.deliver = deliver;
  await join(world, 'dave');
  await world.run(20);
  expect(alice.events).toEqual([
    ['peer-left', { peerId: 'bob', reason: 'connection-lost' }],
    ['peer-announced', info('carol')],
    ['peer-announced', info('dave')],
  ]);
  await join(world, 'eve');
  await world.run(20);
  expect(alice.events.at(-1)).toEqual(['peer-announced', info('eve')]);
  expect(alice.events).toHaveLength(4);
});

test('a message that comes twice is heard once', async () => {
  const { world, alice, bob } = await pair();
  const params = { from: 'alice', to: 'bob', reason: 'r' };
  const text = JSON.stringify({ jsonrpc: '2.0', method: 'peer.disconnect', params, seq: 1 });
  const reasons: string[] = [];
  bob.client.on('disconnect', ({ reason }) => reasons.push(reason));
  lastSocket(world).deliver(text);
  lastSocket(world).deliver(text);
  await world.run(20);
  expect(reasons).toEqual(['r']);
  expect(bob.client.dropped).toEqual({ duplicate: 1 });
  expect(alice.events).toEqual([]);
});

test('a draining server is left at the time it gave, without an error', async () => {
  const { world, alice, bob } = await pair();
  world.hub.handle({ kind: 'drain', now: world.now, spreadMs: 2_000 });
  world.drain();
  world.hub = resumableHub();
  await world.run(990);
  expect(alice.events).toEqual([
    ['draining', { reconnectAfterMs: 0 }],
    ['connected', { peers: [], resumed: false }],
  ]);
  expect(bob.events).toEqual([['draining', { reconnectAfterMs: 1_000 }]]);
  await world.run(100);
  expect(bob.events.at(-1)).toEqual(['connected', { peers: [info('alice')], resumed: false }]);
  expect(alice.events.at(-1)).toEqual(['peer-announced', info('bob')]);
  // No goodbye: where the place is still there, it is resumed.
  expect(world.sockets[1]?.closes).toEqual([4000]);
});

test('ICE servers are told as they come', async () => {
  const { world, bob } = await pair();
  const servers = [{ urls: ['turn:192.0.2.1'], username: 'u', credential: 'c' }];
  world.hub.handle({ kind: 'ice-servers', now: world.now, socket: 1, servers, ttlSeconds: 60 });
  world.drain();
  await world.run(20);
  expect(bob.events).toEqual([['ice-servers', { iceServers: servers, ttlSeconds: 60 }]]);
});

test('the list of peers can be given up, and comes after a loss too', async () => {
  const { world, bob } = await pair();
  const abort = new AbortController();
  const listing = codeOf(bob.client.peers({ signal: abort.signal }));
  abort.abort(Object.assign(new Error('enough'), { code: 'ENOUGH' }));
  expect(await listing).toBe('ENOUGH');
  lastSocket(world).die(1006, '');
  expect(await world.settle(bob.client.peers())).toEqual([info('alice')]);
});

test('what a client sent before it knew that its connection was lost arrives', async () => {
  const { world, alice, bob } = await pair();
  const heard: unknown[] = [];
  alice.client.on('candidate', ({ candidate: { candidate: text } }) => heard.push(text));
  bob.client.sendCandidate('alice', candidate(1));
  await world.run(20);
  bob.client.sendCandidate('alice', candidate(2));
  const answer = bob.client.offer('alice', OFFER);
  alice.client.on('offer', (offer) => offer.answer(ANSWER));
  lastSocket(world).die(1006, '');
  bob.client.sendCandidate('alice', candidate(3));
  expect(await world.settle(answer)).toEqual(ANSWER);
  await world.run(20);
  expect(heard).toEqual(['candidate:1', 'candidate:2', 'candidate:3']);
  expect(world.hub.snapshot().dropped).toEqual({});
});

test('a connection that died in silence is found out and resumed; nobody else notices', async () => {
  const { world, alice, bob } = await pair();
  const [, stale] = world.sockets as [VirtualSocket, VirtualSocket];
  stale.stalled = true;
  await world.run(5_000);
  alice.client.sendCandidate('bob', candidate(1));
  await world.run(11_000);
  expect(bob.events.slice(-2)).toEqual([
    ['connected', { peers: [info('alice')], resumed: true }],
    ['candidate', { from: 'alice', candidate: candidate(1) }],
  ]);
  expect(alice.events).toEqual([]);
  expect(stale.closes).toEqual([4000]);
});

test('a close frame that arrives late does not give up the place', async () => {
  const { world, alice, bob } = await pair();
  const [, stale] = world.sockets as [VirtualSocket, VirtualSocket];
  const deliver = stale.deliver.bind(stale);
  // Only the way to the client is broken.
  stale.deliver = () => undefined;
  await world.run(16_000);
  stale.deliver = deliver;
  expect(bob.events.at(-1)).toEqual(['connected', { peers: [info('alice')], resumed: true }]);
  expect(alice.events).toEqual([]);
});

/** A client whose server tells only what the test makes it tell. */
async function scripted() {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const { client, events } = await join(world, 'alice');
  return {
    world,
    server,
    client,
    events,
    tell: (peer_id: string, version: number, seq?: number): void => {
      const params = { peer_id, capabilities: [], user_data: {}, version };
      const text = { jsonrpc: '2.0', method: 'peer.announced', params, seq };
      lastSocket(world).deliver(JSON.stringify(text));
    },
    /** Ids of the requests for the list of peers that have arrived. */
    asked: (): unknown[] =>
      server.arrived.filter(({ method }) => method === 'peer.list').map(({ id }) => id),
    list: (id: unknown, names: readonly string[], presence_version: number): void => {
      const peers = names.map((peer_id) => ({ peer_id, capabilities: [], user_data: {} }));
      server.respond(lastSocket(world), id, { peers, presence_version });
    },
    lose: async (): Promise<void> => {
      lastSocket(world).die(1006, '');
      await world.run(2_500);
    },
  };
}

test('who is in the room is asked again if the answer was lost with the connection', async () => {
  const { world, events, tell, asked, list, lose } = await scripted();
  tell('carol', 3, 3);
  tell('dave', 4, 4);
  await world.run(20);
  expect(asked()).toHaveLength(1);
  await lose();
  expect(asked()).toHaveLength(2);
  list(asked()[1], ['bob', 'carol', 'dave'], 4);
  await world.run(20);
  expect(events.slice(2)).toEqual(
    ['bob', 'carol', 'dave'].map((name) => ['peer-announced', info(name)]),
  );
  await lose();
  expect(asked()).toHaveLength(2);
  // Lost on its way, it is asked once.
  tell('fay', 6, 6);
  await world.run(7);
  await lose();
  expect(asked()).toHaveLength(3);
  list(asked()[2], ['bob', 'carol', 'dave', 'eve', 'fay'], 6);
  await world.run(20);
  await lose();
  expect(asked()).toHaveLength(3);
  expect(events.filter(([name]) => name === 'peer-announced')).toHaveLength(5);
});

test('in a new place too it is asked what is missing', async () => {
  const { world, server, tell, asked, lose } = await scripted();
  tell('carol', 3);
  await world.run(20);
  expect(asked()).toHaveLength(1);
  server.forget();
  await lose();
  expect(asked()).toHaveLength(0);
  tell('dave', 3);
  await world.run(20);
  expect(asked()).toHaveLength(1);
});

test('presence that is known already, older or unreadable changes nothing', async () => {
  const { world, client, events, tell, asked, list } = await scripted();
  tell('bob', 2);
  tell('bob', 2);
  tell('carol', 1);
  tell('eve', 4);
  await world.run(20);
  expect(client.dropped).toEqual({ 'known-presence': 2 });
  list(asked()[0], [], 1);
  await world.run(20);
  tell('fay', 5);
  await world.run(20);
  list(asked()[1], ['no id'], 5);
  await world.run(20);
  tell('gus', 6);
  await world.run(20);
  const error = { code: ErrorCode.RATE_LIMITED, message: 'later' };
  lastSocket(world).deliver(JSON.stringify({ jsonrpc: '2.0', error, id: asked()[2] }));
  await world.run(20);
  expect(events).toEqual([['peer-announced', info('bob')]]);
  tell('hal', 7);
  await world.run(20);
  list(asked()[3], ['bob', 'eve', 'fay', 'gus', 'hal'], 7);
  await world.run(20);
  expect(events.slice(1)).toEqual(
    ['eve', 'fay', 'gus', 'hal'].map((name) => ['peer-announced', info(name)]),
  );
  tell('ida', 8);
  await world.run(20);
  expect(events.at(-1)).toEqual(['peer-announced', info('ida')]);
  expect(asked()).toHaveLength(4);
});

type Step =
  | { kind: 'send' | 'offer' | 'lose'; who: 'alice' | 'bob' }
  | { kind: 'pass'; ms: number };

const who = fc.constantFrom('alice' as const, 'bob' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('send' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('offer' as const), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('lose' as const), who }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(400) }) },
);

test('wherever the connections of two peers break, each hears the other whole, in order, once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const world = new VirtualWorld();
      world.hub = resumableHub();
      const sockets = { alice: [] as number[], bob: [] as number[] };
      const heard = { alice: [] as string[], bob: [] as string[] };
      const sent = { alice: [] as string[], bob: [] as string[] };
      const other = { alice: 'bob', bob: 'alice' } as const;
      const enter = async (name: 'alice' | 'bob'): Promise<SignalingClient> => {
        const runtime = world.runtime();
        const client = new SignalingClient({
          url: 'ws://x',
          peerId: name,
          runtime: {
            ...runtime,
            createSocket: (url, protocols) => {
              sockets[name].push(world.sockets.length);
              return runtime.createSocket(url, protocols);
            },
          },
        });
        client.on('candidate', (event) => heard[name].push(event.candidate.candidate));
        client.on('offer', (offer) => {
          heard[name].push(offer.sdp);
          offer.answer(ANSWER);
        });
        await world.settle(client.connect());
        return client;
      };
      const clients = { alice: await enter('alice'), bob: await enter('bob') };
      await world.run(20);
      const answers: Promise<unknown>[] = [];
      for (const [n, each] of steps.entries()) {
        if (each.kind === 'pass') await world.run(each.ms);
        else if (each.kind === 'lose') world.sockets[sockets[each.who].at(-1) ?? 0]?.die(1006, '');
        else if (each.kind === 'send') {
          sent[each.who].push(`candidate:${n}`);
          clients[each.who].sendCandidate(other[each.who], candidate(n));
        } else {
          sent[each.who].push(`v=0\r\n${n}`);
          const offer = { sdp: `v=0\r\n${n}`, canTrickle: true };
          answers.push(clients[each.who].offer(other[each.who], offer));
        }
      }
      await world.run(30_000);
      expect(heard).toEqual({ alice: sent.bob, bob: sent.alice });
      expect(await Promise.all(answers)).toEqual(answers.map(() => ANSWER));
      expect(world.hub.snapshot()).toMatchObject({ peers: 2, away: 0, pendingOffers: 0 });
      expect(world.hub.snapshot().dropped).toEqual({});
      expect([clients.alice.dropped, clients.bob.dropped]).toEqual([{}, {}]);
    }),
    { numRuns: 40 },
  );
}, 20_000);
