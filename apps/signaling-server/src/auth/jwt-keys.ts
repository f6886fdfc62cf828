import { readFileSync } from 'node:fs';
import { importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { SignalingServerError } from '../errors.js';

/** A key and the one algorithm it is for. */
export interface JwtKey {
  readonly algorithm: 'HS256' | 'EdDSA';
  readonly key: CryptoKey | Uint8Array;
}

/** Keys by their `kid`. */
export type JwtKeys = ReadonlyMap<string, JwtKey>;

/** A shorter secret than the hash is weaker than the hash (RFC 7518 §3.2). */
const MIN_SECRET_BYTES = 32;
const MAX_KEYS = 64;

/**
 * Reads a JSON Web Key Set (RFC 7517 §5): `oct` keys for HS256, Ed25519 `OKP` keys for EdDSA, each
 * with a `kid` of its own. Throws `SignalingServerError` (`JWT_KEYS_INVALID`) if the file is
 * anything else; the message names the key, never its content.
 */
export async function readJwtKeys(path: string): Promise<JwtKeys> {
  const jwks = readSet(path);
  const keys = new Map<string, JwtKey>();
  for (const [index, jwk] of jwks.entries()) {
    const { kid } = jwk;
    if (typeof kid !== 'string' || kid === '' || keys.has(kid)) {
      throw invalid(path, `key ${index} needs a kid that no other key has`);
    }
    keys.set(kid, await importKey(path, jwk, kid));
  }
  return keys;
}

function readSet(path: string): readonly JWK[] {
  let set: { readonly keys?: unknown } | null;
  try {
    set = JSON.parse(readFileSync(path, 'utf8')) as typeof set;
  } catch (error) {
    // A syntax error quotes the text, which is secret; what the system says does not.
    const code = (error as NodeJS.ErrnoException).code ?? 'no JSON';
    throw invalid(path, `cannot read it (${code})`);
  }
  const keys = set?.keys;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) {
    throw invalid(path, `it needs 1 to ${MAX_KEYS} keys in an array named keys`);
  }
  if (!keys.every((key) => typeof key === 'object' && key !== null)) {
    throw invalid(path, 'every key must be an object');
  }
  return keys as JWK[];
}

async function importKey(path: string, jwk: JWK, kid: string): Promise<JwtKey> {
  const algorithm = algorithmOf(jwk);
  if (algorithm === undefined || (jwk.alg !== undefined && jwk.alg !== algorithm)) {
    throw invalid(path, `key ${kid} must be oct for HS256 or OKP Ed25519 for EdDSA`);
  }
  // A server that verifies has no business with the private half.
  const { d: _private, ...publicHalf } = jwk;
  let key: CryptoKey | Uint8Array;
  try {
    key = await importJWK(publicHalf, algorithm);
  } catch {
    throw invalid(path, `key ${kid} is damaged`);
  }
  if (key instanceof Uint8Array && key.length < MIN_SECRET_BYTES) {
    throw invalid(path, `key ${kid} must have at least ${MIN_SECRET_BYTES} bytes`);
  }
  return { algorithm, key };
}

function algorithmOf({ kty, crv }: JWK): JwtKey['algorithm'] | undefined {
  if (kty === 'oct') return 'HS256';
  return kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined;
}

const invalid = (path: string, why: string): SignalingServerError =>
  new SignalingServerError('JWT_KEYS_INVALID', `${path} is no usable key set: ${why}`, undefined);
