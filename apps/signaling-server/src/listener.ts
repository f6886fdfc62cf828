import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { listenError, SignalingServerError } from './errors.js';
import { watchedFile } from './watched-file.js';

/** Files in PEM. */
export interface TlsOptions {
  /** Certificate, followed by those between it and its root. */
  readonly certFile: string;
  /** Private key of the certificate, without a passphrase. */
  readonly keyFile: string;
}

/** What {@link Listener.open} needs. */
export interface ListenerOptions {
  readonly port: number;
  readonly host: string | undefined;
  readonly tls: TlsOptions | undefined;
  readonly handshakeTimeoutMs: number;
  readonly fileCheckIntervalMs: number;
  readonly answer: RequestListener;
  readonly logger: Logger;
}

/** How often connections are looked through for those that take too long, in ms. */
const CONNECTIONS_CHECK_MS = 500;

/** An HTTP server that listens, over TLS if there is a certificate. */
export class Listener {
  readonly http: Server;
  /** Where a WebSocket client on this machine connects. */
  readonly url: string;
  readonly port: number;
  readonly #unwatch: readonly (() => void)[];
  /** Those before, during and after their handshakes; `http` knows only some of them. */
  readonly #connections = new Set<Socket>();

  private constructor(http: Server, url: string, port: number, unwatch: readonly (() => void)[]) {
    this.http = http;
    this.url = url;
    this.port = port;
    this.#unwatch = unwatch;
    http.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
  }

  /** Rejects with `SignalingServerError` if it cannot listen, or not with this certificate. */
  static async open(options: ListenerOptions): Promise<Listener> {
    const { host, tls, handshakeTimeoutMs, answer } = options;
    const timeouts = {
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: handshakeTimeoutMs,
      connectionsCheckingInterval: Math.min(CONNECTIONS_CHECK_MS, handshakeTimeoutMs),
    };
    if (tls === undefined) {
      const http = createServer(timeouts, answer);
      const port = await listen(http, options);
      return new Listener(http, `ws://${reachableHost(host)}:${port}`, port, []);
    }
    const https = createSecureServer(
      { ...timeouts, ...certificate(tls), handshakeTimeout: handshakeTimeoutMs },
      answer,
    );
    const port = await listen(https, options);
    const reread = (): void => {
      try {
        https.setSecureContext(certificate(tls));
        options.logger.info('the certificate was read again');
      } catch (error) {
        // Of two files one changes first; they fit again when the other has changed too.
        options.logger.warn(
          { reason: (error as Error).message },
          'the certificate stays as it was',
        );
      }
    };
    const unwatch = [tls.certFile, tls.keyFile].map((file) =>
      watchedFile(file, options.fileCheckIntervalMs, reread),
    );
    return new Listener(https, `wss://${reachableHost(host)}:${port}`, port, unwatch);
  }

  /** Takes no more connections; resolves when all that are there have ended. Call it once. */
  async close(): Promise<void> {
    for (const end of this.#unwatch) end();
    const closed = new Promise((resolve) => this.http.close(resolve));
    this.http.closeIdleConnections();
    await closed;
  }

  /** Cuts off every connection that is left. */
  destroyConnections(): void {
    for (const socket of this.#connections) socket.destroy();
  }
}

/** Certificate and key, known to fit each other. */
function certificate({ certFile, keyFile }: TlsOptions): {
  readonly cert: string;
  readonly key: string;
} {
  try {
    const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new SignalingServerError(
      'TLS_INVALID',
      `cannot use certificate ${certFile} with key ${keyFile} (${(error as NodeJS.ErrnoException).code}); give a PEM certificate and its key`,
      error,
    );
  }
}

async function listen(
  server: Server,
  { host, port }: Pick<ListenerOptions, 'host' | 'port'>,
): Promise<number> {
  server.listen(host === undefined ? { port } : { port, host });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
  return (server.address() as AddressInfo).port;
}

/** A name under which clients on this machine find a server that listens on `host`. */
function reachableHost(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
