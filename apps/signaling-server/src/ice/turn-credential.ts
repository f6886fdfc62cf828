import { createHmac } from 'node:crypto';

/** What a client shows to a TURN server (RFC 8489 §9.2). */
export interface TurnCredential {
  readonly username: string;
  readonly credential: string;
}

/**
 * A credential that is good until `expiresAt`, in seconds since 1970, on every TURN server that has
 * the same secret (draft-uberti-behave-turn-rest-00 §2.2; coturn's `use-auth-secret`).
 */
export function turnCredential(secret: string, peerId: string, expiresAt: number): TurnCredential {
  const username = `${expiresAt}:${peerId}`;
  const credential = createHmac('sha1', secret).update(username).digest('base64');
  return { username, credential };
}
