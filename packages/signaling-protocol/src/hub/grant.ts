import type { JsonRpcError } from '../json-rpc/index.js';
import type { HubParams } from '../messages/index.js';
import type { Micros } from '../time.js';
import { forbidden } from './errors.js';

/** What the token of a socket allows. */
export interface Grant {
  /** The only peer id it may announce; default any. */
  readonly peerId?: string | undefined;
  /** The only room it may join; default any. */
  readonly room?: string | undefined;
  /** Whether it may announce itself. */
  readonly mayJoin: boolean;
  /** Whether it may send to other peers; answering their offers it always may. */
  readonly maySend: boolean;
  /** Whether it may list rooms and the peers of others than its own, remove peers and close rooms. */
  readonly admin: boolean;
  /** When the socket is closed with `CloseCode.TOKEN_EXPIRED`; default never. */
  readonly expiresAt?: Micros | undefined;
}

/** What a socket without a token may do. */
export const EVERYTHING_BUT_ADMIN: Grant = { mayJoin: true, maySend: true, admin: false };

/** Why `grant` does not allow this announcement; `undefined` if it does. */
export function announcementRefusal(
  grant: Grant,
  { peer_id, room }: HubParams<'peer.announce'>,
): JsonRpcError | undefined {
  if (!grant.mayJoin) return forbidden('join a room');
  if (grant.peerId !== undefined && grant.peerId !== peer_id) {
    return forbidden(`be peer ${peer_id}; it is for ${grant.peerId}`);
  }
  if (grant.room !== undefined && grant.room !== room) {
    return forbidden(`join room ${room}; it is for ${grant.room}`);
  }
  return undefined;
}
