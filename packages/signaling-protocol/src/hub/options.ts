import { DEFAULT_JSON_RPC_LIMITS } from '../json-rpc/index.js';
import type { JsonRpcLimits } from '../json-rpc/index.js';
import { milliseconds } from '../time.js';
import type { Micros } from '../time.js';

/** Options of {@link Hub}. */
export interface HubOptions {
  /** Wall-clock time at a monotonic instant as ISO 8601 in UTC; stamps `registered_at`. */
  readonly wallClock: (now: Micros) => string;
  /** Peers in one room; default 64. */
  readonly maxPeersPerRoom?: number | undefined;
  /** Rooms with at least one peer; default 10000. */
  readonly maxRooms?: number | undefined;
  /** Offers of all peers together that wait for their answers; default 10000. */
  readonly maxPendingOffers?: number | undefined;
  /** Requests of one connection, and offers to one, that wait for their answers; default 256. */
  readonly maxPendingPerConnection?: number | undefined;
  /** Time a peer has to answer an offer; default 10 s. */
  readonly offerTimeout?: Micros | undefined;
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
    messageLimits: { ...DEFAULT_JSON_RPC_LIMITS, ...options.messageLimits },
  };
  const { messageLimits, ...counts } = limits;
  for (const [name, value] of Object.entries({ ...counts, ...messageLimits })) {
    if (!Number.isSafeInteger(value) || value < 1) throw new HubOptionError(name, value);
  }
  return limits;
}

/** Thrown when a limit of the hub is not a whole number of at least 1. */
export class HubOptionError extends Error {
  override readonly name = 'HubOptionError';
  readonly code = 'INVALID_OPTION';

  constructor(option: string, value: number) {
    super(`${option} is ${value}; give a whole number of at least 1`);
  }
}
