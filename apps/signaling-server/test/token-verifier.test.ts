import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { milliseconds } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import { SignJWT, UnsecuredJWT } from 'jose';
import { readJwtKeys } from '../src/auth/jwt-keys.js';
import { TokenVerifier } from '../src/auth/token-verifier.js';
import type { Instant } from '../src/clock.js';

const folder = mkdtempSync(join(tmpdir(), 'rm-keys-'));
const file = join(folder, 'keys.json');
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = 1_800_000_000;
const at = (second: number): Instant => ({ wall: new Date(second * 1_000), now: milliseconds(7) });

/** The monotonic time when a token stops opening connections: 30 s after its end, seen from `NOW`. */
const lastsFor = (seconds: number): Micros => milliseconds(7 + (seconds + 30) * 1_000);

const secret = randomBytes(32);
const ed = generateKeyPairSync('ed25519');
const edPublic = ed.publicKey.export({ format: 'jwk' });
const HS = { kty: 'oct', kid: 'hs', k: secret.toString('base64url') };
const ED = { ...edPublic, kid: 'ed' };

async function keys(...jwks: object[]): ReturnType<typeof readJwtKeys> {
  writeFileSync(file, JSON.stringify({ keys: jwks }));
  return readJwtKeys(file);
}

const CLAIMS = { sub: 'alice', room: 'r', rights: ['join', 'send'], exp: NOW + 60 };

const sign = (claims: object, header = { alg: 'HS256', kid: 'hs' }): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader(header)
    .sign(header.alg === 'HS256' ? secret : ed.privateKey);

const verifier = async (requirements = {}): Promise<TokenVerifier> =>
  new TokenVerifier(await keys(HS, ED), requirements);

test.each([
  ['HS256', { alg: 'HS256', kid: 'hs' }],
  ['EdDSA', { alg: 'EdDSA', kid: 'ed' }],
])('a token signed with %s grants what it says', async (_algorithm, header) => {
  expect(await (await verifier()).verify(await sign(CLAIMS, header), at(NOW))).toEqual({
    ok: true,
    grant: {
      peerId: 'alice',
      room: 'r',
      mayJoin: true,
      maySend: true,
      admin: false,
      expiresAt: lastsFor(60),
    },
  });
});

test('a token without room is for the default room, one without join for no peer', async () => {
  const gate = await verifier();
  const { room: _room, ...roomless } = CLAIMS;
  expect(await gate.verify(await sign(roomless), at(NOW))).toMatchObject({
    grant: { peerId: 'alice', room: 'default' },
  });
  const admin = { rights: ['admin'], exp: NOW + 60 };
  expect(await gate.verify(await sign(admin), at(NOW))).toEqual({
    ok: true,
    grant: { mayJoin: false, maySend: false, admin: true, expiresAt: lastsFor(60) },
  });
});

test.each<[string, object, number, string]>([
  ['expired a minute ago', {}, NOW + 120, 'the token has expired; get a new one'],
  ['expired just now: within the tolerance', {}, NOW + 89, 'ok'],
  ['beyond the tolerance', {}, NOW + 90, 'the token has expired; get a new one'],
  ['not valid for a minute', { nbf: NOW + 60 }, NOW, 'the token is not valid yet; try again later'],
  ['valid in half a minute: within the tolerance', { nbf: NOW + 30 }, NOW, 'ok'],
])('time: %s', async (_case, claims, second, outcome) => {
  const verified = await (
    await verifier()
  ).verify(await sign({ ...CLAIMS, ...claims }), at(second));
  expect(verified.ok ? 'ok' : verified.reason).toBe(outcome);
});

const NOT_ACCEPTED = {
  ok: false,
  reason: 'the token is not accepted; get one from who runs this server',
};

test.each<[string, object]>([
  ['no end', { exp: undefined }],
  ['no rights', { rights: undefined }],
  ['rights that are none', { rights: ['join', 'fly'] }],
  ['rights as text', { rights: 'join' }],
  ['no peer to join as', { sub: undefined }],
  ['a peer id that is none', { sub: 'a b' }],
  ['a room that is none', { room: '..' }],
])('claims with %s are not accepted', async (_case, claims) => {
  const token = await sign({ ...CLAIMS, ...claims });
  expect(await (await verifier()).verify(token, at(NOW))).toEqual(NOT_ACCEPTED);
});

test('audience and issuer must be those that are asked for', async () => {
  const gate = await verifier({ audience: 'mesh', issuer: 'https://id.example' });
  const good = { ...CLAIMS, aud: ['mesh', 'other'], iss: 'https://id.example' };
  expect(await gate.verify(await sign(good), at(NOW))).toMatchObject({ ok: true });
  for (const bad of [{ aud: 'other' }, { iss: 'https://evil.example' }, { aud: undefined }]) {
    expect(await gate.verify(await sign({ ...good, ...bad }), at(NOW))).toEqual(NOT_ACCEPTED);
  }
});

test('the algorithm is that of the key, whatever the token says', async () => {
  const gate = await verifier();
  // The public key, which everybody may know, is no secret of HS256.
  const publicKey = Buffer.from(edPublic.x ?? '', 'base64url');
  const confused = await new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'HS256', kid: 'ed' })
    .sign(publicKey);
  const tokens = [
    confused,
    new UnsecuredJWT(CLAIMS).encode(),
    await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256' }).sign(secret),
    await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS512', kid: 'hs' }).sign(secret),
    await sign(CLAIMS, { alg: 'HS256', kid: 'unknown' }),
    await sign(CLAIMS, { alg: 'EdDSA', kid: 'hs' }),
    await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'HS256', kid: 'hs' }).sign(randomBytes(32)),
    `${await sign(CLAIMS)}x`,
    'a.b.c',
    'x'.repeat(5_000),
  ];
  for (const token of tokens) expect(await gate.verify(token, at(NOW))).toEqual(NOT_ACCEPTED);
  const none = { ok: false, reason: expect.stringContaining('access_token') };
  expect(await gate.verify(undefined, at(NOW))).toEqual(none);
  expect(await gate.verify('', at(NOW))).toEqual(none);
});

test('tokens of a key that is gone are no longer accepted', async () => {
  const gate = await verifier();
  const token = await sign(CLAIMS);
  gate.useKeys(await keys(ED));
  expect(await gate.verify(token, at(NOW))).toEqual(NOT_ACCEPTED);
});

test.each<[string, object[], RegExp]>([
  ['no keys', [], /1 to 64 keys/],
  ['a key without kid', [{ ...HS, kid: undefined }], /key 0 needs a kid/],
  ['a kid twice', [HS, { ...ED, kid: 'hs' }], /key 1 needs a kid/],
  ['a short secret', [{ ...HS, k: 'AAAA' }], /hs must have at least 32 bytes/],
  ['a key of another kind', [{ ...HS, kty: 'RSA' }], /hs must be oct for HS256 or OKP/],
  ['a key for another algorithm', [{ ...HS, alg: 'HS512' }], /hs must be oct for HS256 or OKP/],
  ['a damaged key', [{ ...ED, x: '!' }], /ed is damaged/],
])('a file with %s is refused, and why', async (_case, jwks, message) => {
  await expect(keys(...jwks)).rejects.toMatchObject({
    code: 'JWT_KEYS_INVALID',
    message: expect.stringMatching(message),
  });
});

test('a file that is no JSON is refused without a word of it', async () => {
  writeFileSync(file, 'secret!');
  await expect(readJwtKeys(file)).rejects.toMatchObject({
    message: `${file} is no usable key set: cannot read it (no JSON)`,
  });
});
