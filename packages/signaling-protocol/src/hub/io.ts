import type { RpcDrop } from '../json-rpc/index.js';
import type { Micros } from '../time.js';
import type { IceServer, LeaveReason } from '../messages/index.js';
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
  /** Fresh ICE servers for one socket; told if it is announced, and on request until they expire. */
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
  | { readonly kind: 'time'; readonly now: Micros }
  | RoomLogInput;

/** What a hub that shares its rooms with other instances is told of their logs. */
export type RoomLogInput =
  /**
   * Answers `load`: the latest snapshot if there is one; the entries after it come as `committed`.
   * Comes again if entries were missed that cannot be had any more: then the room is as it says,
   * and the sockets here that are in it are closed with 1012, to resume.
   */
  | {
      readonly kind: 'loaded';
      readonly now: Micros;
      readonly room: string;
      readonly state: string | undefined;
    }
  /**
   * The next entry of the log of a room that was loaded, whichever instance wrote it. One that
   * comes twice counts once.
   */
  | {
      readonly kind: 'committed';
      readonly now: Micros;
      readonly room: string;
      /** Names the place of the entry in the log. */
      readonly position: string;
      readonly entry: string;
    }
  /** The log of a room is gone: answered with a `snapshot` of position '' to begin it anew. */
  | { readonly kind: 'log-lost'; readonly now: Micros; readonly room: string }
  /**
   * An instance gives no sign of life any more; its sockets are lost. Of the own id it means that
   * entries of this instance were lost, and its sockets closed.
   */
  | { readonly kind: 'instance-gone'; readonly now: Micros; readonly instance: string };

/** What a hub that shares its rooms with other instances wants done with their logs. */
export type RoomLogOutput =
  /** Follow the log of this room: `loaded` first, then every entry in order as `committed`. */
  | { readonly kind: 'load'; readonly room: string }
  /** Follow the log of this room no longer. */
  | { readonly kind: 'unload'; readonly room: string }
  /** Append to the log, in the order asked for; comes even while the room is being loaded. */
  | { readonly kind: 'commit'; readonly room: string; readonly entry: string }
  /** Keep this as the latest snapshot; entries up to and with `position` are needed no longer. */
  | {
      readonly kind: 'snapshot';
      readonly room: string;
      readonly position: string;
      readonly state: string;
    };

/** What has come about; for logs and figures, nothing needs doing. */
export type HubNews =
  | {
      readonly kind: 'joined';
      readonly socket: SocketId;
      readonly room: string;
      readonly peerId: string;
      /** Whether it came back to the place it had. */
      readonly resumed: boolean;
    }
  /** `socket` is absent where the peer had none any more. */
  | {
      readonly kind: 'left';
      readonly socket: SocketId | undefined;
      readonly room: string;
      readonly peerId: string;
      readonly reason: LeaveReason;
    };

/** What to do: send a text, or close a socket with a WebSocket close code (RFC 6455 §7.4). */
export type HubOutput =
  | { readonly kind: 'send'; readonly socket: SocketId; readonly text: string }
  | {
      readonly kind: 'close';
      readonly socket: SocketId;
      readonly code: number;
      readonly reason: string;
    }
  | HubNews
  | RoomLogOutput;

/** Why something received had no effect. */
export type HubDrop =
  | RpcDrop
  | 'unknown-socket'
  | 'refused-notification'
  | 'request-without-id'
  | 'rate-limited'
  /** Of the log of a shared room: not written by a server of this version, or damaged. */
  | 'unusable-entry'
  | 'unusable-snapshot';

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
  /** Calls that were answered or passed on, by method and then by `ok` or the code of the error. */
  readonly calls: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Thrown when a driver opens a socket under an id that is open. */
export class SocketIdInUseError extends Error {
  override readonly name = 'SocketIdInUseError';
  readonly code = 'SOCKET_ID_IN_USE';

  constructor(socket: SocketId) {
    super(`socket ${socket} is open already; give every socket an id of its own`);
  }
}
