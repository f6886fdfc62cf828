import type { RpcDrop } from '../json-rpc/index.js';
import type { Micros } from '../time.js';
import type { IceServer } from '../messages/index.js';
import type { Grant } from './grant.js';

/** Names one socket towards the hub; chosen by its driver, not reused while it is open. */
export type SocketId = number;

/** What has happened; `now` never goes back (an older one counts as the latest seen). */
export type HubInput =
  | {
      readonly kind: 'opened';
      readonly now: Micros;
      readonly socket: SocketId;
      /** What the socket's token allows; without one, everything but what admins may. */
      readonly grant?: Grant | undefined;
    }
  | {
      readonly kind: 'text';
      readonly now: Micros;
      readonly socket: SocketId;
      readonly text: string;
    }
  /** `clean`: the other end closed in good order, so its peer has left rather than got lost. */
  | {
      readonly kind: 'closed';
      readonly now: Micros;
      readonly socket: SocketId;
      readonly clean: boolean;
    }
  /** ICE servers for one socket; told once it is announced, and again on request until they expire. */
  | {
      readonly kind: 'ice-servers';
      readonly now: Micros;
      readonly socket: SocketId;
      readonly servers: readonly IceServer[];
      readonly ttlSeconds: number;
    }
  /**
   * The server is about to stop: sockets are told to come back elsewhere, one after another within
   * `spreadMs` (1 to 600000), and no peer is seated any more.
   */
  | { readonly kind: 'drain'; readonly now: Micros; readonly spreadMs: number }
  | { readonly kind: 'time'; readonly now: Micros };

/** What to do: send a text, or close a socket with a WebSocket close code (RFC 6455 §7.4). */
export type HubOutput =
  | { readonly kind: 'send'; readonly socket: SocketId; readonly text: string }
  | {
      readonly kind: 'close';
      readonly socket: SocketId;
      readonly code: number;
      readonly reason: string;
    };

/** Why something received had no effect. */
export type HubDrop =
  | RpcDrop
  | 'unknown-socket'
  | 'refused-notification'
  | 'request-without-id'
  | 'rate-limited';

/** State of the hub at one moment. */
export interface HubSnapshot {
  readonly connections: number;
  /** Announced peers, those that are away included. */
  readonly peers: number;
  /** Peers without a connection that still have their places. */
  readonly away: number;
  readonly rooms: number;
  readonly pendingOffers: number;
  /** Received messages without effect, counted by reason since the hub began. */
  readonly dropped: Readonly<Partial<Record<HubDrop, number>>>;
}

/** Thrown when a driver opens a socket under an id that is open. */
export class SocketIdInUseError extends Error {
  override readonly name = 'SocketIdInUseError';
  readonly code = 'SOCKET_ID_IN_USE';

  constructor(socket: SocketId) {
    super(`socket ${socket} is open already; give every socket an id of its own`);
  }
}
