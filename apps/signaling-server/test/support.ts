import { once } from 'node:events';
import { afterEach } from '@jest/globals';
import { milliseconds, SignalingClient } from '@rm/signaling-protocol';
import type { SignalingEvents, SignalingRuntime } from '@rm/signaling-protocol';
import { WebSocket } from 'ws';
import type { ListenOptions } from '../src/options.js';
import { createSignalingServer } from '../src/server.js';
import type { ListeningSignalingServer } from '../src/server.js';

const releases: (() => unknown)[] = [];

/** Has `release` called after the test, however it ends: what is left open keeps the process alive. */
export function atEnd(release: () => unknown): void {
  releases.push(release);
}

afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

/** A server on a port of its own, closed after the test. */
export async function start(
  options: Partial<ListenOptions> = {},
): Promise<ListeningSignalingServer> {
  const server = await createSignalingServer({ port: 0, host: '127.0.0.1', ...options });
  atEnd(() => server.close());
  return server;
}

const runtime: SignalingRuntime = {
  createSocket: (url, protocols) => new WebSocket(url, protocols, { perMessageDeflate: false }),
  clock: {
    now: () => milliseconds(performance.now()),
    setTimer: (delayMs, fn) => {
      const timer = setTimeout(fn, delayMs);
      return () => clearTimeout(timer);
    },
  },
  random: Math.random,
};

/** A client that is announced, closed after the test. */
export async function connected(
  url: string,
  peerId: string,
  room?: string,
): Promise<SignalingClient> {
  const client = new SignalingClient({ url, peerId, room, runtime });
  atEnd(() => client.close());
  await client.connect();
  return client;
}

/** The next event of that name. */
export const next = <Name extends keyof SignalingEvents>(
  client: SignalingClient,
  name: Name,
): Promise<SignalingEvents[Name]> =>
  new Promise((resolve) => {
    const off = client.on(name, (event) => {
      off();
      resolve(event);
    });
  });

/** A bare WebSocket that is open, cut off after the test. */
export async function opened(
  url: string,
  options: WebSocket.ClientOptions = {},
  protocols: string[] = [],
): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols, options);
  atEnd(() => socket.terminate());
  await once(socket, 'open');
  // A server that cuts the connection off is what some tests are about.
  socket.on('error', () => undefined);
  return socket;
}

/** A bare WebSocket that is open and announced. */
export async function bare(url: string, peerId: string, autoPong = true): Promise<WebSocket> {
  const socket = await opened(url, { autoPong });
  await call(socket, 'peer.announce', { peer_id: peerId });
  return socket;
}

let lastId = 0;

/** The result, or the error, with which a request on a bare WebSocket is answered. */
export function call(socket: WebSocket, method: string, params: object): Promise<unknown> {
  const id = ++lastId;
  const answer = new Promise<unknown>((resolve, reject) => {
    socket.on('close', () => reject(new Error('closed without an answer')));
    socket.on('message', function read(data: Buffer) {
      const message = JSON.parse(data.toString()) as Record<string, unknown>;
      if (message['id'] !== id || 'method' in message) return;
      socket.off('message', read);
      resolve(message['result'] ?? message['error']);
    });
  });
  socket.send(JSON.stringify({ jsonrpc: '2.0', method, params, id }));
  return answer;
}

/** The close code with which `socket` ends. */
export async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number, Buffer];
  return code;
}

/** `open`, or the HTTP status and body of the refusal, or the error without an answer. */
export const outcome = (url: string, headers: Record<string, string> = {}): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, { headers });
    socket.on('error', (error) => resolve(error.message));
    socket.on('open', () => {
      resolve('open');
      socket.close();
    });
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (data: Buffer) => (body += data.toString()));
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
  });

export const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';
