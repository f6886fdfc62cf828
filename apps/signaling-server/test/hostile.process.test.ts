import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { call, connected, next, opened, start, atEnd } from './support.js';

/** A TCP connection that ends as the server wants. */
function tcp(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  atEnd(() => socket.destroy());
  return socket.on('error', () => undefined).resume();
}

test.each([
  ['says nothing', ''],
  ['dribbles its request', 'GET / HTTP/1.1\r\nHost: x\r\n'],
])('a client that %s is cut off in time, and others are served', async (_does, beginning) => {
  const { url, port } = await start({ handshakeTimeoutMs: 100 });
  const slow = tcp(port);
  const cutOff = once(slow, 'close');
  await once(slow, 'connect');
  const since = performance.now();
  if (beginning !== '') {
    slow.write(beginning);
    const drip = setInterval(() => slow.write('X-Slow: 1\r\n'), 20);
    atEnd(() => clearInterval(drip));
  }
  const quick = await opened(url);
  expect(await call(quick, 'peer.announce', { peer_id: 'quick' })).toMatchObject({
    status: 'registered',
  });
  await cutOff;
  // It is looked for at every tenth of a second.
  expect(performance.now() - since).toBeLessThan(1_000);
  expect(quick.readyState).toBe(quick.OPEN);
});

test('who sends more than its rate is read later, and loses nothing', async () => {
  const { url } = await start({ maxMessagesPerSecond: 10 });
  const eager = await opened(url);
  const since = performance.now();
  const send = (id: number): void =>
    eager.send(JSON.stringify({ jsonrpc: '2.0', method: 'x', id }));
  const ids: number[] = [];
  const all = new Promise<void>((resolve) => {
    eager.on('message', (data: Buffer) => {
      // The one after the burst comes when the server has stopped to read.
      if (ids.length === 0) send(105);
      ids.push((JSON.parse(data.toString()) as { id: number }).id);
      if (ids.length === 106) resolve();
    });
  });
  for (let id = 0; id < 105; id++) send(id);
  await all;
  expect(ids).toEqual(Array.from({ length: 106 }, (_, id) => id));
  expect(performance.now() - since).toBeGreaterThan(400);
});

/** Announces itself, then sends bob 10,000 messages at once, and stays. */
const SENDER = `
import { WebSocket } from 'ws';
const socket = new WebSocket(process.argv[1]);
const send = (message) => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
socket.on('open', () => send({ method: 'peer.announce', params: { peer_id: 'alice' }, id: 0 }));
socket.once('message', () => {
  console.log('announced');
  const count = Number(process.argv[2]);
  for (let n = 0; n < count; n++)
    send({ method: 'peer.disconnect', params: { to: 'bob', reason: String(n) } });
});
`;

/** A client in a process of its own, when it is announced. */
async function sender(url: string, messages: number): Promise<number> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', SENDER, url, String(messages)],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  atEnd(() => child.kill('SIGKILL'));
  await once(createInterface(child.stdout), 'line');
  if (child.pid === undefined) throw new Error('not started');
  return child.pid;
}

test('10,000 messages that a client sends at once all arrive in their order', async () => {
  const { url } = await start({ socketMessagesPerSecond: 10_000 });
  const bob = await connected(url, 'bob');
  const reasons: string[] = [];
  const all = new Promise<void>((resolve) => {
    bob.on('disconnect', ({ reason }) => {
      reasons.push(reason);
      if (reasons.length === 10_000) resolve();
    });
  });
  await sender(url, 10_000);
  await all;
  expect(reasons).toEqual(Array.from({ length: 10_000 }, (_, n) => String(n)));
});

test('a client whose process is frozen is gone for the others after three pings', async () => {
  const { url } = await start({ pingIntervalMs: 60, resumeWindowMs: 0 });
  const bob = await connected(url, 'bob');
  const pid = await sender(url, 0);
  const left = next(bob, 'peer-left');
  const since = performance.now();
  process.kill(pid, 'SIGSTOP');
  expect(await left).toEqual({ peerId: 'alice', reason: 'connection-lost' });
  // Three pings of 60 ms, of which the first may come at once, and one more to find out.
  expect(performance.now() - since).toBeLessThan(1_000);
  expect(performance.now() - since).toBeGreaterThan(90);
});
