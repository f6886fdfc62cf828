import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEFAULT_JSON_RPC_LIMITS, milliseconds, SUB_PROTOCOL } from '@rm/signaling-protocol';
import { Hub } from '@rm/signaling-protocol/hub';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import { listenError } from './errors.js';
import { Sockets } from './sockets.js';

/** Options of {@link createSignalingServer}. */
export interface SignalingServerOptions {
  /** TCP port; 0 takes any that is free. */
  readonly port: number;
  /** Address or name to listen on; default all interfaces. */
  readonly host?: string | undefined;
  /** Peers in one room; default 64. */
  readonly maxPeersPerRoom?: number | undefined;
  /** Time a peer has to answer an offer, in ms; default 10000. */
  readonly offerTimeoutMs?: number | undefined;
  /** Time between WebSocket pings in ms; who misses three in a row is dead. Default 5000. */
  readonly pingIntervalMs?: number | undefined;
  /** Bytes one client may leave unread before it is closed with 1013; default 1048576 (1 MiB). */
  readonly maxOutboundBytes?: number | undefined;
  readonly logger: Logger;
}

/** A server that listens. */
export interface SignalingServer {
  /** Where a client on this machine connects. */
  readonly url: string;
  readonly port: number;
  /** Closes every socket with 1001 and stops listening; resolves within 1 s. Idempotent. */
  close(): Promise<void>;
}

/** How long clients have to take leave when the server closes. */
const CLOSE_GRACE_MS = 700;

/** What a client may cost before the hub sees a message of it. */
const WEB_SOCKET_OPTIONS = {
  maxPayload: DEFAULT_JSON_RPC_LIMITS.maxMessageBytes,
  maxFragments: 64,
  maxBufferedChunks: 4_096,
  perMessageDeflate: false,
  /** How long a client that was told to go may take before its socket is cut off, in ms. */
  closeTimeout: 5_000,
  handleProtocols: (offered: Set<string>): string | false =>
    offered.has(SUB_PROTOCOL) ? SUB_PROTOCOL : false,
};

/** How long an HTTP client may take to state its request. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Starts a signaling server: WebSockets on every path, `GET /healthz` beside them. Rejects with a
 * `SignalingServerError` if it cannot listen, and throws `HubOptionError` for an invalid limit.
 */
export async function createSignalingServer(
  options: SignalingServerOptions,
): Promise<SignalingServer> {
  const { port, host, logger } = options;
  const hub = new Hub({
    wallClock: () => new Date().toISOString(),
    maxPeersPerRoom: options.maxPeersPerRoom,
    offerTimeout: milliseconds(options.offerTimeoutMs ?? 10_000),
  });
  const http = createServer(
    { headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    answer,
  );
  await listen(http, host, port);

  const webSockets = new WebSocketServer({ server: http, ...WEB_SOCKET_OPTIONS });
  const sockets = new Sockets({
    hub,
    logger,
    maxOutboundBytes: options.maxOutboundBytes ?? 1_048_576,
    pingIntervalMs: options.pingIntervalMs ?? 5_000,
  });
  webSockets.on('connection', (socket, request) => {
    sockets.add(socket, request.socket.remoteAddress);
  });

  const { port: boundPort } = http.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `ws://${reachableHost(host)}:${boundPort}`,
    port: boundPort,
    close: () => {
      closed ??= shutDown(http, webSockets, sockets);
      return closed;
    },
  };
}

async function listen(http: Server, host: string | undefined, port: number): Promise<void> {
  http.listen(host === undefined ? { port } : { port, host });
  try {
    await once(http, 'listening');
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
}

async function shutDown(
  http: Server,
  webSockets: WebSocketServer,
  sockets: Sockets,
): Promise<void> {
  sockets.release();
  for (const socket of webSockets.clients) socket.close(1001, 'the server shuts down');
  const cutOff = setTimeout(() => {
    for (const socket of webSockets.clients) socket.terminate();
    http.closeAllConnections();
  }, CLOSE_GRACE_MS);
  webSockets.close();
  http.closeIdleConnections();
  await new Promise((resolve) => http.close(resolve));
  clearTimeout(cutOff);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [path] = (request.url ?? '').split('?');
  const healthy = request.method === 'GET' && path === '/healthz';
  response
    .writeHead(healthy ? 200 : 404, { 'content-type': 'text/plain' })
    .end(healthy ? 'ok\n' : 'This is a signaling server; connect to it by WebSocket.\n');
}

/** A name under which clients on this machine find a server that listens on `host`. */
function reachableHost(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
