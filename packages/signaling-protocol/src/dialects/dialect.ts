import type { JsonRpcLimits, RpcDrop } from '../json-rpc/index.js';
import type { Micros } from '../time.js';

/** What a dialect wants done, in order. */
export type DialectOutput =
  | { readonly to: 'hub'; readonly text: string }
  | { readonly to: 'client'; readonly text: string }
  /** Close the socket with a WebSocket close code (RFC 6455 §7.4); 1000 is the client's goodbye. */
  | { readonly to: 'close'; readonly code: number; readonly reason: string };

/** Why something had no effect in a dialect. */
export type DialectDrop =
  | RpcDrop
  /** More peers in the room than a dialect remembers. */
  | 'roster-full'
  /** Something of a peer, or for a session, that this socket does not know. */
  | 'no-session'
  /** A candidate more than are kept for a session that is not open yet. */
  | 'too-many-candidates'
  /** A candidate that is none. */
  | 'malformed-candidate'
  /** A notification with parameters that cannot be used. */
  | 'malformed-notification'
  /** An error notice that means nothing to the other side. */
  | 'untranslatable-error';

/**
 * Translates between one foreign client and the hub, without I/O. Both methods take one received
 * text and never throw; what they return is to be done in order, and what it makes the hub say to
 * this socket goes to `toClient`.
 */
export interface Dialect {
  fromClient(now: Micros, text: string): DialectOutput[];
  toClient(now: Micros, text: string): DialectOutput[];
  /** What had no effect, counted by reason. */
  readonly dropped: Readonly<Partial<Record<DialectDrop, number>>>;
}

/** What a dialect tells of the machine it runs on, in answer to `server.info`. */
export interface HostInfo {
  readonly hostname: string;
  /** IP addresses, that of the default route first. */
  readonly addresses: readonly string[];
}

/** Options of {@link dialectFor}; times and sizes are those of the hub behind it. */
export interface DialectOptions {
  /** Milliseconds since 1970 at a monotonic instant. */
  readonly epochMs: (now: Micros) => number;
  /** Makes an id nobody can guess: 1 to 128 of A–Z a–z 0–9 . _ ~ -, never the same again. */
  readonly randomId: () => string;
  /** Peer id of a client that names none; default a random one. */
  readonly peerId?: string | undefined;
  /** Room of a client that names none; default that of the hub. */
  readonly room?: string | undefined;
  /** Limits of received texts; default those of the JSON-RPC engine. */
  readonly messageLimits?: Partial<JsonRpcLimits> | undefined;
  /** Time the hub gives a peer to answer an offer; default 10 s. */
  readonly offerTimeout?: Micros | undefined;
  /** Time an ONVIF session lasts unless it is extended; default 1 h. */
  readonly sessionLifetime?: Micros | undefined;
  /** ONVIF sessions of one socket; default 64. */
  readonly maxSessions?: number | undefined;
  /** Answers the `server.info` of RemoteMedia clients; default no name and no addresses. */
  readonly host?: HostInfo | undefined;
}
