import { expect, test } from '@jest/globals';
import { ClientEngine, milliseconds, SignalingClient } from '@rm/signaling-protocol';
import type { SignalingClientOptions } from '@rm/signaling-protocol';
import { ResumingServer } from './support/resuming-server.js';
import { VirtualWorld } from './support/virtual-world.js';
import type { VirtualSocket } from './support/virtual-world.js';

const candidate = { candidate: 'candidate:1', sdpMLineIndex: 0, sdpMid: '0' };

interface Failure {
  readonly code: unknown;
  readonly message: string;
}

const failure = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => ({ code: 'it succeeded', message: '' }),
    (error: Failure) => error,
  );

interface Scene {
  readonly client: SignalingClient;
  readonly causes: Failure[];
}

function make(world: VirtualWorld, options: Partial<SignalingClientOptions> = {}): Scene {
  const runtime = world.runtime();
  const client = new SignalingClient({ url: 'ws://x', peerId: 'a', runtime, ...options });
  const causes: Failure[] = [];
  client.on('reconnecting', ({ cause }) => causes.push(cause));
  return { client, causes };
}

const newest = (world: VirtualWorld): VirtualSocket => world.sockets.at(-1) as VirtualSocket;

test('a socket that cannot be made any more is tried again, with the constructor’s error', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const runtime = world.runtime();
  let refusal: Error | undefined;
  const { client, causes } = make(world, {
    runtime: {
      ...runtime,
      createSocket: (url, protocols) => {
        if (refusal !== undefined) throw refusal;
        return runtime.createSocket(url, protocols);
      },
    },
  });
  await world.settle(client.connect());
  refusal = new Error('insecure');
  newest(world).die(1006, '');
  await world.run(1_000);
  expect(causes).toMatchObject([
    { code: 'CONNECTION_LOST' },
    { code: 'INVALID_URL', cause: refusal },
    { code: 'INVALID_URL', cause: refusal },
  ]);
  refusal = undefined;
  client.sendCandidate('b', candidate);
  await world.run(10_000);
  expect(server.arrived).toMatchObject([{ seq: 1 }]);
});

test('an error without a close, while connecting, fails the attempt within 1 s', async () => {
  const world = new VirtualWorld();
  world.network = 'broken';
  const { client } = make(world);
  const start = world.now;
  const error = await world.settle(failure(client.connect()));
  expect(error).toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringMatching(/\(connect ECONNREFUSED, code 1006\)/),
  });
  expect((world.now - start) / 1_000).toBeCloseTo(1_005, -1);
  expect(newest(world).terminated).toBe(true);
  await client.close();
  expect(world.timers).toBe(0);
});

test.each([true, false])(
  'an error without a close counts as a loss after 1 s (can be cut off: %s)',
  async (canTerminate) => {
    const world = new VirtualWorld();
    const server = new ResumingServer(world);
    world.canTerminate = canTerminate;
    const { client, causes } = make(world);
    await world.settle(client.connect());
    const [socket] = world.sockets as [VirtualSocket];
    socket.stalled = true;
    socket.fail('read ECONNRESET');
    socket.fail('and again');
    client.sendCandidate('b', candidate);
    await world.run(990);
    expect(causes).toEqual([]);
    await world.run(300);
    expect(causes).toMatchObject([
      { code: 'CONNECTION_LOST', message: expect.stringMatching(/and again, code 1006/) },
    ]);
    expect(socket.terminated).toBe(canTerminate);
    expect(socket.closes).toHaveLength(canTerminate ? 0 : 1);
    expect(server.arrived).toMatchObject([{ seq: 1 }]);
  },
);

test('an error with its close is one loss, at the time of the close', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const { client, causes } = make(world);
  await world.settle(client.connect());
  newest(world).fail('not the last');
  newest(world).fail('bad frame');
  newest(world).die(1002, 'protocol error');
  // That for the way back; those which would have cut the socket off are gone.
  expect(world.timers).toBe(1);
  await world.run(2_000);
  expect(causes).toMatchObject([
    { message: expect.stringMatching(/\(bad frame, code 1002, protocol error\)/) },
  ]);
  expect(server.announcements).toHaveLength(2);
});

test('a socket that takes no text is given up, and the text arrives on the next', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const { client, causes } = make(world);
  await world.settle(client.connect());
  newest(world).send = () => {
    throw new Error('InvalidStateError');
  };
  expect(client.sendCandidate('b', candidate)).toBe(true);
  await world.run(2_000);
  expect(causes).toMatchObject([{ message: expect.stringMatching(/InvalidStateError/) }]);
  expect(server.arrived).toMatchObject([{ seq: 1 }]);
});

