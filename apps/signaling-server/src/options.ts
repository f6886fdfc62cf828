import type { Server } from 'node:http';
import { DEFAULT_JSON_RPC_LIMITS } from '@rm/signaling-protocol';
import type { Logger } from 'pino';
import type { JwtOptions } from './auth/gate.js';
import type { ClusterOptions } from './cluster/options.js';
import { SignalingServerError } from './errors.js';
import type { IceServerOptions } from './ice/ice-servers.js';
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
  /** Time a client has to announce itself, in ms; default 10000. */
  readonly announceTimeoutMs: number;
  /** Time a peer has to answer an offer, in ms; default 10000. */
  readonly offerTimeoutMs: number;
  /** Time between WebSocket pings in ms; who answers none for two and a half of them is dead. Default 5000. */
  readonly pingIntervalMs: number;
  /** Time a peer that lost its connection keeps its place, in ms; 0 for none at all. Default 120000. */
  readonly resumeWindowMs: number;
  /** Latest messages kept for a peer, to be sent again when it resumes; default 256. */
  readonly maxKeptMessages: number;
  /** Bytes of the messages kept for a peer; default 262144. */
  readonly maxKeptBytes: number;
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
  announceTimeoutMs: 10_000,
  offerTimeoutMs: 10_000,
  pingIntervalMs: 5_000,
  resumeWindowMs: 120_000,
  maxKeptMessages: 256,
  maxKeptBytes: 262_144,
  fileCheckIntervalMs: 1_000,
};

type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Options of every signaling server, wherever its connections come from. */
export interface CommonOptions extends Optional<ServerLimits> {
  /** Tokens that clients must show; without it whoever reaches the port may join any room. */
  readonly auth?: JwtOptions | undefined;
  /** Allows other machines to connect though no tokens are asked of them; default false. */
  readonly insecure?: boolean | undefined;
  /** Origins whose pages may connect, such as `https://app.example`; default any. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** STUN and TURN servers that peers are told of; default none. */
  readonly iceServers?: IceServerOptions | undefined;
  /** The Redis through which it shares its rooms with other instances; default none: it has its own. */
  readonly redis?: ClusterOptions | undefined;
  /** Where it logs; default nowhere. */
  readonly logger?: Logger | undefined;
}

/** Options of a server with a port of its own. */
export interface ListenOptions extends CommonOptions {
  /** TCP port; 0 takes any that is free. */
  readonly port: number;
  /**
   * Address or name to listen on; default all interfaces if `auth` or `insecure` is given, else
   * 127.0.0.1.
   */
  readonly host?: string | undefined;
  /** Certificate for `wss://`, read again when its files change; default none: `ws://`. */
  readonly tls?: TlsOptions | undefined;
}

/**
 * Options of a server that shares the HTTP server of another program. Without `auth` or `insecure`
 * clients on other machines are refused with 403.
 */
export interface AttachOptions extends CommonOptions {
  /** Takes the WebSockets of this server (`http` or `https`), which stays the caller's to close. */
  readonly server: Server;
  /** Path of the WebSockets, such as `/signaling`; requests for other paths are left alone. */
  readonly path: string;
}

/**
 * `options` with the default limits where it is silent; throws `SignalingServerError`
 * (`INVALID_OPTION`).
 */
export function limitsOf(options: CommonOptions): ServerLimits {
  const limits: Record<keyof ServerLimits, number> = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof ServerLimits)[]) {
    limits[name] = wholeNumber(
      name,
      options[name] ?? limits[name],
      name === 'resumeWindowMs' ? 0 : 1,
    );
  }
  return limits;
}

/** `value`; throws `SignalingServerError` (`INVALID_OPTION`) unless it is whole and in its range. */
export function wholeNumber(
  name: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new SignalingServerError(
    'INVALID_OPTION',
    `${name} is ${value}; give a whole number ${range}`,
    undefined,
  );
}

/** The path for WebSockets; throws `SignalingServerError` (`INVALID_OPTION`) if it is none. */
export function pathToServe({ path }: AttachOptions): string {
  if (/^\/[^?#\s]*$/.test(path)) return path;
  throw new SignalingServerError(
    'INVALID_OPTION',
    `path is ${path}; give one that begins with a slash, such as /signaling`,
    undefined,
  );
}

/**
 * The address to listen on, undefined for all interfaces; throws `SignalingServerError`
 * (`HOST_INSECURE`) where others could reach a server that asks for no tokens.
 */
export function hostToListenOn({
  host,
  auth,
  insecure = false,
}: ListenOptions): string | undefined {
  if (auth !== undefined || insecure) return host;
  if (host === undefined) return '127.0.0.1';
  if (isLoopback(host)) return host;
  throw new SignalingServerError(
    'HOST_INSECURE',
    `other machines reach ${host} and no tokens are asked of them; add --auth jwt --jwt-keys FILE, or --insecure if that is meant`,
    undefined,
  );
}
