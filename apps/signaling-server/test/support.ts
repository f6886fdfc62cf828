import { once } from 'node:events';
import { milliseconds, SignalingClient } from '@rm/signaling-protocol';
import type { SignalingEvents, SignalingRuntime } from '@rm/signaling-protocol';
import { WebSocket } from 'ws';

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

export async function connected(url: string, peerId: string): Promise<SignalingClient> {
  const client = new SignalingClient({ url, peerId, runtime });
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

/** A bare WebSocket that is open and announced. */
export async function bare(url: string, peerId: string, autoPong = true): Promise<WebSocket> {
  const socket = new WebSocket(url, { autoPong });
  // A server that cuts the connection off is what some tests are about.
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send(
    JSON.stringify({ jsonrpc: '2.0', method: 'peer.announce', params: { peer_id: peerId }, id: 1 }),
  );
  await once(socket, 'message');
  return socket;
}

/** The close code with which `socket` ends. */
export async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number, Buffer];
  return code;
}

export const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';
