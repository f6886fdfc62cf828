import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { exampleMessages } from '@rm/signaling-protocol/openrpc';
import { WebSocket } from 'ws';
import { atEnd, connected, next } from './support.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Messages that are sent; a longer run is told by the environment. */
const MESSAGES = Number(process.env['FUZZ_MESSAGES'] ?? 3_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);

const PROTOCOLS = [['rm.signaling.v1'], [], ['webrtc.onvif.org']];

/** Messages of other protocols that the server speaks. */
const FOREIGN = [
  { jsonrpc: '2.0', id: 1, method: 'register', params: { name: 'cam' } },
  { jsonrpc: '2.0', id: 2, method: 'connect', params: { peer: 'alice' } },
  { jsonrpc: '2.0', id: 3, method: 'invite', params: { session: 's', offer: 'v=0\r\n' } },
  { jsonrpc: '2.0', method: 'trickle', params: { session: 's', candidate: { candidate: '' } } },
  { jsonrpc: '2.0', id: 4, method: 'announce', params: { peer_id: 'alice', capabilities: [] } },
  { jsonrpc: '2.0', id: 5, method: 'offer', params: { to_peer_id: 'bob', sdp: 'v=0\r\n' } },
  { jsonrpc: '2.0', id: 6, method: 'peer.answer', params: { from: 'a', to: 'b', sdp: 'v=0\r\n' } },
  { jsonrpc: '2.0', id: 7, method: 'list_peers' },
];

/** Marsaglia's xorshift32: the same numbers for the same seed, uniform in [0, below). */
function numbers(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

test(
  `no bytes on any socket bring the server down (FUZZ_SEED=${SEED})`,
  async () => {
    const random = numbers(SEED);
    const texts = [...exampleMessages(), ...FOREIGN].map((message) => JSON.stringify(message));
    // Behind the limit of what may be sent at once lies what is to be reached.
    const flags = [
      '--socket-messages-per-second',
      '1000000',
      '--max-messages-per-second',
      '1000000',
    ];
    const server = spawn(process.execPath, [MAIN, '--port', '0', ...flags]);
    atEnd(() => server.kill('SIGKILL'));
    let stderr = '';
    server.stderr.on('data', (data: Buffer) => (stderr += data.toString().slice(0, 10_000)));
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
    const url = /ws:.*$/.exec(line)?.[0] ?? '';
    const broken: string[] = [];

    const open = async (protocols: string[]): Promise<WebSocket> => {
      const socket = new WebSocket(url, protocols, { perMessageDeflate: false });
      atEnd(() => socket.terminate());
      socket.on('error', () => undefined);
      socket.on('message', (data: Buffer) => {
        if (!isJsonRpc(JSON.parse(data.toString()))) broken.push(data.toString());
      });
      await once(socket, 'open');
      return socket;
    };

    /** A text with a few of its bytes changed, cut, doubled or joined with those of another. */
    const mutated = (): Buffer => {
      let bytes = Buffer.from(texts[random(texts.length)] ?? '');
      for (let n = random(4); n > 0; n--) {
        const at = random(bytes.length + 1);
        const tail = bytes.subarray(at);
        const how = random(5);
        if (how === 0) bytes = bytes.subarray(0, at);
        else if (how === 1) bytes = Buffer.concat([bytes, tail]);
        else if (how === 2) bytes[at % Math.max(1, bytes.length)] = random(256);
        else if (how === 3) {
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(random(40), '[{"'), tail]);
        } else
          bytes = Buffer.concat([
            Buffer.from('['),
            bytes,
            Buffer.from(','),
            bytes,
            Buffer.from(']'),
          ]);
      }
      return bytes;
    };

    const sockets = await Promise.all([...PROTOCOLS, ...PROTOCOLS].map(open));
    for (let sent = 0; sent < MESSAGES; sent++) {
      const which = random(sockets.length);
      if (sockets[which]?.readyState !== WebSocket.OPEN) {
        sockets[which] = await open(PROTOCOLS[which % PROTOCOLS.length] ?? []);
      }
      const socket = sockets[which];
      // As text, most of them: ws itself refuses to send what is no UTF-8, the server must too.
      const bytes = mutated();
      socket?.send(random(200) === 0 ? bytes : bytes.toString(), { binary: random(200) === 1 });
      if (random(100) === 0)
        garbage(url, Buffer.from(Array.from({ length: 200 }, () => random(256))));
      // Not faster than it reads.
      if (sent % 50 === 0 && socket?.readyState === WebSocket.OPEN) {
        const answered = new AbortController();
        const { signal } = answered;
        socket.ping();
        await Promise.race([once(socket, 'pong', { signal }), once(socket, 'close', { signal })]);
        answered.abort();
      }
    }

    expect(broken).toEqual([]);
    const http = url.replace('ws', 'http');
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
    const metrics = await (await fetch(`${http}/metrics`)).text();
    const received = /messages_total\{direction="received"\} (\d+)/.exec(metrics)?.[1];
    expect(Number(received)).toBeGreaterThan(0.9 * MESSAGES);
    const alice = await connected(url, 'alice', 'after');
    const announced = next(alice, 'peer-announced');
    await connected(url, 'bob', 'after');
    expect(await announced).toMatchObject({ peerId: 'bob' });
    server.kill('SIGKILL');
    expect(stderr).not.toMatch(/unhandled|uncaught|TypeError|RangeError|at .*\.js:\d+/i);
  },
  30_000 + 2 * MESSAGES,
);

/** Sends bytes that are no HTTP, and is gone. */
function garbage(url: string, bytes: Buffer): void {
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(bytes));
  socket.on('error', () => undefined);
  socket.resume();
}

function isJsonRpc(message: unknown): boolean {
  if (Array.isArray(message)) return message.length > 0 && message.every(isJsonRpc);
  if (typeof message !== 'object' || message === null) return false;
  const { jsonrpc, method, id } = message as Record<string, unknown>;
  if (jsonrpc !== '2.0') return false;
  if (method !== undefined) return typeof method === 'string';
  const { error } = message as { error?: { session?: unknown } };
  // ONVIF has notifications that are nothing but an error of a session.
  if (id === undefined) return typeof error?.session === 'string';
  return 'result' in message !== 'error' in message;
}
