import { Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Backend, Mesh, type MeshEvents, weriftBackend } from '../src/index.js';
import { SignalingServer } from './support/memory-signaling.js';

let backend: Backend;
const open: Mesh[] = [];
/** While true no datagram leaves this process. */
let cut = false;
const send = Reflect.get(Socket.prototype, 'send') as (...args: unknown[]) => void;

beforeAll(async () => {
  backend = await weriftBackend();
  Socket.prototype.send = function (this: Socket, ...args: unknown[]): void {
    if (!cut) Reflect.apply(send, this, args);
    else (args.at(-1) as (error: null) => void)(null);
  } as typeof send;
});

afterAll(() => {
  Socket.prototype.send = send;
});

afterEach(async () => {
  cut = false;
  await Promise.all(open.splice(0).map((mesh) => mesh.close()));
});

interface Heard {
  readonly name: keyof MeshEvents;
  readonly at: number;
  readonly reason?: string;
}

/** Two nodes that talk to each other, and what the first tells of the second. */
async function talking(): Promise<{ server: SignalingServer; a: Mesh; log: Heard[] }> {
  const server = new SignalingServer();
  const log: Heard[] = [];
  const nodes: Mesh[] = [];
  for (const peerId of ['a', 'b']) {
    const mesh = await Mesh.create({ signaling: server.client(peerId), backend });
    open.push(mesh);
    nodes.push(mesh);
    const output = await mesh.openAudio('all');
    const samples = new Float32Array(480).fill(0.1);
    mesh.onTick(() =>
      output.write({ samples, sampleRate: 48_000, channels: 1, capture: undefined }),
    );
    await mesh.connect();
  }
  const [a] = nodes;
  const connected = Promise.all(nodes.map((mesh) => next(mesh, 'peer-connected')));
  await connected;
  a!.on('peer-connected', () => log.push({ name: 'peer-connected', at: performance.now() }));
  a!.on('peer-disconnected', ({ reason }) =>
    log.push({ name: 'peer-disconnected', at: performance.now(), reason }),
  );
  await heard(a!);
  return { server, a: a!, log };
}

const next = (mesh: Mesh, name: keyof MeshEvents): Promise<void> =>
  new Promise((resolve) => {
    const off = mesh.on(name, () => {
      off();
      resolve();
    });
  });

/** Resolves when another packet has come, and sound was played. */
const heard = (mesh: Mesh): Promise<void> =>
  new Promise((resolve) => {
    const packets = (): number => mesh.statistics().links[0]?.received?.packetsReceived ?? 0;
    const before = packets();
    const off = mesh.onTick(() => {
      if (packets() === before || mesh.statistics().links[0]?.connectMs === undefined) return;
      off();
      resolve();
    });
  });

const after = async (ms: number): Promise<void> => {
  await once(AbortSignal.timeout(ms), 'abort');
};

test('a network that is gone for six seconds and comes back is told, and media flows within three', async () => {
  const { a, log } = await talking();
  const cutAt = performance.now();
  cut = true;
  await after(6000);
  expect(log.map(({ name, reason }) => [name, reason])).toEqual([['peer-disconnected', 'silent']]);
  expect(log[0]!.at - cutAt).toBeLessThan(5000);
  const back = performance.now();
  cut = false;
  await heard(a);
  expect(performance.now() - back).toBeLessThan(3000);
}, 90_000);

test('one that takes the signaling with it is waited for, on the same connection', async () => {
  const { server, a, log } = await talking();
  const { connectMs } = a.statistics().links[0]!;
  server.stall();
  cut = true;
  await after(6000);
  expect(log.map(({ name }) => name)).toEqual(['peer-disconnected']);
  const back = performance.now();
  cut = false;
  server.goOn();
  await heard(a);
  expect(performance.now() - back).toBeLessThan(1000);
  expect(a.statistics().links[0]).toMatchObject({ state: 'connected', connectMs });
}, 90_000);
