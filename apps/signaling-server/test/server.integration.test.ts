import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { beforeEach, expect, test } from '@jest/globals';
import { ErrorCode } from '@rm/signaling-protocol';
import type { SignalingClient } from '@rm/signaling-protocol';
import type { WebSocket } from 'ws';
import type { ListeningSignalingServer } from '../src/server.js';
import { bare, call, closeCode, connected, next, opened, SDP, start } from './support.js';

const OFFER = { sdp: SDP, canTrickle: true };
const ANSWER = { sdp: `${SDP}a=answer\r\n`, canTrickle: true };

let server: ListeningSignalingServer;
let watcher: SignalingClient;

beforeEach(async () => {
  // Without it the others would learn only after the window that a peer is lost.
  server = await start({ resumeWindowMs: 0 });
  watcher = await connected(server.url, 'watcher');
});

test('two clients meet: announcement, offer, answer, candidates, goodbye', async () => {
  const announced = next(watcher, 'peer-announced');
  const caller = await connected(server.url, 'caller');
  expect((await announced).peerId).toBe('caller');
  const candidates: string[] = [];
  watcher.on('candidate', ({ candidate }) => candidates.push(candidate.candidate));
  watcher.on('offer', (offer) => offer.answer(ANSWER));
  const answer = caller.offer('watcher', OFFER);
  for (const candidate of ['candidate:1', 'candidate:2', '']) {
    caller.sendCandidate('watcher', { candidate, sdpMid: '0', sdpMLineIndex: 0 });
  }
  expect(await answer).toEqual(ANSWER);
  const left = next(watcher, 'peer-left');
  await caller.close();
  expect(await left).toEqual({ peerId: 'caller', reason: 'left' });
  expect(candidates).toEqual(['candidate:1', 'candidate:2', '']);
});

test('a taken id is refused on the wire', async () => {
  await expect(connected(server.url, 'watcher')).rejects.toMatchObject({ code: 'PEER_ID_TAKEN' });
});

test('the option for peers per room is kept', async () => {
  const small = await start({ maxPeersPerRoom: 1 });
  await connected(small.url, 'only');
  await expect(connected(small.url, 'other')).rejects.toMatchObject({
    code: 'ROOM_FULL',
    cause: expect.objectContaining({ code: ErrorCode.TOO_MANY_PEERS }),
  });
});

test.each(['socketMessagesPerSecond', 'roomMessagesPerSecond'] as const)(
  'the option %s is kept: beyond it requests are told to wait',
  async (option) => {
    const slow = await start({ [option]: 1 });
    const client = await connected(slow.url, 'eager');
    const requests = Array.from({ length: 20 }, () => client.peers());
    const outcomes = await Promise.allSettled(requests);
    expect(outcomes.map(({ status }) => status)).toContain('fulfilled');
    const refused = outcomes.find(({ status }) => status === 'rejected');
    expect(refused).toMatchObject({ reason: { code: ErrorCode.RATE_LIMITED } });
  },
);

test.each<[string, number, (socket: WebSocket) => void]>([
  ['a message that is too large', 1009, (socket) => socket.send('x'.repeat(262_145))],
  ['a binary message', 1003, (socket) => socket.send(new Uint8Array([1, 2, 3]))],
  ['text that is no UTF-8', 1007, (socket) => socket.send(Buffer.from([0xff]), { binary: false })],
  ['too many fragments', 1008, (socket) => sendFragments(socket, 65)],
])('%s closes with %d, and the others learn that the peer is lost', async (_case, code, send) => {
  const socket = await bare(server.url, 'breaker');
  const left = next(watcher, 'peer-left');
  const closed = closeCode(socket);
  send(socket);
  expect(await closed).toBe(code);
  expect(await left).toEqual({ peerId: 'breaker', reason: 'connection-lost' });
});

function sendFragments(socket: WebSocket, count: number): void {
  for (let n = 1; n <= count; n++) socket.send('[', { fin: n === count });
}

test('the option for the size of a message is kept, and told to clients with the version', async () => {
  const { url } = await start({ maxMessageBytes: 1_024 });
  const socket = await bare(url, 'talker');
  expect(await call(socket, 'server.info', {})).toMatchObject({
    name: 'rm-signaling-server',
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    limits: { max_message_bytes: 1_024 },
  });
  const code = closeCode(socket);
  socket.send('x'.repeat(1_025));
  expect(await code).toBe(1009);
});

test.each([
  ['by default', 262_144, {}],
  ['by option', 300_000, { maxMessageBytes: 300_000 }],
])('the largest message that is allowed %s is read', async (_how, bytes, option) => {
  const { url } = await start(option);
  const socket = await bare(url, 'talker');
  socket.send('"'.padEnd(bytes - 1, 'x') + '"');
  const [data] = (await once(socket, 'message')) as [Buffer];
  expect(JSON.parse(data.toString())).toMatchObject({ error: { code: ErrorCode.INVALID_REQUEST } });
  socket.close();
});

