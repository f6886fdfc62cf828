import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { describeWithRedis, RedisProcess } from './cluster-support.js';
import { redisAddress } from '../src/cluster/redis-address.js';
import { RedisLink } from '../src/cluster/redis-link.js';
import { APPEND, KEEP, OPEN, RESTART } from '../src/cluster/scripts.js';
import type { Script } from '../src/cluster/scripts.js';

describeWithRedis('steps that Redis takes as a whole', () => {
  let redis: RedisProcess;
  let link: RedisLink;

  beforeAll(async () => {
    redis = await RedisProcess.start();
    const address = redisAddress(redis.url);
    link = await RedisLink.open({ address, answerTimeoutMs: 3_000, onMessage: () => undefined });
  });
  beforeEach(() => redis.ask('FLUSHALL'));
  afterAll(async () => {
    link.fail('the tests are over');
    await redis.remove();
  });

  const run = (script: Script, ...args: readonly (string | number)[]): Promise<unknown> =>
    link.run(script, 'log', 'state', ...args);
  const open = (epoch: string, position: number, entry: string): Promise<unknown> =>
    run(OPEN, epoch, position, entry, 60_000, 'new');
  const append = (epoch: string, entry: string): Promise<unknown> =>
    run(APPEND, epoch, 60_000, 'channel', entry);
  const restart = (epoch: string, position: number, next: string): Promise<unknown> =>
    run(RESTART, epoch, position, 60_000, next, 'channel', `state of ${next}`);

  test('of two that would begin a lost log anew the first does', async () => {
    expect(await open('lost', 7, 'entry')).toEqual([]);
    expect(await restart('lost', 7, 'first')).toBe(1);
    expect(await restart('lost', 9, 'second')).toBe(0);
    expect(await open('lost', 9, 'entry')).toEqual(['first', 0, 0, 'state of first', '']);
  });

  test('a log is not begun anew by one who is behind it, but by one who is ahead', async () => {
    await open('', 0, '');
    for (const entry of ['one', 'two']) await append('new', entry);
    expect(await restart('new', 2, 'next')).toBe(0);
    expect(await open('new', 3, 'three')).toEqual([]);
    expect(await restart('new', 3, 'next')).toBe(1);
    expect(await append('new', 'late')).toBe(0);
    expect(await append('next', 'in time')).toBe(1);
  });

  test('who is where the log was goes on, who saw another entry there does not', async () => {
    expect(await open('', 0, '')).toEqual(['new', 0, 0, null, '']);
    expect(await append('new', 'one')).toBe(1);
    expect(await append('new', 'two')).toBe(2);
    expect(await open('new', 1, 'one')).toEqual(['new', 2]);
    expect(await open('new', 1, 'another')).toEqual(['new', 2, 0, null, '']);
    expect(await open('other', 1, 'one')).toEqual(['new', 2, 0, null, '']);
  });

  test('a snapshot is kept if it is newer and of this log', async () => {
    await open('', 0, '');
    for (const entry of ['one', 'two', 'three']) await append('new', entry);
    expect(await run(KEEP, 'new', 2, 'at two')).toBe(1);
    expect(await run(KEEP, 'new', 1, 'at one')).toBe(0);
    expect(await run(KEEP, 'new', 2, 'at two again')).toBe(0);
    expect(await run(KEEP, 'new', 4, 'at four')).toBe(0);
    expect(await run(KEEP, 'other', 3, 'of another')).toBe(0);
    expect(await open('', 0, '')).toEqual(['new', 3, 2, 'at two', 'two']);
    expect(await open('new', 1, 'one')).toEqual(['new', 3, 2, 'at two', 'two']);
    expect(await open('new', 2, 'two')).toEqual(['new', 3]);
  });

  test('a log is not begun by one who may not', async () => {
    expect(await run(OPEN, '', 0, '', 60_000, '')).toEqual([]);
    await open('', 0, '');
    expect(await run(OPEN, '', 0, '', 60_000, '')).toEqual(['new', 0, 0, null, '']);
  });

  test('a log with a hole counts as lost', async () => {
    await open('', 0, '');
    for (const entry of ['one', 'two', 'three']) await append('new', entry);
    await redis.ask('XDEL', 'log', '2-0');
    expect(await open('new', 1, 'one')).toEqual([]);
  });
});
