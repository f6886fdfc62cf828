import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { SignJWT } from 'jose';
import type { JWTPayload } from 'jose';

const folder = mkdtempSync(join(tmpdir(), 'rm-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of this test's own. */
export const file = (name: string): string => join(folder, name);

/** Moves a file with `text` into its place. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

export const keysFile = file('keys.json');
export const OLD = Buffer.alloc(32, 1);
export const NEW = Buffer.alloc(32, 2);

export const writeKeys = (kid: string, secret: Buffer): void =>
  replaceFile(
    keysFile,
    JSON.stringify({ keys: [{ kty: 'oct', kid, k: secret.toString('base64url') }] }),
  );

/** A token that is good for an hour, for alice in the default room, unless `claims` say otherwise. */
export const token = (kid: string, secret: Buffer, claims: JWTPayload = {}): Promise<string> =>
  new SignJWT({
    sub: 'alice',
    rights: ['join', 'send'],
    exp: Math.floor(Date.now() / 1_000) + 3_600,
    ...claims,
  })
    .setProtectedHeader({ alg: 'HS256', kid })
    .sign(secret);
