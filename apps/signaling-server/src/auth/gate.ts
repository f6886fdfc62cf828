import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { instant } from '../clock.js';
import { watchedFile } from '../watched-file.js';
import { bearerToken } from './bearer.js';
import { readJwtKeys } from './jwt-keys.js';
import { TokenVerifier } from './token-verifier.js';
import type { TokenRequirements, Verified } from './token-verifier.js';

/** Tokens that are asked of whoever connects. */
export interface JwtOptions extends TokenRequirements {
  /** JSON Web Key Set file (RFC 7517): `oct` keys for HS256, Ed25519 keys for EdDSA. */
  readonly keysFile: string;
}

/** Tells from the token of a request what it grants. */
export interface JwtGate {
  verify(request: IncomingMessage): Promise<Verified>;
  /** Stops looking at the file of keys. Idempotent. */
  release(): void;
}

/**
 * A gate that follows its file of keys, which is looked at every `intervalMs`; a file that became
 * unusable is logged, and the keys that were read before stay. Rejects with `SignalingServerError`
 * (`JWT_KEYS_INVALID`) if the file is unusable to begin with.
 */
export async function jwtGate(
  { keysFile, ...requirements }: JwtOptions,
  logger: Logger,
  intervalMs: number,
): Promise<JwtGate> {
  const verifier = new TokenVerifier(await readJwtKeys(keysFile), requirements);
  const reread = async (): Promise<void> => {
    try {
      const keys = await readJwtKeys(keysFile);
      verifier.useKeys(keys);
      logger.info({ kids: [...keys.keys()] }, 'keys of tokens were read again');
    } catch (error) {
      logger.error({ error: (error as Error).message }, 'the keys of tokens stay as they were');
    }
  };
  const release = watchedFile(keysFile, intervalMs, () => void reread());
  return { verify: (request) => verifier.verify(bearerToken(request), instant()), release };
}
