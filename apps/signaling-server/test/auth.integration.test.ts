import { beforeEach, expect, test } from '@jest/globals';
import type { JWTPayload } from 'jose';
import type { WebSocket } from 'ws';
import type { ListeningSignalingServer } from '../src/server.js';
import { log } from './log.js';
import { call, closeCode, opened, outcome, SDP, start } from './support.js';
import { keysFile, NEW, OLD, replaceFile, token, writeKeys } from './tokens.js';

beforeEach(() => writeKeys('old', OLD));

test('with --auth jwt only a good token opens a WebSocket, from the header or the query', async () => {
  const { url } = await start({ auth: { keysFile } });
  const good = await token('old', OLD);
  expect(await outcome(`${url}/?access_token=${good}`)).toBe('open');
  expect(await outcome(url, { authorization: `Bearer ${good}` })).toBe('open');
  expect(await outcome(url)).toMatch(/^401 no token; send one/);
  expect(await outcome(`${url}/?access_token=${await token('old', NEW)}`)).toBe(
    '401 the token is not accepted; get one from who runs this server\n',
  );
  const nobody = await token('old', OLD, { sub: '..' });
  expect(await outcome(`${url}/?access_token=${nobody}`)).toMatch(/^401/);
  const sender = await token('old', OLD, { rights: ['send'] });
  expect(await outcome(`${url}/?access_token=${sender}`)).toMatch(
    /^403 the token gives no right to join/,
  );
});

test('keys are rotated by writing the file, and a broken file changes nothing', async () => {
  const { logger, line } = log();
  const { url } = await start({ auth: { keysFile }, fileCheckIntervalMs: 20, logger });
  const fresh = `${url}/?access_token=${await token('new', NEW)}`;
  expect(await outcome(fresh)).toMatch(/^401/);
  const read = line('keys of tokens were read again');
  writeKeys('new', NEW);
  await read;
  expect(await outcome(fresh)).toBe('open');
  expect(await outcome(`${url}/?access_token=${await token('old', OLD)}`)).toMatch(/^401/);
  const kept = line('the keys of tokens stay as they were');
  replaceFile(keysFile, '{');
  await kept;
  expect(await outcome(fresh)).toBe('open');
});

let server: ListeningSignalingServer;

/** A WebSocket of the holder of a token with these claims. */
async function holder(claims: JWTPayload): Promise<WebSocket> {
  const authorization = `Bearer ${await token('old', OLD, claims)}`;
  return opened(server.url, { headers: { authorization } });
}

async function announced(claims: JWTPayload & { readonly sub: string }): Promise<WebSocket> {
  const socket = await holder(claims);
  const place = { peer_id: claims.sub, room: claims['room'] };
  expect(await call(socket, 'peer.announce', place)).toMatchObject({ status: 'registered' });
  return socket;
}

test.each([
  ['another id', { peer_id: 'bob' }, /be peer bob; it is for alice/],
  ['another room', { peer_id: 'alice', room: 'other' }, /join room other; it is for default/],
])('a token does not seat its holder under %s', async (_what, place, message) => {
  server = await start({ auth: { keysFile } });
  expect(await call(await holder({}), 'peer.announce', place)).toMatchObject({
    code: -32_017,
    message: expect.stringMatching(message),
  });
});

test('a token without send lets its holder listen and answer, not offer', async () => {
  server = await start({ auth: { keysFile } });
  await announced({ sub: 'bob' });
  const listener = await announced({ sub: 'alice', rights: ['join'] });
  const offer = { to: 'bob', sdp: SDP, can_trickle_ice_candidates: true, request_id: '1' };
  expect(await call(listener, 'peer.offer', offer)).toMatchObject({
    code: -32_017,
    message: expect.stringContaining('send to other peers'),
  });
  expect(await call(listener, 'peer.list', {})).toMatchObject({ peers: [{ peer_id: 'bob' }] });
});

test('a token with admin alone lists any room and joins none; others list their own', async () => {
  server = await start({ auth: { keysFile } });
  const member = await announced({ sub: 'carol', room: 'studio' });
  const admin = await holder({ rights: ['admin'] });
  expect(await call(admin, 'peer.list', { room: 'studio' })).toMatchObject({
    peers: [{ peer_id: 'carol' }],
  });
  expect(await call(admin, 'peer.announce', { peer_id: 'alice' })).toMatchObject({ code: -32_017 });
  expect(await call(member, 'peer.list', { room: 'default' })).toMatchObject({ code: -32_017 });
});

test('when the token of a connection expires it is closed with 4401, not before', async () => {
  server = await start({ auth: { keysFile } });
  const lasting = await announced({ sub: 'bob' });
  // Tokens count 30 s beyond their end, as clocks differ.
  const at = Date.now() + 250;
  const brief = await holder({ exp: at / 1_000 - 30 });
  expect(await closeCode(brief)).toBe(4401);
  expect(Date.now()).toBeGreaterThanOrEqual(at - 2);
  expect(await call(lasting, 'peer.list', {})).toMatchObject({ peers: [] });
});

test('a token that lasts for years is held as long as any', async () => {
  server = await start({ auth: { keysFile } });
  const socket = await announced({ sub: 'bob', exp: Date.now() / 1_000 + 1e9 });
  expect(await call(socket, 'peer.list', {})).toMatchObject({ peers: [] });
});

test('pages of other origins may not connect; programs, which have none, may', async () => {
  const { url } = await start({ allowedOrigins: ['https://app.example'] });
  expect(await outcome(url, { origin: 'https://app.example' })).toBe('open');
  expect(await outcome(url)).toBe('open');
  expect(await outcome(url, { origin: 'https://evil.example' })).toMatch(
    /^403 pages of this origin/,
  );
});

test.each([
  ['one address', { maxConnectionsPerAddress: 1 }, '429 too many connections'],
  ['all', { maxConnections: 1 }, '503 the server is full'],
])(
  'connections of %s are bounded, and a place that is left is free',
  async (_of, limit, refusal) => {
    const { logger, line } = log();
    const { url } = await start({ ...limit, logger });
    const first = await opened(url);
    expect(await outcome(url)).toContain(refusal);
    const closed = line('socket closed');
    first.terminate();
    await closed;
    expect(await outcome(url)).toBe('open');
  },
);
