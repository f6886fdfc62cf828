import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import { milliseconds, SignalingClient } from '@rm/signaling-protocol';
import type { SignalingRuntime } from '@rm/signaling-protocol';
import { WebSocket } from 'ws';
import { describeWithRedis, freePort, RedisProcess, until } from './cluster-support.js';
import { atEnd, bare, call, closeCode, next, SDP, start } from './support.js';

// Starting a process takes its time where others run too.
jest.setTimeout(20_000);

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Instance {
  readonly process: ChildProcess;
  readonly url: string;
}

/** A server process joined to that Redis. */
async function instance(redis: RedisProcess, ...args: string[]): Promise<Instance> {
  const started = spawn(
    process.execPath,
    [MAIN, '--port', '0', '--log-level', 'error', '--redis', redis.url, ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  atEnd(() => started.kill('SIGKILL'));
  const [line] = (await once(createInterface(started.stdout), 'line')) as [string];
  return { process: started, url: /ws:.*$/.exec(line)?.[0] ?? '' };
}

/** A server in this process, joined to that Redis. */
const here = (redis: RedisProcess): Promise<{ readonly url: string }> =>
  start({ redis: { url: redis.url } });

async function killed({ process: victim }: Instance): Promise<void> {
  const exit = once(victim, 'exit');
  victim.kill('SIGKILL');
  await exit;
}

/** Stands before the instances, as a load balancer does: new connections go where it says. */
class Front {
  url: string;

  constructor(to: { readonly url: string }) {
    this.url = to.url;
  }

  async connected(peerId: string): Promise<SignalingClient> {
    const runtime: SignalingRuntime = {
      createSocket: (_, protocols) => new WebSocket(this.url, protocols),
      clock: {
        now: () => milliseconds(performance.now()),
        setTimer: (delayMs, fn) => {
          const timer = setTimeout(fn, delayMs);
          return () => clearTimeout(timer);
        },
      },
      random: Math.random,
    };
    const client = new SignalingClient({ url: 'ws://front', peerId, runtime });
    atEnd(() => client.close());
    await client.connect();
    return client;
  }
}

/** Everything a client is told, in order, in short. */
function diary(client: SignalingClient): string[] {
  const told: string[] = [];
  client.on('peer-announced', ({ peerId }) => told.push(`announced ${peerId}`));
  client.on('peer-left', ({ peerId, reason }) => told.push(`left ${peerId} ${reason}`));
  client.on('candidate', ({ from, candidate }) => told.push(`${from} ${candidate.candidate}`));
  client.on('connected', ({ resumed }) => told.push(resumed ? 'resumed' : 'connected'));
  client.on('lost', ({ messages }) => told.push(`lost ${messages}`));
  return told;
}

const trickle = (from: SignalingClient, to: string, candidate: string): boolean =>
  from.sendCandidate(to, { candidate, sdpMLineIndex: 0, sdpMid: '0' });

const numbered = (from: string, to: number): string[] =>
  Array.from({ length: to }, (_, n) => `${from} candidate:${n}`);

const candidates = (told: readonly string[]): string[] =>
  told.filter((line) => line.includes(' candidate:'));

async function redisForTest(...args: string[]): Promise<RedisProcess> {
  const redis = await RedisProcess.start(...args);
  atEnd(() => redis.remove());
  return redis;
}

describeWithRedis('servers that share their rooms', () => {
  test('peers on two instances see each other, exchange offers and candidates, and leave', async () => {
    const redis = await redisForTest();
    const [one, two] = await Promise.all([here(redis), here(redis)]);
    const alice = await new Front(one).connected('alice');
    const announced = next(alice, 'peer-announced');
    const bob = await new Front(two).connected('bob');
    expect(await announced).toMatchObject({ peerId: 'bob' });
    expect(await bob.peers()).toMatchObject([{ peerId: 'alice' }]);
    bob.on('offer', (offer) =>
      offer.answer({ sdp: `${offer.sdp}a=to:${offer.from}\r\n`, canTrickle: true }),
    );
    const answer = await alice.offer('bob', { sdp: SDP, canTrickle: true });
    expect(answer.sdp).toBe(`${SDP}a=to:alice\r\n`);
    const [toldAlice, toldBob] = [diary(alice), diary(bob)];
    for (let n = 0; n < 200; n++) {
      trickle(alice, 'bob', `candidate:${n}`);
      trickle(bob, 'alice', `candidate:${n}`);
    }
    await until(() => toldAlice.length >= 200 && toldBob.length >= 200);
    await bob.close();
    await until(() => toldAlice.length > 200);
    expect(toldBob).toEqual(numbered('alice', 200));
    expect(toldAlice).toEqual([...numbered('bob', 200), 'left bob left']);
  });

  test('who was on an instance that is killed goes on over another, with nothing lost or twice', async () => {
    const redis = await redisForTest();
    const [one, two] = await Promise.all([instance(redis), here(redis)]);
    const front = new Front(one);
    const alice = await front.connected('alice');
    const announced = next(alice, 'peer-announced');
    const bob = await new Front(two).connected('bob');
    await announced;
    const [toldAlice, toldBob] = [diary(alice), diary(bob)];
    const both = (n: number): void => {
      trickle(alice, 'bob', `candidate:${n}`);
      trickle(bob, 'alice', `candidate:${n}`);
    };
    let n = 0;
    while (n < 100) both(n++);
    await until(() => toldBob.length >= 20);
    front.url = two.url;
    const death = killed(one);
    while (n < 150) both(n++);
    await death;
    while (n < 200) both(n++);
    bob.on('offer', (offer) => offer.answer({ sdp: SDP, canTrickle: true }));
    expect(await alice.offer('bob', { sdp: SDP, canTrickle: true })).toMatchObject({ sdp: SDP });
    while (n < 250) both(n++);
    await until(() => candidates(toldBob).length >= 250 && candidates(toldAlice).length >= 250);
    expect(toldBob).toEqual(numbered('alice', 250));
    expect(candidates(toldAlice)).toEqual(numbered('bob', 250));
    expect(toldAlice.filter((line) => !line.includes('candidate'))).toEqual(['resumed']);
    expect(await bob.peers()).toMatchObject([{ peerId: 'alice' }]);
  });

  test('a room outlives all instances that had it', async () => {
    const redis = await redisForTest();
    const [one, two] = await Promise.all([instance(redis), instance(redis)]);
    const [three, four] = await Promise.all([here(redis), here(redis)]);
    const [front, other] = [new Front(one), new Front(two)];
    const alice = await front.connected('alice');
    const announced = next(alice, 'peer-announced');
    const bob = await other.connected('bob');
    await announced;
    const [toldAlice, toldBob] = [diary(alice), diary(bob)];
    front.url = three.url;
    other.url = four.url;
    await Promise.all([killed(one), killed(two)]);
    for (let n = 0; n < 20; n++) trickle(alice, 'bob', `candidate:${n}`);
    await until(() => candidates(toldBob).length >= 20 && toldAlice.includes('resumed'));
    expect(toldBob.toSorted()).toEqual([...numbered('alice', 20), 'resumed'].toSorted());
    expect(toldAlice).toEqual(['resumed']);
    expect(await alice.peers()).toMatchObject([{ peerId: 'bob' }]);
  });

  test('who does not come back from a killed instance is gone when its time is over', async () => {
    const redis = await redisForTest();
    const one = await instance(redis);
    const signs = await redis.ask('KEYS', 'rm:1:instance:*');
    const quick = { url: redis.url, instanceTtlMs: 500 };
    const two = await start({ redis: quick, resumeWindowMs: 100 });
    const alice = await new Front(one).connected('alice');
    const bob = await new Front(two).connected('bob');
    const told = diary(bob);
    await killed(one);
    // It would expire after 5 s.
    await redis.ask('DEL', signs.split('\r\n').at(-1) ?? '');
    await until(() => told.length > 0);
    expect(told).toEqual(['left alice connection-lost']);
    await alice.close();
  });

  test('a restart of Redis that loses all is not noticed by peers', async () => {
    const redis = await redisForTest();
    const [one, two] = await Promise.all([here(redis), here(redis)]);
    const alice = await new Front(one).connected('alice');
    const announced = next(alice, 'peer-announced');
    const bob = await new Front(two).connected('bob');
    await announced;
    const [toldAlice, toldBob] = [diary(alice), diary(bob)];
    await redis.kill();
    for (let n = 0; n < 20; n++) trickle(alice, 'bob', `candidate:${n}`);
    await redis.start();
    await until(() => candidates(toldBob).length >= 20);
    expect(candidates(toldBob)).toEqual(numbered('alice', 20));
    expect([...toldAlice, ...toldBob].filter((line) => line.startsWith('left'))).toEqual([]);
    expect(await bob.peers()).toMatchObject([{ peerId: 'alice' }]);
    expect(await alice.peers()).toMatchObject([{ peerId: 'bob' }]);
  });

  test('while Redis is away the server is not ready; too much for it to keep ends the sockets', async () => {
    const redis = await redisForTest();
    const { url } = await start({ redis: { url: redis.url, maxWaitingEntries: 3 } });
    const page = async (name: string): Promise<string> =>
      (await fetch(`${url.replace('ws', 'http')}/${name}`)).text();
    const status = async (): Promise<number> =>
      (await fetch(`${url.replace('ws', 'http')}/readyz`)).status;
    expect(await status()).toBe(200);
    const socket = await bare(url, 'alice');
    const code = closeCode(socket);
    await redis.kill();
    await until(async () => (await status()) === 503);
    for (let n = 0; n < 5; n++) {
      socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'peer.list', params: {}, id: n }));
    }
    expect(await code).toBe(1013);
    const refused = new WebSocket(url);
    const [error] = (await once(refused, 'error')) as [Error];
    expect(error.message).toContain('503');
    expect(await page('metrics')).toMatch(/^rm_signaling_redis_waiting 3$/m);
    expect(await page('metrics')).toMatch(/^rm_signaling_redis_lost_total 1$/m);
    expect(await page('metrics')).not.toMatch(/^rm_signaling_redis_overflowed_total 0$/m);
    await redis.start();
    await until(async () => (await status()) === 200);
    // What would have told of her end was dropped.
    const bob = await bare(url, 'bob');
    expect(await call(bob, 'peer.list', {})).toMatchObject({ peers: [] });
    expect(await page('metrics')).toMatch(/^rm_signaling_redis_waiting 0$/m);
  });
});

test.each([
  [['--redis', 'http://:secret@nowhere'], 2, 'the URL of Redis is none'],
  [['--redis-prefix', 'a'], 2, '--redis-prefix needs --redis'],
])('usage error %j is one line and exit code %d', async (args, exitCode, message) => {
  const [code, stderr] = await run(args);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('secret');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(exitCode);
});

test('a Redis that cannot be reached is one line and exit code 1, wherever its URL is from', async () => {
  const port = await freePort();
  const [code, stderr] = await run([], { RM_REDIS_URL: `redis://:secret@127.0.0.1:${port}` });
  expect(stderr).toMatch(
    /^error: cannot use Redis at redis:\/\/127\.0\.0\.1:\d+\/0 \(.*\); start it,.*\n$/,
  );
  expect(code).toBe(1);
});

/** Exit code of the server and what it says on stderr. */
async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly [code: number | null, stderr: string]> {
  const child = spawn(process.execPath, [MAIN, '--port', '0', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  atEnd(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return [code, stderr];
}