test('a browser’s socket that never closes is let go, and heard no more', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  world.canTerminate = false;
  const { client } = make(world);
  const reasons: string[] = [];
  client.on('disconnect', ({ reason }) => reasons.push(reason));
  await world.settle(client.connect());
  const [stale] = world.sockets as [VirtualSocket];
  stale.stalled = true;
  await world.run(16_000);
  expect(server.announcements).toHaveLength(2);
  stale.stalled = false;
  const params = { from: 'b', to: 'a', reason: 'late' };
  stale.deliver(JSON.stringify({ jsonrpc: '2.0', method: 'peer.disconnect', params }));
  await world.run(10);
  stale.die(1006, '');
  await world.run(1_000);
  expect(reasons).toEqual([]);
  expect(server.announcements).toHaveLength(2);
  newest(world).stalled = true;
  const start = world.now;
  await world.settle(client.close());
  expect((world.now - start) / 1_000).toBe(1_000);
  expect(world.timers).toBe(0);
});

test('closing waits for a socket that was given up before', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const { client } = make(world);
  await world.settle(client.connect());
  newest(world).stalled = true;
  await world.run(15_300);
  expect(server.announcements).toHaveLength(2);
  await world.settle(client.close());
  expect(world.sockets.map(({ terminated }) => terminated)).toEqual([true, false]);
  expect(world.timers).toBe(0);
});

test('a socket that opens after it was given up is not used', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  world.network = 'silent';
  const { client } = make(world, { connectTimeoutMs: 100 });
  expect(await world.settle(failure(client.connect()))).toMatchObject({ code: 'TIMEOUT' });
  newest(world).onopen?.({} as never);
  await world.run(10);
  expect(newest(world).sent).toEqual([]);
  expect(server.announcements).toEqual([]);
});

test('only who gives up the place says goodbye', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const { client } = make(world, { connectTimeoutMs: 3_000 });
  // The announcement arrives, its result does not.
  const { script } = world;
  world.script = () => undefined;
  expect(await world.settle(failure(client.connect()))).toMatchObject({ code: 'TIMEOUT' });
  expect(newest(world).closes).toEqual([1000]);
  world.script = script;
  await world.settle(client.connect());
  newest(world).die(1006, '');
  world.script = () => undefined;
  await world.run(3_300);
  expect(newest(world).closes).toEqual([4000]);
  world.script = script;
  await world.run(10_000);
  expect(server.announcements.at(-1)).toMatchObject({ resume_token: 'token-1' });
  await world.settle(client.close());
  expect(newest(world).closes).toEqual([1000]);
  expect(world.timers).toBe(0);
});

test('an attempt that was aborted while announcing leaves nothing behind', async () => {
  const world = new VirtualWorld();
  world.script = () => undefined;
  const { client } = make(world);
  const abort = new AbortController();
  const attempt = failure(client.connect({ signal: abort.signal }));
  await world.run(20);
  expect(newest(world).sent).toHaveLength(1);
  abort.abort(Object.assign(new Error('enough'), { code: 'ENOUGH' }));
  expect((await attempt).code).toBe('ENOUGH');
  await world.run(20);
  expect(newest(world).closes).toEqual([1000]);
  expect(world.timers).toBe(0);
});

test('a deadline of something else brings no connection forward, and ends none', async () => {
  const world = new VirtualWorld();
  const server = new ResumingServer(world);
  const runtime = world.runtime(0.999_999);
  const { client, causes } = make(world, { runtime, offerTimeoutMs: 300 });
  await world.settle(client.connect());
  world.dialedAt.length = 0;
  const start = world.now / 1_000;
  newest(world).die(1006, '');
  world.network = 'silent';
  const offer = { sdp: 'v=0', canTrickle: true };
  const first = failure(client.offer('b', offer));
  await world.run(400);
  expect(world.dialedAt).toEqual([]);
  await world.run(150);
  expect(world.dialedAt.map((ms) => Math.round(ms - start))).toEqual([500]);
  const second = failure(client.offer('b', offer));
  await world.run(5_000);
  expect(await Promise.all([first, second])).toMatchObject([{ code: -32006 }, { code: -32006 }]);
  expect(causes).toHaveLength(1);
  expect(server.announcements).toHaveLength(1);
});

test('what an engine is told out of turn has no effect', () => {
  const engine = new ClientEngine({ url: 'ws://x', peerId: 'a' }, () => 0.5);
  const now = milliseconds(1);
  const tell = (): void => {
    engine.socketOpened(now);
    engine.dialFailed(now, new Error('late'));
    engine.socketClosed(now, { code: 1006, reason: '' });
    engine.receive(now, '{}');
    engine.advance(milliseconds(60_000));
    engine.abandonConnect(new Error('late'));
  };
  tell();
  expect(engine.poll()).toBeUndefined();
  engine.close('done');
  expect(engine.poll()).toMatchObject({ kind: 'event', name: 'close' });
  tell();
  expect(engine.poll()).toBeUndefined();
  expect(engine.nextDeadline).toBe(Number.POSITIVE_INFINITY);
});
