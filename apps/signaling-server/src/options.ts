import { DEFAULT_JSON_RPC_LIMITS } from '@rm/signaling-protocol';
import type { Logger } from 'pino';
import type { JwtOptions } from './auth/gate.js';
import { SignalingServerError } from './errors.js';
import type { TlsOptions } from './listener.js';
import { isLoopback } from './loopback.js';

/** Bounds of what clients may cost; every one is a whole number of at least 1. */
export interface ServerLimits {
  /** Peers in one room; default 64. */
  readonly maxPeersPerRoom: number;
  /** WebSockets of all clients; default 10000. */
  readonly maxConnections: number;
  /** WebSockets of one IP address, behind which many may stand; default 4096. */
  readonly maxConnectionsPerAddress: number;
  /**
   * Messages of one IP address in a second, ten times as many at once; whoever sends more is read
   * later. Default 10000.
   */
  readonly maxMessagesPerSecond: number;
  /** Messages of one socket in a second, twice as many at once; default 500. */
  readonly socketMessagesPerSecond: number;
  /** Messages of all peers of a room in a second, ten times as many at once; default 2000. */
  readonly roomMessagesPerSecond: number;
  /** Bytes of one message; default 262144 (256 KiB). */
  readonly maxMessageBytes: number;
  /** Bytes one client may leave unread before it is closed with 1013; default 1048576 (1 MiB). */
  readonly maxOutboundBytes: number;
  /** Time from connection to the end of the HTTP request (and of the TLS handshake), in ms; default 10000. */
  readonly handshakeTimeoutMs: number;
  /** Time a peer has to answer an offer, in ms; default 10000. */
  readonly offerTimeoutMs: number;
  /** Time between WebSocket pings in ms; who misses three in a row is dead. Default 5000. */
  readonly pingIntervalMs: number;
  /** How often files that may change are looked at, in ms; default 1000. */
  readonly fileCheckIntervalMs: number;
}

/** The limits that hold where none are given. */
export const DEFAULT_LIMITS: ServerLimits = {
  maxPeersPerRoom: 64,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 4_096,
  maxMessagesPerSecond: 10_000,
  socketMessagesPerSecond: 500,
  roomMessagesPerSecond: 2_000,
  maxMessageBytes: DEFAULT_JSON_RPC_LIMITS.maxMessageBytes,
  maxOutboundBytes: 1_048_576,
  handshakeTimeoutMs: 10_000,
  offerTimeoutMs: 10_000,
  pingIntervalMs: 5_000,
  fileCheckIntervalMs: 1_000,
};

type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Options of `createSignalingServer`. */
export interface SignalingServerOptions extends Optional<ServerLimits> {
  /** TCP port; 0 takes any that is free. */
  readonly port: number;
  /**
   * Address or name to listen on; default all interfaces if `auth` or `insecure` is given, else
   * 127.0.0.1.
   */
  readonly host?: string | undefined;
  /** Tokens that clients must show; without it whoever reaches the port may join any room. */
  readonly auth?: JwtOptions | undefined;
  /** Certificate for `wss://`, read again when its files change; default none: `ws://`. */
  readonly tls?: TlsOptions | undefined;
  /** Allows other machines to connect though no tokens are asked of them; default false. */
  readonly insecure?: boolean | undefined;
  /** Origins whose pages may connect, such as `https://app.example`; default any. */
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly logger: Logger;
}

/**
 * `options` with the default limits where it is silent; throws `SignalingServerError`
 * (`INVALID_OPTION`).
 */
export function limitsOf(options: SignalingServerOptions): ServerLimits {
  const limits: Record<keyof ServerLimits, number> = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof ServerLimits)[]) {
    const value = options[name] ?? limits[name];
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new SignalingServerError(
        'INVALID_OPTION',
        `${name} is ${value}; give a whole number of at least 1`,
        undefined,
      );
    }
    limits[name] = value;
  }
  return limits;
}

/**
 * The address to listen on, undefined for all interfaces; throws `SignalingServerError`
 * (`HOST_INSECURE`) where others could reach a server that asks for no tokens.
 */
export function hostToListenOn({
  host,
  auth,
  insecure = false,
}: SignalingServerOptions): string | undefined {
  if (auth !== undefined || insecure) return host;
  if (host === undefined) return '127.0.0.1';
  if (isLoopback(host)) return host;
  throw new SignalingServerError(
    'HOST_INSECURE',
    `other machines reach ${host} and no tokens are asked of them; add --auth jwt --jwt-keys FILE, or --insecure if that is meant`,
    undefined,
  );
}
