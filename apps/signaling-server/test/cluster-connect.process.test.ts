import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { describeWithRedis, freePort, RedisProcess, Replica, until } from './cluster-support.js';
import { redisAddress } from '../src/cluster/redis-address.js';

const folder = mkdtempSync(join(tmpdir(), 'rm-redis-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const failure = async (
  url: string,
): Promise<{ readonly code: string; readonly message: string }> => {
  try {
    const replica = await Replica.join(url, 'a', { instanceTtlMs: 500 });
    await replica.logs.close();
  } catch (error) {
    return error as { readonly code: string; readonly message: string };
  }
  throw new Error('it is connected');
};

test.each([
  ['redis://localhost', 'localhost', 6_379, 0, undefined, undefined],
  ['redis://:secret@10.0.0.1:7000/3', '10.0.0.1', 7_000, 3, undefined, 'secret'],
  ['rediss://me:p%40ss%2Fword@redis.example/15', 'redis.example', 6_379, 15, 'me', 'p@ss/word'],
  ['redis://[::1]:6380/', '::1', 6_380, 0, undefined, undefined],
])('%s is read', (url, host, port, database, username, password) => {
  const { connection, shown, database: read } = redisAddress(url);
  expect(connection).toMatchObject({ host, port, db: database });
  expect([connection.username, connection.password]).toEqual([username, password]);
  expect(connection.tls !== undefined).toBe(url.startsWith('rediss:'));
  expect(read).toBe(database);
  expect(shown).not.toContain('@');
});

test.each([
  'localhost:6379',
  'http://:secret@localhost',
  'redis://',
  'redis://:secret@localhost/rooms',
  'redis://:%secret@localhost',
  'redis://:secret@localhost?db=1',
  '',
])('%j is refused, and not repeated as a password may be in it', (url) => {
  let refusal: unknown;
  try {
    redisAddress(url);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({
    code: 'REDIS_INVALID',
    message: expect.stringContaining('give redis://'),
    cause: undefined,
  });
  expect((refusal as Error).message).not.toContain('secret');
});

test.each([
  [{ prefix: '{rm}' }, 'prefix'],
  [{ roomTtlMs: 499 }, 'roomTtlMs is 499; give a whole number of at least 500'],
  [{ maxWaitingBytes: 0 }, 'maxWaitingBytes is 0; give a whole number of at least 1'],
])('%j is refused', async (options, message) => {
  await expect(Replica.join('redis://localhost', 'a', options)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining(message),
  });
});

test('a Redis that is not there is told with its address and no password', async () => {
  const port = await freePort();
  const { code, message } = await failure(`redis://me:secret@127.0.0.1:${port}/2`);
  expect(code).toBe('REDIS_UNAVAILABLE');
  expect(message).toBe(
    `cannot use Redis at redis://127.0.0.1:${port}/2 (connect ECONNREFUSED 127.0.0.1:${port}); start it, or correct host, port, user and password in its URL`,
  );
});

test('what answers nothing is given up', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  ends.push(async () => void silent.close());
  await until(() => silent.listening);
  const { port } = silent.address() as AddressInfo;
  expect((await failure(`redis://127.0.0.1:${port}`)).message).toContain('(it does not answer)');
});

test('what is no Redis is told apart', async () => {
  const other = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  }).listen(0, '127.0.0.1');
  ends.push(async () => void other.close());
  await until(() => other.listening);
  const { port } = other.address() as AddressInfo;
  expect(await failure(`redis://127.0.0.1:${port}`)).toMatchObject({ code: 'REDIS_UNAVAILABLE' });
});

describeWithRedis('joining a Redis', () => {
  const redisWith = async (...args: string[]): Promise<RedisProcess> => {
    const redis = await RedisProcess.start(...args);
    ends.push(() => redis.remove());
    return redis;
  };

  test('a password is asked for and never logged', async () => {
    const redis = await redisWith('--requirepass', 'secret');
    const { port } = redis;
    expect((await failure(redis.url)).message).toContain('NOAUTH');
    const wrong = await failure(`redis://:wrong-secret@127.0.0.1:${port}`);
    expect(wrong.message).toContain('WRONGPASS');
    expect(wrong.message).not.toContain('wrong-secret');
    let log = '';
    const logger = pino({ level: 'trace' }, { write: (line: string) => (log += line) });
    const url = `redis://default:secret@127.0.0.1:${port}`;
    const { logs } = await Replica.join(url, 'a', { logger });
    ends.push(() => logs.close());
    await redis.kill();
    await until(() => log.includes('still no Redis'));
    expect(log).toContain(`redis://127.0.0.1:${port}/0`);
    expect(log).not.toContain('secret');
  });

  test('a database that Redis does not have is told', async () => {
    const redis = await redisWith();
    expect((await failure(`${redis.url}/99`)).message).toContain('DB index is out of range');
  });

  test('over TLS the certificate counts', async () => {
    const file = (name: string): string => join(folder, name);
    const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
    const subject = [
      '-subj',
      '/CN=localhost',
      '-keyout',
      file('key.pem'),
      '-out',
      file('cert.pem'),
    ];
    const OPENSSL = 'openssl';
    execFileSync(OPENSSL, [...args.split(' '), ...subject], { stdio: 'ignore' });
    const port = String(await freePort());
    const keys = ['--tls-cert-file', file('cert.pem'), '--tls-key-file', file('key.pem')];
    await redisWith('--tls-port', port, ...keys, '--tls-auth-clients', 'no');
    const url = `rediss://localhost:${port}`;
    expect((await failure(url)).message).toContain('self-signed');
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    const server = spawn(process.execPath, [main, '--port', '0', '--redis', url], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: file('cert.pem') },
    });
    ends.push(async () => void server.kill('SIGKILL'));
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
    expect(line).toContain('signaling server listening');
  });
});
