import type { RpcDrop } from '../json-rpc/index.js';
import type { Micros } from '../time.js';
import type { SocketId } from './connection.js';

/** What has happened; `now` never goes back (an older one counts as the latest seen). */
export type HubInput =
  | { readonly kind: 'opened'; readonly now: Micros; readonly socket: SocketId }
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
export type HubDrop = RpcDrop | 'unknown-socket' | 'refused-notification' | 'request-without-id';

/** State of the hub at one moment. */
export interface HubSnapshot {
  readonly connections: number;
  readonly peers: number;
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
