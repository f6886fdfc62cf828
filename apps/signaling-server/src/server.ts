import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { milliseconds, SUB_PROTOCOL } from '@rm/signaling-protocol';
import { Hub } from '@rm/signaling-protocol/hub';
import { WebSocketServer } from 'ws';
import { AddressLimits } from './address-limits.js';
import { addressOf, Door, refuse } from './admission.js';
import { jwtGate } from './auth/gate.js';
import { Listener } from './listener.js';
import { Metrics } from './metrics.js';
import { hostToListenOn, limitsOf } from './options.js';
import type { SignalingServerOptions } from './options.js';
import { pages } from './pages.js';
import { Sockets } from './sockets.js';

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

/** What a message may be made of before the hub sees it. */
const WEB_SOCKET_OPTIONS = {
  noServer: true,
  maxFragments: 64,
  maxBufferedChunks: 4_096,
  perMessageDeflate: false,
  /** How long a client that was told to go may take before its socket is cut off, in ms. */
  closeTimeout: 5_000,
  handleProtocols: (offered: Set<string>): string | false =>
    offered.has(SUB_PROTOCOL) ? SUB_PROTOCOL : false,
};

/**
 * Starts a signaling server: WebSockets on every path; `GET /healthz`, `/readyz` and `/metrics`
 * beside them. Rejects with a `SignalingServerError` if it cannot listen, or is not to with these
 * options.
 */
export async function createSignalingServer(
  options: SignalingServerOptions,
): Promise<SignalingServer> {
  const { auth, logger } = options;
  const limits = limitsOf(options);
  const host = hostToListenOn(options);
  const gate = auth && (await jwtGate(auth, logger, limits.fileCheckIntervalMs));
  const { maxMessageBytes, maxConnectionsPerAddress, maxMessagesPerSecond } = limits;
  const addresses = new AddressLimits(maxConnectionsPerAddress, maxMessagesPerSecond);
  const hub = new Hub({
    wallClock: () => new Date().toISOString(),
    maxPeersPerRoom: limits.maxPeersPerRoom,
    offerTimeout: milliseconds(limits.offerTimeoutMs),
    messageLimits: { maxMessageBytes },
    messagesPerSecond: limits.socketMessagesPerSecond,
    messageBurst: 2 * limits.socketMessagesPerSecond,
    roomMessagesPerSecond: limits.roomMessagesPerSecond,
    roomMessageBurst: 10 * limits.roomMessagesPerSecond,
  });
  let closed: Promise<void> | undefined;
  const metrics = new Metrics(() => ({ hub: hub.snapshot(), connections: sockets.size }));
  const sockets = new Sockets({ ...limits, hub, logger, addresses, metrics });
  let listener: Listener;
  try {
    listener = await Listener.open({
      ...limits,
      port: options.port,
      host,
      tls: options.tls,
      answer: pages({ metrics, isReady: () => closed === undefined }),
      logger,
    });
  } catch (error) {
    sockets.release();
    gate?.release();
    throw error;
  }

  const webSockets = new WebSocketServer({ ...WEB_SOCKET_OPTIONS, maxPayload: maxMessageBytes });
  const { allowedOrigins } = options;
  const door = new Door({ gate, addresses, allowedOrigins, ...limits });
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    socket.on('error', (error) => logger.debug({ error }, 'connection error'));
    const admission = await door.admit(request, socket);
    const address = addressOf(request);
    if (!admission.ok) {
      logger.info({ address, status: admission.status, reason: admission.reason }, 'refused');
      metrics.refused(admission.status);
      refuse(socket, admission);
    } else {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        sockets.add(webSocket, { address, grant: admission.grant, stream: socket });
      });
    }
  };
  listener.http.on('upgrade', (request, socket, head) => void upgrade(request, socket, head));

  return {
    url: listener.url,
    port: listener.port,
    close: () => {
      gate?.release();
      listener.release();
      closed ??= shutDown(listener.http, webSockets, sockets);
      return closed;
    },
  };
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
