import { EventEmitter, once } from 'node:events';
import { Duplex } from 'node:stream';
import { expect, test } from '@jest/globals';
import { milliseconds } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import { Hub } from '@rm/signaling-protocol/hub';
import type { HubInput, HubNews, RoomLogOutput } from '@rm/signaling-protocol/hub';
import type { WebSocket } from 'ws';
import { now } from '../src/clock.js';
import { serve } from './sockets-support.js';
import { bare, call, closeCode, opened } from './support.js';

const candidate = (to: string, text: string): object => ({
  jsonrpc: '2.0',
  method: 'peer.ice_candidate',
  params: { to, candidate: `candidate:${text}`, sdp_m_line_index: 0, sdp_mid: '0' },
});

interface Notice {
  readonly method: string;
  readonly params: { readonly candidate: string };
}

/** What `socket` receives until `count` candidates have come. */
async function candidates(socket: WebSocket, count: number): Promise<string[]> {
  const received: string[] = [];
  await new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const { method, params } = JSON.parse(data.toString()) as Notice;
      if (method === 'peer.ice_candidate') received.push(params.candidate);
      if (received.length === count) resolve();
    });
  });
  return received;
}

/** A stream that passes on to `stream` and keeps what it was given. */
function recorded(stream: Duplex, chunks: Buffer[]): Duplex {
  return new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      stream.write(chunk, done);
    },
  });
}

test('what is said to a peer in one turn leaves in order and with one write', async () => {
  const chunks: Buffer[] = [];
  const { url } = await serve({
    streamOf: (nth, stream) => (nth === 1 ? recorded(stream, chunks) : stream),
  });
  const listener = await bare(url, 'listener');
  const talker = await bare(url, 'talker');
  const heard = candidates(listener, 40);
  const before = chunks.length;
  const texts = Array.from({ length: 40 }, (_, n) => `${n} ${'x'.repeat(n * 5)}`);
  talker.send(JSON.stringify(texts.map((text) => candidate('listener', text))));
  expect(await heard).toEqual(texts.map((text) => `candidate:${text}`));
  expect(chunks.length - before).toBe(1);
});

test('a turn may say more than may wait, if it is read', async () => {
  const { url } = await serve({ maxOutboundBytes: 5_000 });
  const listener = await bare(url, 'listener');
  const talker = await bare(url, 'talker');
  const heard = candidates(listener, 60);
  talker.send(
    JSON.stringify(Array.from({ length: 60 }, (_, n) => candidate('listener', `${n}`.padEnd(900)))),
  );
  expect(await heard).toHaveLength(60);
});

test('who reads nothing is closed within one turn, at the limit of what may wait', async () => {
  const chunks: Buffer[] = [];
  const stuck = new Duplex({
    read() {},
    write(chunk: Buffer) {
      chunks.push(chunk);
    },
  });
  const { url, lines } = await serve({
    maxOutboundBytes: 20_000,
    streamOf: (nth, stream) => (nth === 1 ? stuck : stream),
  });
  const listener = await opened(url);
  listener.send('{"jsonrpc":"2.0","method":"peer.announce","params":{"peer_id":"l"},"id":1}');
  const closed = closeCode(listener);
  const talker = await bare(url, 'talker');
  await call(talker, 'peer.list', {});
  talker.send(
    JSON.stringify(Array.from({ length: 60 }, (_, n) => candidate('l', `${n}`.padEnd(900)))),
  );
  expect(await closed).toBe(1013);
  expect(stuck.writableLength).toBeLessThanOrEqual(20_000);
  expect(stuck.writableLength).toBeGreaterThan(18_000);
  expect(lines).toContainEqual(expect.objectContaining({ level: 40, peer: 'l', code: 1013 }));
});

test('what waits for a slow reader holds on to nothing of what others were sent', async () => {
  const chunks: Buffer[] = [];
  const reading = new EventEmitter();
  let isReading = false;
  const slow = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      if (isReading) done();
      else reading.once('now', done);
    },
  });
  const { url } = await serve({ streamOf: (nth, stream) => (nth === 1 ? slow : stream) });
  const reader = await opened(url);
  reader.send('{"jsonrpc":"2.0","method":"peer.announce","params":{"peer_id":"slow"},"id":1}');
  const talker = await bare(url, 'talker');
  for (let n = 0; n < 8; n++) {
    talker.send(JSON.stringify(candidate('slow', `${n}`)));
    await call(talker, 'peer.list', {});
  }
  isReading = true;
  reading.emit('now');
  await new Promise<void>((resolve) => slow.end(resolve));
  // The answer to the announcement found nothing waiting; then came the talker and its candidates.
  expect(chunks).toHaveLength(10);
  for (const chunk of chunks.slice(1)) expect(chunk.buffer.byteLength).toBe(chunk.length);
});

