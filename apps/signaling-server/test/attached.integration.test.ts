import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import type { AttachOptions } from '../src/options.js';
import { createSignalingServer } from '../src/server.js';
import type { SignalingServer } from '../src/server.js';
import { atEnd, closeCode, connected, next, opened, outcome } from './support.js';

interface Site {
  readonly http: Server;
  readonly port: number;
  readonly url: string;
}

/** An HTTP server of another program, with a page of its own. */
async function site(host = '127.0.0.1'): Promise<Site> {
  const http = createServer((_request, response) => response.end('the page')).listen(0, host);
  atEnd(() => http.close());
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return { http, port, url: `127.0.0.1:${port}` };
}

async function attach(
  { http }: Site,
  options: Partial<AttachOptions> = {},
): Promise<SignalingServer> {
  const server = await createSignalingServer({ server: http, path: '/signaling', ...options });
  atEnd(() => server.close());
  return server;
}

test('beside the pages of a site peers meet on a path of it', async () => {
  const own = await site();
  await attach(own);
  const alice = await connected(`ws://${own.url}/signaling`, 'alice');
  const announced = next(alice, 'peer-announced');
  await connected(`ws://${own.url}/signaling?as=bob`, 'bob');
  expect((await announced).peerId).toBe('bob');
  expect(await (await fetch(`http://${own.url}/healthz`)).text()).toBe('the page');
  expect(await outcome(`ws://${own.url}/other`)).toBe(
    '404 no signaling on this path; correct it\n',
  );
});

test('WebSockets on other paths are left to whoever else takes them', async () => {
  const own = await site();
  await attach(own);
  const chat = new WebSocketServer({ noServer: true });
  own.http.on('upgrade', (request, socket, head) => {
    if (request.url === '/chat') {
      chat.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('message', () => webSocket.send('hello'));
      });
    }
  });
  const socket = await opened(`ws://${own.url}/chat`);
  socket.send('hi');
  const [greeting] = (await once(socket, 'message')) as [Buffer];
  expect(greeting.toString()).toBe('hello');
});

test('closing ends the signaling and nothing else of the site', async () => {
  const own = await site();
  const server = await attach(own);
  const socket = await opened(`ws://${own.url}/signaling`);
  const code = closeCode(socket);
  await server.close();
  await server.close();
  expect(await code).toBe(1001);
  expect(await (await fetch(`http://${own.url}`)).text()).toBe('the page');
  expect(own.http.listenerCount('upgrade')).toBe(0);
  await attach(own);
  expect(await outcome(`ws://${own.url}/signaling`)).toBe('open');
});

test('closing is done within a second though a client of it is stuck', async () => {
  const own = await site();
  const server = await attach(own);
  const stuck = await opened(`ws://${own.url}/signaling`);
  stuck.pause();
  const since = performance.now();
  await server.close();
  expect(performance.now() - since).toBeLessThan(1_000);
});

const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.internal === false && address.family === 'IPv4')?.address;

const describeOutside = outside === undefined ? describe.skip : describe;
describeOutside('with an address that other machines reach', () => {
  test('they are kept out unless tokens are asked for or they are let in', async () => {
    const own = await site('0.0.0.0');
    const url = `ws://${outside}:${own.port}/signaling`;
    const server = await attach(own);
    expect(await outcome(url)).toMatch(/^403 only this machine may connect/);
    expect(await outcome(`ws://${own.url}/signaling`)).toBe('open');
    await server.close();
    await attach(own, { insecure: true });
    expect(await outcome(url)).toBe('open');
  });
});

test('a path that is none is refused', async () => {
  await expect(attach(await site(), { path: 'signaling' })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: 'path is signaling; give one that begins with a slash, such as /signaling',
  });
});
