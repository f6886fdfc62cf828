import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { SUB_PROTOCOLS } from '@rm/signaling-protocol/dialects';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { addressOf, refusal, refuse } from './admission.js';
import type { Door, Refusal } from './admission.js';
import type { Metrics } from './metrics.js';
import type { Arrival } from './sockets.js';

/** What {@link Upgrades} needs. */
export interface UpgradesOptions {
  readonly http: Server;
  /** The only path for WebSockets; any if undefined. */
  readonly path: string | undefined;
  readonly door: Door;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly maxMessageBytes: number;
  /** Takes over a WebSocket that is open. */
  readonly accept: (socket: WebSocket, arrival: Arrival) => void;
}

/** What a message may be made of before the hub sees it. */
const WEB_SOCKET_OPTIONS = {
  noServer: true,
  maxFragments: 64,
  maxBufferedChunks: 4_096,
  perMessageDeflate: false,
  /** How long a client that was told to go may take before its socket is cut off, in ms. */
  closeTimeout: 5_000,
  /** The first that the client offers, as it likes that best. */
  handleProtocols: (offered: Set<string>): string | false =>
    [...offered].find((one) => SUB_PROTOCOLS.includes(one)) ?? false,
};

/** Makes WebSockets of the requests of an HTTP server that ask for it, and refuses others. */
export class Upgrades {
  readonly #options: UpgradesOptions;
  readonly #webSockets: WebSocketServer;
  readonly #listener = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    void this.#upgrade(request, socket, head);
  #refusal: Refusal | undefined;
  #onEmpty: (() => void)[] = [];

  constructor(options: UpgradesOptions) {
    this.#options = options;
    const maxPayload = options.maxMessageBytes;
    this.#webSockets = new WebSocketServer({ ...WEB_SOCKET_OPTIONS, maxPayload });
    options.http.on('upgrade', this.#listener);
  }

  /** WebSockets that are open or being closed. */
  get size(): number {
    return this.#webSockets.clients.size;
  }

  /** Answers all further requests with `refusal`, or none any more. */
  refuseAll(refused: Refusal | undefined): void {
    this.#refusal = refused;
  }

  /** Resolves when no WebSocket is left. */
  async empty(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
  }

  /** Begins to close every WebSocket. */
  close(code: number, reason: string): void {
    for (const socket of this.#webSockets.clients) socket.close(code, reason);
  }

  /** Cuts off every WebSocket that is left. */
  terminate(): void {
    for (const socket of this.#webSockets.clients) socket.terminate();
  }

  /** Takes no more requests of the HTTP server. Idempotent. */
  detach(): void {
    this.#options.http.off('upgrade', this.#listener);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { http, path, door, logger, accept } = this.#options;
    socket.on('error', (error) => logger.debug({ error }, 'connection error'));
    if (path !== undefined && request.url?.split('?', 1)[0] !== path) {
      // Whoever else listens may want it; if nobody does, nobody else will answer it.
      if (http.listenerCount('upgrade') === 1) this.#refuse(request, socket, WRONG_PATH);
      return;
    }
    const judged = await door.admit(request, socket);
    // Asked last: the server may begin to close while a token is looked at.
    const admission = this.#refusal ?? judged;
    if (!admission.ok) this.#refuse(request, socket, admission);
    else {
      const arrival = { address: addressOf(request), grant: admission.grant, stream: socket };
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('close', () => this.#closed());
        accept(webSocket, arrival);
      });
    }
  }

  #refuse(request: IncomingMessage, socket: Duplex, refused: Refusal): void {
    const { status, reason } = refused;
    this.#options.logger.info({ address: addressOf(request), status, reason }, 'refused');
    this.#options.metrics.refused(status);
    refuse(socket, refused);
  }

  #closed(): void {
    if (this.size > 0) return;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }
}

const WRONG_PATH = refusal(404, 'no signaling on this path; correct it');
