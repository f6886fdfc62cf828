import { SignalingServerError } from '../errors.js';

/** How instances of the server share their rooms through a Redis of version 6.2 or later. */
export interface ClusterOptions {
  /** `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly url: string;
  /** What all keys begin with; instances with the same one share their rooms. Default `rm`; 1 to 64 of A–Z a–z 0–9 _ . : -. */
  readonly prefix?: string | undefined;
  /** Time that a room's log outlives the last instance that follows it, in ms; default 600000. */
  readonly roomTtlMs?: number | undefined;
  /** Time without a sign of life after which an instance counts as gone, in ms; default 5000. */
  readonly instanceTtlMs?: number | undefined;
  /** Entries of all rooms that wait for Redis; default 20000. */
  readonly maxWaitingEntries?: number | undefined;
  /** Bytes of these; default 33554432 (32 MiB). */
  readonly maxWaitingBytes?: number | undefined;
}

/** {@link ClusterOptions} with its defaults, but for the URL. */
export interface ClusterLimits {
  readonly prefix: string;
  readonly roomTtlMs: number;
  readonly instanceTtlMs: number;
  readonly maxWaitingEntries: number;
  readonly maxWaitingBytes: number;
}

const DEFAULTS: Omit<ClusterLimits, 'prefix'> = {
  roomTtlMs: 600_000,
  instanceTtlMs: 5_000,
  maxWaitingEntries: 20_000,
  maxWaitingBytes: 33_554_432,
};

/** Times below this are those of the network, in ms. */
const LEAST_TTL_MS = 500;

/** Throws `SignalingServerError` (`INVALID_OPTION`). */
export function clusterLimits(options: ClusterOptions): ClusterLimits {
  const limits: Record<keyof typeof DEFAULTS, number> = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const value = options[name] ?? limits[name];
    const least = name.endsWith('TtlMs') ? LEAST_TTL_MS : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new SignalingServerError(
        'INVALID_OPTION',
        `${name} is ${value}; give a whole number of at least ${least}`,
        undefined,
      );
    }
    limits[name] = value;
  }
  const { prefix = 'rm' } = options;
  if (!/^[\w.:-]{1,64}$/.test(prefix)) {
    throw new SignalingServerError(
      'INVALID_OPTION',
      'the prefix of keys in Redis cannot be used; give 1 to 64 of A-Z a-z 0-9 _ . : -',
      undefined,
    );
  }
  return { ...limits, prefix };
}
