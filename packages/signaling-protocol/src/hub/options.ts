import { DEFAULT_JSON_RPC_LIMITS } from '../json-rpc/index.js';
import type { JsonRpcLimits } from '../json-rpc/index.js';
import type { IceServer } from '../messages/index.js';
import { milliseconds } from '../time.js';
import type { Micros } from '../time.js';

/** ICE servers with credentials of one peer's own. */
export interface IceServersForPeer {
  readonly servers: readonly IceServer[];
  /** How long they are good for, a whole number of at least 1. */
  readonly ttlSeconds: number;
}

/** Options of {@link Hub}. */
export interface HubOptions {
  /** Wall-clock time at a monotonic instant as ISO 8601 in UTC; stamps `registered_at`. */
  readonly wallClock: (now: Micros) => string;
  /** Peers in one room; default 64. */
  readonly maxPeersPerRoom?: number | undefined;
  /** Rooms with at least one peer; default 10000. */
  readonly maxRooms?: number | undefined;
  /** Offers of all peers of a room that wait for their answers; default 10000. */
  readonly maxPendingOffers?: number | undefined;
  /** Offers of one peer, and offers to one, that wait for their answers; default 256. */
  readonly maxPendingPerConnection?: number | undefined;
  /** Time a peer has to answer an offer; default 10 s. */
  readonly offerTimeout?: Micros | undefined;
  /** Messages a socket may send in a second on average; default 500. */
  readonly messagesPerSecond?: number | undefined;
  /** Messages a socket may send at once; default 1000. */
  readonly messageBurst?: number | undefined;
  /** Messages that all peers of a room together may send in a second; default 2000. */
  readonly roomMessagesPerSecond?: number | undefined;
  /** Messages that all peers of a room together may send at once; default 20000. */
  readonly roomMessageBurst?: number | undefined;
  /**
   * Makes a resume token: 1 to 256 printable characters that nobody can guess and that never
   * repeat. Without it no peer can resume.
   */
  readonly randomToken?: (() => string) | undefined;
  /** Time a peer that can resume keeps its place without a connection; default 2 minutes. */
  readonly resumeWindow?: Micros | undefined;
  /** Latest messages kept for a peer that can resume; default 256. */
  readonly maxKeptMessages?: number | undefined;
  /** Bytes of the messages kept for a peer; default 262144. */
  readonly maxKeptBytes?: number | undefined;
  /** ICE servers for a peer that joins or comes back, told with the answer to its announcement. */
  readonly iceServers?: ((peerId: string) => IceServersForPeer | undefined) | undefined;
  /**
   * Names this instance among those that share its rooms, newly at every start; its driver then
   * carries out `RoomLogOutput`. Without it rooms are not shared.
   */
  readonly instance?: string | undefined;
  /** What `server.info` tells of the server; default `rm-signaling`, version `unknown`. */
  readonly server?: { readonly name: string; readonly version: string } | undefined;
  /** Limits of received texts; default {@link DEFAULT_JSON_RPC_LIMITS}. */
  readonly messageLimits?: Partial<JsonRpcLimits> | undefined;
}

/** Options with every default filled in. */
export interface HubLimits {
  readonly maxPeersPerRoom: number;
  readonly maxRooms: number;
  readonly maxPendingOffers: number;
  readonly maxPendingPerConnection: number;
  readonly offerTimeout: Micros;
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  readonly roomMessagesPerSecond: number;
  readonly roomMessageBurst: number;
  readonly resumeWindow: Micros;
  readonly maxKeptMessages: number;
  readonly maxKeptBytes: number;
  readonly messageLimits: JsonRpcLimits;
}

/** `options` with the defaults where it is silent; throws {@link HubOptionError}. */
export function hubLimits(options: HubOptions): HubLimits {
  const limits: HubLimits = {
    maxPeersPerRoom: options.maxPeersPerRoom ?? 64,
    maxRooms: options.maxRooms ?? 10_000,
    maxPendingOffers: options.maxPendingOffers ?? 10_000,
    maxPendingPerConnection: options.maxPendingPerConnection ?? 256,
    offerTimeout: options.offerTimeout ?? milliseconds(10_000),
    messagesPerSecond: options.messagesPerSecond ?? 500,
    messageBurst: options.messageBurst ?? 1_000,
    roomMessagesPerSecond: options.roomMessagesPerSecond ?? 2_000,
    roomMessageBurst: options.roomMessageBurst ?? 20_000,
    resumeWindow: options.resumeWindow ?? milliseconds(120_000),
    maxKeptMessages: options.maxKeptMessages ?? 256,
    maxKeptBytes: options.maxKeptBytes ?? 262_144,
    messageLimits: { ...DEFAULT_JSON_RPC_LIMITS, ...options.messageLimits },
  };
  const { messageLimits, ...counts } = limits;
  for (const [name, value] of Object.entries({ ...counts, ...messageLimits })) {
    if (!Number.isSafeInteger(value) || value < 1) throw new HubOptionError(name, value);
  }
  return limits;
}

/** Longest time over which a drain may be spread, in milliseconds; clients believe no longer one. */
export const MAX_DRAIN_SPREAD_MS = 600_000;

/** Thrown when a limit of the hub is not a whole number within its range. */
export class HubOptionError extends Error {
  override readonly name = 'HubOptionError';
  readonly code = 'INVALID_OPTION';

  constructor(option: string, value: number, most?: number) {
    const range = most === undefined ? 'of at least 1' : `from 1 to ${most}`;
    super(`${option} is ${value}; give a whole number ${range}`);
  }
}
