import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import type { SignalingServerOptions } from '../src/options.js';
import { createSignalingServer } from '../src/server.js';
import type { SignalingServer } from '../src/server.js';

const folder = mkdtempSync(join(tmpdir(), 'rm-auth-'));
const keysFile = join(folder, 'keys.json');
const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);

const writeKeys = (kid: string, secret: Buffer): void => {
  const keys = [{ kty: 'oct', kid, k: secret.toString('base64url') }];
  writeFileSync(`${keysFile}.new`, JSON.stringify({ keys }));
  renameSync(`${keysFile}.new`, keysFile);
};

const token = (kid: string, secret: Buffer, claims = {}): Promise<string> =>
  new SignJWT({ sub: 'alice', rights: ['join', 'send'], ...claims })
    .setProtectedHeader({ alg: 'HS256', kid })
    .setExpirationTime('1h')
    .sign(secret);

let server: SignalingServer;
const start = async (options: Partial<SignalingServerOptions>): Promise<void> => {
  server = await createSignalingServer({
    port: 0,
    host: '127.0.0.1',
    logger: pino({ level: 'silent' }),
    ...options,
  });
};

/** `open`, or the HTTP status and body of the refusal. */
const outcome = (query: string, headers = {}): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`${server.url}/${query}`, { headers });
    socket.on('error', () => undefined);
    socket.on('open', () => {
      resolve('open');
      socket.close();
    });
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (data: Buffer) => (body += data.toString()));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
  });

beforeEach(() => writeKeys('old', OLD));
afterEach(() => server.close());
process.on('exit', () => rmSync(folder, { recursive: true }));

test('with --auth jwt only a good token opens a WebSocket, from the header or the query', async () => {
  await start({ auth: { keysFile } });
  const good = await token('old', OLD);
  expect(await outcome(`?access_token=${good}`)).toBe('open');
  expect(await outcome('', { authorization: `Bearer ${good}` })).toBe('open');
  expect(await outcome('')).toMatch(/^401 no token; send one/);
  expect(await outcome(`?access_token=${await token('old', NEW)}`)).toBe(
    '401 the token is not accepted; get one from who runs this server\n',
  );
  expect(await outcome(`?access_token=${await token('old', OLD, { sub: '..' })}`)).toMatch(/^401/);
  expect(await outcome(`?access_token=${await token('old', OLD, { rights: ['send'] })}`)).toMatch(
    /^403 the token gives no right to join/,
  );
});

test('keys are rotated by writing the file, and a broken file changes nothing', async () => {
  await start({ auth: { keysFile }, fileCheckIntervalMs: 20 });
  const fresh = `?access_token=${await token('new', NEW)}`;
  expect(await outcome(fresh)).toMatch(/^401/);
  writeKeys('new', NEW);
  while ((await outcome(fresh)) !== 'open');
  expect(await outcome(`?access_token=${await token('old', OLD)}`)).toMatch(/^401/);
  writeFileSync(keysFile, '{');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await outcome(fresh)).toBe('open');
});

test('pages of other origins may not connect; programs, which have none, may', async () => {
  await start({ allowedOrigins: ['https://app.example'] });
  expect(await outcome('', { origin: 'https://app.example' })).toBe('open');
  expect(await outcome('')).toBe('open');
  expect(await outcome('', { origin: 'https://evil.example' })).toMatch(
    /^403 pages of this origin/,
  );
});

test.each<[string, Partial<SignalingServerOptions>, string]>([
  ['one address', { maxConnectionsPerAddress: 1 }, '429 too many connections'],
  ['all', { maxConnections: 1 }, '503 the server is full'],
])(
  'connections of %s are bounded, and a place that is left is free',
  async (_of, limit, refusal) => {
    await start(limit);
    const first = new WebSocket(server.url);
    await once(first, 'open');
    expect(await outcome('')).toContain(refusal);
    first.terminate();
    while ((await outcome('')) !== 'open');
  },
);

test('a client that never finishes its request is cut off', async () => {
  await start({ handshakeTimeoutMs: 100 });
  const slow = connect(server.port, '127.0.0.1');
  slow.write('GET / HTTP/1.1\r\nHost: x\r\n');
  const drip = setInterval(() => slow.write('X-Slow: 1\r\n'), 20);
  slow.on('error', () => undefined).resume();
  await once(slow, 'close');
  clearInterval(drip);
  expect(slow.destroyed).toBe(true);
});

test('who sends more than its rate is read later, and loses nothing', async () => {
  await start({ maxMessagesPerSecond: 10 });
  const eager = new WebSocket(server.url);
  await once(eager, 'open');
  const since = performance.now();
  const ids: number[] = [];
  const all = new Promise<void>((resolve) => {
    eager.on('message', (data: Buffer) => {
      ids.push((JSON.parse(data.toString()) as { id: number }).id);
      if (ids.length === 106) resolve();
    });
  });
  for (let id = 0; id < 105; id++) eager.send(JSON.stringify({ jsonrpc: '2.0', method: 'x', id }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  eager.send(JSON.stringify({ jsonrpc: '2.0', method: 'x', id: 105 }));
  await all;
  expect(ids).toEqual(Array.from({ length: 106 }, (_, id) => id));
  expect(performance.now() - since).toBeGreaterThan(400);
  eager.close();
});