test('a reader that stops reading is closed with 1013, and the others are not held up', async () => {
  const slow = await bare(server.url, 'slow');
  slow.pause();
  const left = next(watcher, 'peer-left');
  const sdp = SDP.padEnd(65_536, 'x');
  const offers = Array.from({ length: 250 }, () =>
    watcher.offer('slow', { ...OFFER, sdp }).then(
      () => 0,
      (error: { code: number }) => error.code,
    ),
  );
  expect(await left).toEqual({ peerId: 'slow', reason: 'connection-lost' });
  expect(new Set(await Promise.all(offers))).toEqual(new Set([ErrorCode.PEER_NOT_FOUND]));
  slow.resume();
  expect(await closeCode(slow)).toBe(1013);
});

test('a client that answers no pings is lost after three of them, one that does is kept', async () => {
  const quick = await start({ pingIntervalMs: 60, resumeWindowMs: 0 });
  const alive = await connected(quick.url, 'alive');
  const left = next(alive, 'peer-left');
  const frozen = await bare(quick.url, 'frozen', false);
  const since = performance.now();
  expect(await left).toEqual({ peerId: 'frozen', reason: 'connection-lost' });
  expect(performance.now() - since).toBeGreaterThan(100);
  expect(await closeCode(frozen)).toBe(1006);
  expect(alive.sendDisconnect('nobody', 'x')).toBe(true);
});

test('a connection that breaks off is lost, not left', async () => {
  const socket = await bare(server.url, 'broken');
  const left = next(watcher, 'peer-left');
  socket.terminate();
  expect(await left).toEqual({ peerId: 'broken', reason: 'connection-lost' });
});

test('offers that are never answered time out, each at its time', async () => {
  const quick = await start({ offerTimeoutMs: 80 });
  const caller = await connected(quick.url, 'caller');
  await bare(quick.url, 'silent');
  for (let n = 0; n < 2; n++) {
    const since = performance.now();
    await expect(caller.offer('silent', OFFER)).rejects.toMatchObject({ code: ErrorCode.TIMEOUT });
    expect(performance.now() - since).toBeGreaterThanOrEqual(79);
  }
});

test('a caller need not wait for a peer that leaves', async () => {
  const leaver = await bare(server.url, 'leaver');
  leaver.on('message', () => leaver.close());
  await expect(watcher.offer('leaver', OFFER)).rejects.toMatchObject({
    code: ErrorCode.PEER_NOT_FOUND,
  });
});

test.each([
  [['rm.signaling.v1'], 'rm.signaling.v1'],
  [['other', 'rm.signaling.v1'], 'rm.signaling.v1'],
  [['webrtc.onvif.org', 'rm.signaling.v1'], 'webrtc.onvif.org'],
  [[], ''],
])('sub-protocols %j: the server chooses %j', async (offered, chosen) => {
  const socket = await opened(server.url, {}, offered);
  expect(socket.protocol).toBe(chosen);
});

test('GET /healthz says that the server lives; other paths say what it is', async () => {
  const base = server.url.replace('ws:', 'http:');
  const [health, other] = [await fetch(`${base}/healthz`), await fetch(base)];
  expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
  expect((await fetch(`${base}/readyz`)).status).toBe(200);
  expect(other.status).toBe(404);
  expect(await other.text()).toContain('WebSocket');
});

test('GET /metrics tells what the server did, under the names of docs/metrics.md', async () => {
  const own = await start({ maxConnections: 1 });
  const base = own.url.replace('ws:', 'http:');
  const alice = await bare(own.url, 'alice');
  await expect(connected(own.url, 'bob')).rejects.toMatchObject({ code: 'UNREACHABLE' });
  alice.send('{"jsonrpc":"2.0","method":"peer.bye"}');
  alice.send('{');
  await once(alice, 'message');
  const response = await fetch(`${base}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const text = await response.text();
  const lines = text.split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'rm_signaling_connections 1',
      'rm_signaling_peers 1',
      'rm_signaling_rooms 1',
      'rm_signaling_pending_offers 0',
      'rm_signaling_dropped_total{reason="refused-notification"} 1',
      'rm_signaling_messages_total{direction="received"} 3',
      'rm_signaling_messages_total{direction="sent"} 2',
      'rm_signaling_refused_total{status="503"} 1',
      'rm_signaling_throttled_total 0',
    ]),
  );
  expect(text).toMatch(/^rm_signaling_bytes_total\{direction="received"\} 1\d\d$/m);
  const code = closeCode(alice);
  alice.send(new Uint8Array(1));
  await code;
  expect(await (await fetch(`${base}/metrics`)).text()).toContain(
    'rm_signaling_expelled_total{code="1003"} 1',
  );
  const documented = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const names = new Set(Array.from(text.matchAll(/^# TYPE (rm_\w+)/gm), ([, name]) => name));
  expect(new Set(documented.match(/rm_signaling_\w+/g))).toEqual(names);
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
});

test.each([
  ['a port in use', () => ({ port: server.port }), 'PORT_IN_USE'],
  ['a host that is not here', () => ({ host: '203.0.113.1', insecure: true }), 'HOST_INVALID'],
  ['an open door', () => ({ host: '0.0.0.0' }), 'HOST_INSECURE'],
  ['a limit that is none', () => ({ maxConnections: 0 }), 'INVALID_OPTION'],
])('%s is named', async (_case, options, code) => {
  await expect(start(options())).rejects.toMatchObject({ name: 'SignalingServerError', code });
});
