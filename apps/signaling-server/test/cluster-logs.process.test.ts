import { afterEach, expect, test } from '@jest/globals';
import { describeWithRedis, Detour, RedisProcess, Replica, until } from './cluster-support.js';
import type { RoomLogsOptions } from '../src/cluster/room-logs.js';

const AOF = ['--appendonly', 'yes', '--appendfsync', 'always'];

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function redisWith(...args: readonly string[]): Promise<RedisProcess> {
  const redis = await RedisProcess.start(...args);
  ends.push(() => redis.remove());
  return redis;
}

async function joined(
  url: string,
  instance: string,
  options: Partial<RoomLogsOptions> = {},
): Promise<Replica> {
  const replica = await Replica.join(url, instance, options);
  ends.push(async () => {
    await replica.logs.close();
    expect(replica.told).not.toContain('out of place');
  });
  return replica;
}

const numbered = (by: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${by}:${from + index}`);

const of = (replica: Replica, room: string, by: string): string[] =>
  replica.list(room).filter((entry) => entry.startsWith(`${by}:`));

describeWithRedis('rooms over Redis', () => {
  test('two instances see 10,000 entries in one order, each in the order it wrote', async () => {
    const redis = await redisWith();
    const [a, b] = [await joined(redis.url, 'a'), await joined(redis.url, 'b')];
    for (const replica of [a, b]) replica.load('room');
    for (let n = 0; n < 5_000; n++) for (const replica of [a, b]) replica.commit('room');
    await Promise.all([a.has('room', 10_000), b.has('room', 10_000)]);
    expect(a.list('room')).toEqual(b.list('room'));
    expect(of(b, 'room', 'a')).toEqual(numbered('a', 1, 5_000));
    expect(of(a, 'room', 'b')).toEqual(numbered('b', 1, 5_000));
  });

  test('who loads late gets the snapshot and all after it, while others write on', async () => {
    const redis = await redisWith();
    const a = await joined(redis.url, 'a');
    a.load('room');
    for (let n = 0; n < 1_000; n++) a.commit('room');
    await a.has('room', 1_000);
    a.snapshot('room');
    for (let n = 0; n < 1_500; n++) a.commit('room');
    const b = await joined(redis.url, 'b');
    b.load('room');
    b.commit('room');
    for (let n = 0; n < 500; n++) a.commit('room');
    await Promise.all([a.has('room', 3_001), b.has('room', 3_001)]);
    expect(b.list('room')).toEqual(a.list('room'));
    expect(b.told).toEqual(['loaded room']);
    expect(await redis.ask('XLEN', 'rm:1:{room}:log')).toBe(':2002');
  });

  test('an older snapshot does not take the place of a newer one', async () => {
    const redis = await redisWith();
    const [a, b] = [await joined(redis.url, 'a'), await joined(redis.url, 'b')];
    for (const replica of [a, b]) replica.load('room');
    for (let n = 0; n < 10; n++) a.commit('room');
    await Promise.all([a.has('room', 10), b.has('room', 10)]);
    const older = { position: b.positions.get('room') ?? '', state: '["b:99"]' };
    for (let n = 0; n < 10; n++) a.commit('room');
    await a.has('room', 20);
    a.snapshot('room');
    await until(() => a.logs.snapshot().waiting === 0);
    b.logs.perform({ kind: 'snapshot', room: 'room', ...older });
    b.commit('room');
    await b.has('room', 21);
    const c = await joined(redis.url, 'c');
    c.load('room');
    await c.has('room', 21);
    expect(c.list('room')).toEqual([...numbered('a', 1, 20), 'b:1']);
  });

  test('rooms are apart, and so are prefixes and databases', async () => {
    const redis = await redisWith();
    const [a, b, c] = [
      await joined(redis.url, 'a'),
      await joined(redis.url, 'b', { prefix: 'other' }),
      await joined(`${redis.url}/1`, 'c'),
    ];
    for (const replica of [a, b, c]) for (const room of ['one', 'two']) replica.load(room);
    a.commit('one');
    a.commit('two');
    b.commit('two');
    c.commit('two');
    await Promise.all([a.has('two', 1), b.has('two', 1), c.has('two', 1)]);
    expect(await redis.ask('PUBSUB', 'NUMSUB', 'rm:1:{two}:log@1')).toMatch(/:1$/);
    expect(a.list('one')).toEqual(['a:1']);
    expect(a.list('two')).toEqual(['a:2']);
    expect(b.list('two')).toEqual(['b:1']);
    expect(c.list('two')).toEqual(['c:1']);
  });

  test('a room that is unloaded tells no more, and from its start when it is loaded', async () => {
    const redis = await redisWith();
    const [a, b] = [await joined(redis.url, 'a'), await joined(redis.url, 'b')];
    for (const replica of [a, b]) replica.load('room');
    a.commit('room');
    await b.has('room', 1);
    b.unload('room');
    await until(async () =>
      (await redis.ask('PUBSUB', 'NUMSUB', 'rm:1:{room}:log@0')).endsWith(':1'),
    );
    // Written all the same, though the room is not followed.
    b.commit('room');
    a.commit('room');
    await a.has('room', 3);
    expect(b.told).toEqual(['loaded room']);
    b.load('room');
    await b.has('room', 3);
    expect(b.list('room')).toEqual(a.list('room'));
  });

  test('a restart of a Redis that keeps its data loses and repeats nothing', async () => {
    const redis = await redisWith(...AOF);
    const [a, b] = [await joined(redis.url, 'a'), await joined(redis.url, 'b')];
    for (const replica of [a, b]) replica.load('room');
    for (let n = 0; n < 100; n++) a.commit('room');
    await b.has('room', 100);
    for (let n = 0; n < 1_000; n++) for (const replica of [a, b]) replica.commit('room');
    await redis.kill();
    await until(() => !a.logs.isReady && !b.logs.isReady);
    for (let n = 0; n < 1_000; n++) for (const replica of [a, b]) replica.commit('room');
    await redis.start();
    await Promise.all([a.has('room', 4_100), b.has('room', 4_100)]);
    expect(a.list('room')).toEqual(b.list('room'));
    expect(of(b, 'room', 'a')).toEqual(numbered('a', 1, 2_100));
    expect([...a.told, ...b.told]).toEqual(['loaded room', 'loaded room']);
    expect(a.logs.isReady).toBe(true);
  });

  test('a Redis that comes back empty is given what the instances know', async () => {
    const redis = await redisWith();
    const [a, b] = [await joined(redis.url, 'a'), await joined(redis.url, 'b')];
    for (const replica of [a, b]) replica.load('room');
    for (let n = 0; n < 100; n++) a.commit('room');
    await Promise.all([a.has('room', 100), b.has('room', 100)]);
    await redis.kill();
    for (const replica of [a, b]) replica.commit('room');
    await redis.start();
    await Promise.all([a.has('room', 102), b.has('room', 102)]);
    expect(a.list('room')).toEqual(b.list('room'));
    expect(a.list('room').slice(0, 100)).toEqual(numbered('a', 1, 100));
    const c = await joined(redis.url, 'c');
    c.load('room');
    await c.has('room', 102);
    expect(c.list('room')).toEqual(a.list('room'));
  });

  test.each(['FLUSHALL', 'DEL rm:1:{room}:log', 'DEL rm:1:{room}:state'])(
    'data that is wiped (%s) while all are connected is put back',
    async (wipe) => {
      const redis = await redisWith();
      const [a, b] = [await joined(redis.url, 'a'), await joined(redis.url, 'b')];
      for (const replica of [a, b]) replica.load('room');
      for (let n = 0; n < 10; n++) a.commit('room');
      await Promise.all([a.has('room', 10), b.has('room', 10)]);
      await redis.ask(wipe);
      b.commit('room');
      await Promise.all([a.has('room', 11), b.has('room', 11)]);
      a.commit('room');
      await Promise.all([a.has('room', 12), b.has('room', 12)]);
      expect(b.list('room')).toEqual(a.list('room'));
      expect(a.list('room')).toEqual([...numbered('a', 1, 10), 'b:1', 'a:11']);
    },
  );

  test('who asks an empty Redis for a room first waits for those who know it', async () => {
    const redis = await redisWith();
    const detour = await Detour.to(redis.port);
    ends.push(() => detour.block());
    const { port } = detour;
    const [a, b] = [await joined(`redis://127.0.0.1:${port}`, 'a'), await joined(redis.url, 'b')];
    a.load('room');
    for (let n = 0; n < 10; n++) a.commit('room');
    await a.has('room', 10);
    await detour.block();
    await redis.kill();
    await until(() => !a.logs.isReady && !b.logs.isReady);
    b.load('room');
    b.load('new room');
    b.commit('room');
    b.commit('new room');
    b.load('left');
    b.commit('left');
    b.unload('left');
    await redis.start();
    await until(() => b.logs.isReady);
    await detour.unblock(port);
    await Promise.all([a.has('room', 11), b.has('room', 11), b.has('new room', 1)]);
    expect(b.list('room')).toEqual([...numbered('a', 1, 10), 'b:1']);
    expect(b.list('new room')).toEqual(['b:2']);
    await until(() => b.logs.snapshot().waiting === 0);
    expect(await redis.ask('XLEN', 'rm:1:{left}:log')).toBe(':1');
    expect(a.list('room')).toEqual(b.list('room'));
  });

  test('that a log began anew is seen by those who neither write nor read', async () => {
    const redis = await redisWith();
    const a = await joined(redis.url, 'a', { instanceTtlMs: 500, roomTtlMs: 500 });
    const b = await joined(redis.url, 'b');
    for (const replica of [a, b]) replica.load('room');
    a.commit('room');
    await Promise.all([a.has('room', 1), b.has('room', 1)]);
    await redis.ask('FLUSHALL');
    await until(() => b.told.length > 1);
    expect(b.told).toEqual(['loaded room', 'loaded room']);
    expect(b.list('room')).toEqual(['a:1']);
  });

  test('a Redis that comes back with older data is brought up to what was seen', async () => {
    const redis = await redisWith();
    const a = await joined(redis.url, 'a');
    a.load('room');
    for (let n = 0; n < 10; n++) a.commit('room');
    await a.has('room', 10);
    await redis.ask('SAVE');
    for (let n = 0; n < 10; n++) a.commit('room');
    await a.has('room', 20);
    await redis.kill();
    await redis.start();
    a.commit('room');
    await a.has('room', 21);
    const b = await joined(redis.url, 'b');
    b.load('room');
    await b.has('room', 21);
    expect(b.list('room')).toEqual(numbered('a', 1, 21));
  });

  test('who finds that the log took another course starts again from it', async () => {
    const redis = await redisWith();
    const detour = await Detour.to(redis.port);
    ends.push(() => detour.block());
    const { port } = detour;
    const [a, b] = [await joined(redis.url, 'a'), await joined(`redis://127.0.0.1:${port}`, 'b')];
    for (const replica of [a, b]) replica.load('room');
    for (let n = 0; n < 10; n++) a.commit('room');
    await Promise.all([a.has('room', 10), b.has('room', 10)]);
    await redis.ask('SAVE');
    b.commit('room');
    await Promise.all([a.has('room', 11), b.has('room', 11)]);
    await detour.block();
    await a.logs.close();
    await redis.kill();
    await redis.start();
    const c = await joined(redis.url, 'c');
    c.load('room');
    for (let n = 0; n < 5; n++) c.commit('room');
    await c.has('room', 15);
    await detour.unblock(port);
    b.commit('room');
    await Promise.all([b.has('room', 16), c.has('room', 16)]);
    expect(b.list('room')).toEqual(c.list('room'));
    expect(b.told).toEqual(['loaded room', 'loaded room']);
  });

  test.each([0, 10])(
    'who was cut off after %d entries while the log was trimmed starts again from the snapshot',
    async (before) => {
      const redis = await redisWith();
      const detour = await Detour.to(redis.port);
      ends.push(() => detour.block());
      const { port } = detour;
      const [a, b] = [await joined(redis.url, 'a'), await joined(`redis://127.0.0.1:${port}`, 'b')];
      for (const replica of [a, b]) replica.load('room');
      for (let n = 0; n < before; n++) a.commit('room');
      await b.has('room', before);
      await detour.block();
      for (let n = 0; n < 10; n++) a.commit('room');
      await a.has('room', before + 10);
      a.snapshot('room');
      a.commit('room');
      await a.has('room', before + 11);
      b.commit('room');
      await detour.unblock(port);
      await Promise.all([a.has('room', before + 12), b.has('room', before + 12)]);
      expect(b.list('room')).toEqual(a.list('room'));
      expect(b.told).toEqual(['loaded room', 'loaded room']);
    },
  );

  test('a connection that is killed while others write costs nothing', async () => {
    const redis = await redisWith();
    const [a, b] = [await joined(redis.url, 'a'), await joined(redis.url, 'b')];
    for (const replica of [a, b]) replica.load('room');
    a.commit('room');
    await b.has('room', 1);
    for (let round = 0; round < 5; round++) {
      for (let n = 0; n < 200; n++) for (const replica of [a, b]) replica.commit('room');
      await redis.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await until(() => [a, b].every(({ logs }) => logs.snapshot().lostLinks > round));
      await until(() => a.logs.isReady && b.logs.isReady);
    }
    await Promise.all([a.has('room', 2_001), b.has('room', 2_001)]);
    expect(a.list('room')).toEqual(b.list('room'));
    expect(of(a, 'room', 'b')).toEqual(numbered('b', 1, 1_000));
  });

  test('a Redis that freezes is left, and gets what waited when it thaws', async () => {
    const redis = await redisWith();
    const quick = { instanceTtlMs: 500, foreignInstances: () => new Set(['other']) };
    const [a, b] = [await joined(redis.url, 'a', quick), await joined(redis.url, 'b', quick)];
    for (const replica of [a, b]) replica.load('room');
    a.commit('room');
    await b.has('room', 1);
    redis.freeze();
    for (let n = 0; n < 100; n++) for (const replica of [a, b]) replica.commit('room');
    await until(() => !a.logs.isReady && !b.logs.isReady);
    for (let n = 0; n < 100; n++) for (const replica of [a, b]) replica.commit('room');
    redis.thaw();
    await Promise.all([a.has('room', 401), b.has('room', 401)]);
    expect(a.list('room')).toEqual(b.list('room'));
    expect(of(b, 'room', 'a')).toEqual(numbered('a', 1, 201));
  });

  test.each([
    ['entries', { maxWaitingEntries: 50 }, 0],
    ['bytes', { maxWaitingBytes: 50_000 }, 1_000],
  ])(
    'what waits is bounded in %s, and beyond the instance says that it is gone',
    async (_, limit, size) => {
      const redis = await redisWith(...AOF);
      const a = await joined(redis.url, 'a', limit);
      const b = await joined(redis.url, 'b');
      for (const replica of [a, b]) replica.load('room');
      a.commit('room', size);
      await b.has('room', 1);
      await redis.kill();
      await until(() => !a.logs.isReady);
      for (let n = 0; n < 100; n++) a.commit('room', size);
      const { waiting, overflowed } = a.logs.snapshot();
      expect(waiting + overflowed).toBe(100);
      expect(waiting).toBeGreaterThan(40);
      expect(waiting).toBeLessThanOrEqual(50);
      expect(a.told).toEqual(['loaded room', 'overflow']);
      await redis.start();
      await until(() => a.logs.isReady);
      expect(a.told).toEqual(['loaded room', 'overflow', 'gone a', 'overflow is over, 0 wait']);
      await b.has('room', 1 + waiting);
      expect(b.list('room')).toEqual(numbered('a', 1, 1 + waiting));
    },
  );

  test('an instance that ends is told to be gone, one that lives through an outage is not', async () => {
    const redis = await redisWith();
    const quick = { instanceTtlMs: 500 };
    const watched = new Set(['a', 'b', 'never']);
    const a = await joined(redis.url, 'a', { ...quick, foreignInstances: () => watched });
    const b = await joined(redis.url, 'b', quick);
    await until(() => a.told.includes('gone never'));
    watched.delete('never');
    await redis.kill();
    await until(() => !a.logs.isReady && !b.logs.isReady);
    await redis.start();
    await until(() => a.logs.isReady && b.logs.isReady);
    watched.add('nobody');
    // Those that are not there are told only after all who are had time to come back.
    await until(() => a.told.includes('gone nobody'));
    expect(a.told).not.toContain('gone b');
    const told = a.told.length;
    await until(() => a.told.length > told);
    expect(new Set(a.told)).toEqual(new Set(['gone never', 'gone nobody']));
    watched.delete('nobody');
    await b.logs.close();
    await until(() => a.told.includes('gone b'));
    expect(a.told).not.toContain('gone a');
  });

  test('logs live as long as they are followed, and then for their time', async () => {
    const redis = await redisWith();
    const a = await joined(redis.url, 'a', { instanceTtlMs: 500, roomTtlMs: 500 });
    a.load('followed');
    a.load('left');
    a.commit('followed');
    a.commit('left');
    await Promise.all([a.has('followed', 1), a.has('left', 1)]);
    a.load('later');
    await a.has('later', 0);
    a.commit('later');
    await a.has('later', 1);
    expect(await redis.ask('PTTL', 'rm:1:{later}:log')).toMatch(/^:[1-9]/);
    for (const key of ['log', 'state']) {
      expect(await redis.ask('PTTL', `rm:1:{followed}:${key}`)).toMatch(/^:[1-9]/);
    }
    a.unload('left');
    const since = performance.now();
    await until(async () => !(await redis.ask('KEYS', 'rm:1:{*')).includes('left'));
    expect(performance.now() - since).toBeGreaterThan(250);
    await until(() => performance.now() - since > 1_000);
    const keys = await redis.ask('KEYS', 'rm:1:{*');
    expect(keys).toContain('{followed}:log');
    expect(keys).toContain('{followed}:state');
    a.commit('followed');
    await a.has('followed', 2);
    expect(a.told).toEqual(['loaded followed', 'loaded left', 'loaded later']);
  });

  test('closing appends what waits and takes the sign of life away', async () => {
    const redis = await redisWith();
    const a = await joined(redis.url, 'a');
    await until(async () => (await redis.ask('EXISTS', 'rm:1:instance:a')) === ':1');
    a.load('room');
    for (let n = 0; n < 1_000; n++) a.commit('room', 5_000);
    await Promise.all([a.logs.close(), a.logs.close()]);
    expect(await redis.ask('XLEN', 'rm:1:{room}:log')).toBe(':1000');
    expect(await redis.ask('EXISTS', 'rm:1:instance:a')).toBe(':0');
    expect(await redis.ask('CLIENT', 'LIST')).not.toContain('evalsha');
  });

  test('closing does not wait for a Redis that is frozen', async () => {
    const redis = await redisWith();
    const a = await joined(redis.url, 'a');
    a.load('room');
    redis.freeze();
    a.commit('room');
    const since = performance.now();
    await a.logs.close();
    expect(performance.now() - since).toBeLessThan(1_000);
    redis.thaw();
  });
});
