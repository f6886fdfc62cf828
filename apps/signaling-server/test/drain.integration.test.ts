import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { atEnd, bare, closeCode, connected, next, outcome, start } from './support.js';

const http = (url: string): string => url.replace('ws:', 'http:');

/** When a client that is refused is to try again, in seconds. */
async function retryAfter(url: string): Promise<string | undefined> {
  const refused = once(new WebSocket(url), 'unexpected-response');
  const [, response] = (await refused) as [unknown, IncomingMessage];
  response.resume();
  return response.headers['retry-after'];
}

test('a drained server lets nobody in, sends clients away one by one, and ends when they are gone', async () => {
  const server = await start();
  const clients = [await connected(server.url, 'alice'), await connected(server.url, 'bob')];
  const told = clients.map((client) => next(client, 'draining'));
  const since = performance.now();
  const closed = server.close({ drainSpreadMs: 300 });
  expect((await fetch(`${http(server.url)}/readyz`)).status).toBe(503);
  expect((await fetch(`${http(server.url)}/healthz`)).status).toBe(200);
  expect(await outcome(server.url)).toBe('503 the server shuts down; use another\n');
  expect(await retryAfter(server.url)).toBe('2');
  expect(await Promise.all(told)).toEqual([{ reconnectAfterMs: 0 }, { reconnectAfterMs: 150 }]);
  await closed;
  const took = performance.now() - since;
  expect(took).toBeGreaterThanOrEqual(149);
  expect(took).toBeLessThan(1_000);
  expect(await outcome(server.url)).toContain('ECONNREFUSED');
});

test('a client that stays is closed with 1001 a second after the spread', async () => {
  const server = await start();
  const stays = await bare(server.url, 'stays');
  const code = closeCode(stays);
  const since = performance.now();
  await server.close({ drainSpreadMs: 1 });
  expect(await code).toBe(1001);
  expect(performance.now() - since).toBeGreaterThanOrEqual(999);
});

test('a drain waits for nobody where nobody is, and closing at once ends it', async () => {
  const idle = await start();
  await idle.close({ drainSpreadMs: 600_000 });

  const server = await start();
  const code = closeCode(await bare(server.url, 'stays'));
  const drained = server.close({ drainSpreadMs: 600_000 });
  await server.close();
  await drained;
  expect(await code).toBe(1001);
});

test('a spread that is none is refused, and the server goes on', async () => {
  const server = await start();
  for (const drainSpreadMs of [-1, 0.5, 600_001]) {
    await expect(server.close({ drainSpreadMs })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  }
  expect(await outcome(server.url)).toBe('open');
});

test('close is done within a second though clients are stuck before or after their handshakes', async () => {
  const server = await start();
  const polite = closeCode(await bare(server.url, 'polite'));
  const stuck = await bare(server.url, 'stuck');
  stuck.pause();
  const silent = connect(server.port, '127.0.0.1');
  atEnd(() => silent.destroy());
  await once(silent, 'connect');
  const since = performance.now();
  await Promise.all([server.close(), server.close()]);
  expect(performance.now() - since).toBeLessThan(1_000);
  expect(await polite).toBe(1001);
});
