import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RoomLogInput } from '@rm/signaling-protocol/hub';
import { describeWithRedis, RedisProcess, until } from './cluster-support.js';
import { Backlog } from '../src/cluster/backlog.js';
import { redisAddress } from '../src/cluster/redis-address.js';
import { RedisLink } from '../src/cluster/redis-link.js';
import { RoomLog } from '../src/cluster/room-log.js';

/** What happens between the steps of one instance is up to the others; here they choose the worst. */
describeWithRedis('a log that changes while it is read', () => {
  let redis: RedisProcess;
  let link: RedisLink;
  let ours: RoomLog;
  let theirs: RoomLog;
  let told: string[];
  let toldThem: string[];
  let position = '';
  /** Whether messages to us get lost. */
  let isDeaf: boolean;

  const describe = (input: RoomLogInput): string => {
    if (input.kind === 'committed') return input.entry;
    return input.kind === 'loaded' ? `loaded ${input.state}` : input.kind;
  };
  const logOver = (over: RedisLink, onInput: (input: RoomLogInput) => void): RoomLog => {
    const backlog = new Backlog(100, 10_000);
    const context = {
      prefix: 'rm',
      database: 0,
      ttlMs: 60_000,
      backlog,
      onInput,
      mayBegin: () => true,
    };
    const log = new RoomLog('room', { ...context, onAppended: () => undefined });
    log.attach(over);
    return log;
  };
  const open = (onMessage: (message: string) => void): Promise<RedisLink> =>
    RedisLink.open({
      address: redisAddress(redis.url),
      answerTimeoutMs: 3_000,
      onMessage: (_, message) => onMessage(message),
    });

  /** Has `then` happen before our link's next command of that name is sent. */
  const before = (name: string, then: () => Promise<void>): void => {
    const command = link.command.bind(link);
    link.command = async (...args) => {
      if (args[0] === name) {
        link.command = command;
        await then();
      }
      return command(...args);
    };
  };
  /** Has `then` happen after Redis answered our link's next command of that name, and before we see it. */
  const after = (name: string, then: () => Promise<void>): void => {
    const command = link.command.bind(link);
    link.command = async (...args) => {
      const answer = await command(...args);
      if (args[0] === name) {
        link.command = command;
        await then();
      }
      return answer;
    };
  };
  const write = async (...entries: string[]): Promise<void> => {
    for (const entry of entries) theirs.append(entry);
    await until(() => toldThem.at(-1) === entries.at(-1));
  };

  let theirLink: RedisLink;
  beforeEach(async () => {
    redis = await RedisProcess.start();
    isDeaf = false;
    link = await open((message) => {
      if (!isDeaf) ours.receive(message);
    });
    theirLink = await open((message) => theirs.receive(message));
    told = [];
    toldThem = [];
    ours = logOver(link, (input) => {
      told.push(describe(input));
      if (input.kind === 'log-lost') ours.keep('', 'all');
    });
    theirs = logOver(theirLink, (input) => {
      toldThem.push(describe(input));
      if (input.kind === 'log-lost') theirs.keep('', 'all');
      if (input.kind === 'committed') position = input.position;
    });
    theirs.follow();
    await write('1', '2', '3');
  });
  afterEach(async () => {
    for (const each of [link, theirLink]) each.fail('the test is over');
    await redis.remove();
  });

  test('entries trimmed before they were read are in the snapshot', async () => {
    before('XRANGE', async () => {
      theirs.keep(position, 'three');
      await until(async () => (await redis.ask('XLEN', 'rm:1:{room}:log')) === ':1');
    });
    ours.follow();
    await until(() => told.includes('loaded three'));
    await write('4');
    await until(() => told.includes('4'));
    expect(told).toEqual(['loaded undefined', 'loaded three', '4']);
  });

  test('an entry that is told while it is read is told once', async () => {
    ours.follow();
    await until(() => told.length === 4);
    // Two that are missed have us read; by the time of the answer we have been told them.
    after('XRANGE', async () => {
      for (const number of [4, 5]) ours.receive(`${position.split('-')[0]} ${number} ${number}`);
    });
    isDeaf = true;
    await write('4', '5');
    isDeaf = false;
    await write('6');
    await until(() => told.includes('6'));
    expect(told).toEqual(['loaded undefined', '1', '2', '3', '4', '5', '6']);
  });

  test('an entry that is sent to a log that another has begun anew comes into that', async () => {
    ours.follow();
    await until(() => told.length === 4);
    after('EVALSHA', async () => ours.append('mine'));
    await redis.ask('FLUSHALL');
    theirs.visit(Infinity);
    await until(() => toldThem.includes('mine') && told.includes('mine'));
    expect(told).toEqual(['loaded undefined', '1', '2', '3', 'loaded all', 'mine']);
  });

  test('an entry that Redis took and lost before anybody was told is not lost', async () => {
    ours.follow();
    await until(() => told.length === 4);
    ours.detach();
    await write('4');
    ours.append('mine');
    let isWiped = false;
    before('XRANGE', async () => {
      theirs.detach();
      await until(async () => (await redis.ask('XLEN', 'rm:1:{room}:log')) === ':5');
      await redis.ask('FLUSHALL');
      isWiped = true;
    });
    ours.attach(link);
    await until(() => isWiped);
    theirs.attach(theirLink);
    await until(() => toldThem.at(-1) === 'mine' && told.at(-1) === 'mine');
    expect(told.filter((entry) => entry === 'mine')).toHaveLength(1);
  });

  test('what is asked for anew while it is read is told from its start', async () => {
    ours.follow();
    await until(() => told.length === 4);
    after('EVALSHA', async () => {
      ours.unfollow();
      await write('5');
      ours.follow();
    });
    await write('4');
    ours.visit(Infinity);
    await until(() => told.includes('5'));
    const again = told.slice(told.lastIndexOf('loaded undefined'));
    expect(again).toEqual(['loaded undefined', '1', '2', '3', '4', '5']);
  });

  test('what was appended is done with, though nobody hears of it any more', async () => {
    ours.follow();
    await until(() => told.length === 4);
    isDeaf = true;
    ours.append('4');
    await until(() => toldThem.includes('4'));
    expect(ours.isIdle).toBe(false);
    ours.unfollow();
    await until(() => ours.isIdle);
  });

  test('after a loss nothing is told before it is known that the log is the same', async () => {
    ours.follow();
    await until(() => told.length === 4);
    ours.detach();
    before('EVALSHA', async () => {
      // The log of an older image, which others have taken further.
      ours.receive(`${position.split('-')[0]} 4 of another course`);
      ours.keep(position, 'of another course');
      await write('4');
    });
    ours.attach(link);
    await until(() => told.includes('4'));
    expect(told).toEqual(['loaded undefined', '1', '2', '3', '4']);
    expect(await redis.ask('HGET', 'rm:1:{room}:state', 'kept')).toBe('$1\r\n0');
  });
});
