import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Hub } from '@rm/signaling-protocol/hub';
import { WebSocketServer } from 'ws';
import { systemClock } from '../src/index.js';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The hub behind real sockets, as small as can be. */
function serve(): Promise<{ url: string; close: () => void }> {
  const hub = new Hub({ wallClock: () => new Date().toISOString() });
  const sockets = new Map<number, import('ws').WebSocket>();
  const pump = (): void => {
    for (let out = hub.poll(); out !== undefined; out = hub.poll()) {
      if (out.kind !== 'send' && out.kind !== 'close') continue;
      const socket = sockets.get(out.socket);
      if (out.kind === 'send') socket?.send(out.text);
      else socket?.close(out.code, out.reason);
    }
  };
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  let id = 0;
  server.on('connection', (webSocket) => {
    const socket = ++id;
    sockets.set(socket, webSocket);
    hub.handle({ kind: 'opened', now: systemClock.now(), socket });
    webSocket.on('message', (data: Buffer) => {
      hub.handle({ kind: 'text', now: systemClock.now(), socket, text: data.toString() });
      pump();
    });
    webSocket.on('close', (code) => {
      sockets.delete(socket);
      hub.handle({ kind: 'closed', now: systemClock.now(), socket, clean: code === 1000 });
      pump();
    });
  });
  return new Promise((resolve) => {
    server.on('listening', () => {
      const { port } = server.address() as { port: number };
      resolve({ url: `ws://127.0.0.1:${port}`, close: () => server.close() });
    });
  });
}

test('the example of the README is the one that runs: two hummers hear each other', async () => {
  const block = /```ts\n([\s\S]*?)```/.exec(text('../README.md'))![1];
  expect(block).toBe(text('../examples/join-a-room.ts'));
  const { hum } = await import('../examples/join-a-room.js');
  const { url, close } = await serve();
  const voices = new Map<string, number>();
  let heardBoth = (): void => undefined;
  const both = new Promise<void>((resolve) => (heardBoth = resolve));
  const onVoice = (peerId: string, peak: number): void => {
    if (peak < 0.2) return;
    voices.set(peerId, peak);
    if (voices.size === 2) heardBoth();
  };
  const ann = await hum(url, 'ann', onVoice);
  const ben = await hum(url, 'ben', onVoice);
  await both;
  await Promise.all([ann.close(), ben.close()]);
  close();
  for (const peak of voices.values()) expect(peak).toBeLessThan(0.35);
});