test('who does not announce in time is closed with 4408; who did, or is to look on, is not', async () => {
  const quick = { announceTimeoutMs: 60, pingIntervalMs: 100 };
  const lookout = { mayJoin: false, maySend: false, admin: true };
  const { url } = await serve(quick);
  const admins = await serve({ ...quick, grant: lookout });
  const announced = await bare(url, 'announced');
  const onlooker = await opened(admins.url);
  const since = performance.now();
  const silent = await opened(url);
  const [code, reason] = (await once(silent, 'close')) as [number, Buffer];
  expect([code, reason.toString()]).toEqual([4408, expect.stringContaining('peer.announce')]);
  expect(performance.now() - since).toBeGreaterThan(55);
  const room = { room: 'default' };
  expect(await call(announced, 'peer.list', {})).toMatchObject({ peers: [] });
  expect(await call(onlooker, 'peer.list', room)).toMatchObject({ peers: [] });
});

test('the log tells who joins and leaves, and lines about a socket name its peer', async () => {
  const news: HubNews[] = [];
  const { url, lines } = await serve({ onNews: (item) => news.push(item) });
  const socket = await opened(url);
  await call(socket, 'peer.announce', { peer_id: 'alice', room: 'wonderland' });
  const closed = closeCode(socket);
  socket.send(new Uint8Array(1));
  expect(await closed).toBe(1003);
  const alice = { socket: 1, peer: 'alice', room: 'wonderland' };
  expect(lines.slice(0, 4)).toMatchObject([
    { level: 20, socket: 1, msg: 'socket opened' },
    { level: 30, ...alice, resumed: false, msg: 'peer joined' },
    { level: 40, ...alice, code: 1003 },
    { level: 30, ...alice, reason: 'connection-lost', msg: 'peer left' },
  ]);
  expect(news).toMatchObject([
    { kind: 'joined', peerId: 'alice' },
    { kind: 'left', peerId: 'alice' },
  ]);
});

test('what is fed reaches the clients, and the log of a room is somebody else’s to keep', async () => {
  const wanted: RoomLogOutput[] = [];
  const { url, sockets } = await serve({
    hubOptions: { instance: 'a' },
    pingIntervalMs: 600_000,
    onRoomLog: (output) => {
      wanted.push(output);
      const { room } = output;
      if (output.kind === 'load') {
        setImmediate(() => sockets.feed({ kind: 'loaded', now: now(), room, state: undefined }));
      }
      if (output.kind === 'commit') {
        const { entry } = output;
        const position = `${wanted.length}`;
        setImmediate(() => sockets.feed({ kind: 'committed', now: now(), room, position, entry }));
      }
    },
  });
  const socket = await opened(url);
  expect(await call(socket, 'peer.announce', { peer_id: 'a' })).toMatchObject({ peers: [] });
  expect(wanted.map(({ kind }) => kind)).toEqual(['load', 'commit']);
  const message = once(socket, 'message');
  sockets.feed({ kind: 'drain', now: now(), spreadMs: 1 });
  expect(String((await message)[0])).toContain('server.draining');
});

test('a token that is valid for years keeps the server as quiet as any other', async () => {
  const heard = new Set<string>();
  class ListenedHub extends Hub {
    override handle(input: HubInput): void {
      heard.add(input.kind);
      super.handle(input);
    }
  }
  const expiresAt = (now() + milliseconds(10 * 365 * 86_400_000)) as Micros;
  const { url } = await serve({
    hub: new ListenedHub({ wallClock: () => '' }),
    grant: { mayJoin: true, maySend: true, admin: false, expiresAt },
  });
  const patient = await bare(url, 'patient');
  // A timer that is due would fire before the answers come.
  for (let n = 0; n < 5; n++) await call(patient, 'peer.list', {});
  expect(heard).toEqual(new Set(['opened', 'text']));
});
