import { pino } from 'pino';
import { Listener } from './listener.js';
import { hostToListenOn, limitsOf, pathToServe, wholeNumber } from './options.js';
import type { AttachOptions, ListenOptions } from './options.js';
import { pages } from './pages.js';
import { Signaling } from './signaling.js';

/** How a server is closed. */
export interface CloseOptions {
  /**
   * Time over which clients are asked to go, so that they do not all come to another server at
   * once, in ms from 0 to 600000; default 0: they are closed at once.
   */
  readonly drainSpreadMs?: number | undefined;
}

/** A server that runs. */
export interface SignalingServer {
  /**
   * Lets nobody in any more, lets clients go as `drainSpreadMs` says, closes those that are left
   * 1 s after that with 1001 and stops listening; resolves within 1 s more. Called again without
   * a spread it ends a drain. Rejects with `SignalingServerError` (`INVALID_OPTION`).
   */
  close(options?: CloseOptions): Promise<void>;
}

/** A server with a port of its own. */
export interface ListeningSignalingServer extends SignalingServer {
  /** Where a client on this machine connects. */
  readonly url: string;
  readonly port: number;
}

const MAX_DRAIN_SPREAD_MS = 600_000;

/** How long clients have to take leave when they are closed. */
const CLOSE_GRACE_MS = 700;

/**
 * Starts a signaling server. With `port` it listens itself: WebSockets on every path; `GET
 * /healthz`, `/readyz` and `/metrics` beside them. With `server` it takes the WebSockets on `path`
 * of an HTTP server that is there. Rejects with a `SignalingServerError` if it cannot listen, or is
 * not to with these options.
 */
export function createSignalingServer(options: ListenOptions): Promise<ListeningSignalingServer>;
export function createSignalingServer(options: AttachOptions): Promise<SignalingServer>;
export async function createSignalingServer(
  options: ListenOptions | AttachOptions,
): Promise<SignalingServer> {
  const limits = limitsOf(options);
  const logger = options.logger ?? pino({ enabled: false });
  if ('server' in options) {
    const path = pathToServe(options);
    const signaling = await Signaling.create(options, limits, logger);
    const loopbackOnly = options.auth === undefined && options.insecure !== true;
    signaling.serve({ http: options.server, path, loopbackOnly });
    return { close: closing(signaling, undefined) };
  }
  const { port, tls } = options;
  const host = hostToListenOn(options);
  const signaling = await Signaling.create(options, limits, logger);
  let listener: Listener;
  try {
    listener = await Listener.open({
      ...limits,
      port,
      host,
      tls,
      logger,
      answer: pages(signaling),
    });
  } catch (error) {
    signaling.release();
    throw error;
  }
  // Who may connect was settled by the host.
  signaling.serve({ http: listener.http, path: undefined, loopbackOnly: false });
  const { url } = listener;
  const running: ListeningSignalingServer = {
    url,
    port: listener.port,
    close: closing(signaling, listener),
  };
  return running;
}

function closing(
  signaling: Signaling,
  listener: Listener | undefined,
): (options?: CloseOptions) => Promise<void> {
  let closed: Promise<void> | undefined;
  return async ({ drainSpreadMs = 0 } = {}) => {
    wholeNumber('drainSpreadMs', drainSpreadMs, 0, MAX_DRAIN_SPREAD_MS);
    if (drainSpreadMs === 0) signaling.hurry();
    closed ??= end(signaling, listener, drainSpreadMs);
    await closed;
  };
}

async function end(
  signaling: Signaling,
  listener: Listener | undefined,
  drainSpreadMs: number,
): Promise<void> {
  await signaling.drain(drainSpreadMs);
  const cutOff = setTimeout(() => {
    signaling.terminate();
    listener?.destroyConnections();
  }, CLOSE_GRACE_MS);
  await Promise.all([signaling.close(), listener?.close()]);
  clearTimeout(cutOff);
}
