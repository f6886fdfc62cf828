import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { type MeshEvents, type MeshWorkerError, systemClock, WorkerMesh } from '../../src/index.js';
import { SignalingServer } from '../support/memory-signaling.js';

const open: WorkerMesh[] = [];
const server = new SignalingServer();

afterEach(async () => {
  await Promise.all(open.splice(0).map((mesh) => mesh.close()));
});

afterAll(() => server.close());

async function create(
  url: string,
  peerId: string,
  { setup = 'mesh-setup.mjs', ...data }: { readonly setup?: string; readonly how?: string } = {},
): Promise<WorkerMesh> {
  const mesh = await WorkerMesh.create({
    setup: new URL(`../support/${setup}`, import.meta.url),
    data: { url, peerId, options: {}, ...data },
  });
  open.push(mesh);
  return mesh;
}

const next = <Name extends keyof MeshEvents>(
  mesh: WorkerMesh,
  name: Name,
): Promise<MeshEvents[Name]> =>
  new Promise((resolve) => {
    const off = mesh.on(name, (event) => {
      off();
      resolve(event);
    });
  });

/** A setup of this body. */
const setup = (body: string): string => `data:text/javascript,${encodeURIComponent(body)}`;

test('what is wrong with a setup is told as it was thrown in the worker', async () => {
  const thrown = `throw Object.assign(new Error('no key'), { name: 'KeyError', code: 'NO_KEY' })`;
  await expect(
    WorkerMesh.create({ setup: setup(`export default () => { ${thrown} }`) }),
  ).rejects.toMatchObject({ name: 'KeyError', code: 'NO_KEY', message: 'no key' });
  await expect(WorkerMesh.create({ setup: setup('export const x = 1') })).rejects.toMatchObject({
    code: 'BAD_ARGUMENT',
  });
  await expect(WorkerMesh.create({ setup: 'file:///nowhere.mjs' })).rejects.toMatchObject({
    code: 'ERR_MODULE_NOT_FOUND',
  });
  await expect(
    WorkerMesh.create({ setup: setup('process.exit(7); export default 1') }),
  ).rejects.toMatchObject({ code: 'WORKER_FAILED', message: expect.stringContaining('7') });
});

test('a port in the data reaches what the setup makes', async () => {
  const { port1, port2 } = new MessageChannel();
  const said = once(port1, 'message');
  const body = `export default ({ port }) => { port.postMessage('made'); throw new Error('enough') }`;
  await expect(
    WorkerMesh.create({ setup: setup(body), data: { port: port2 }, transfer: [port2] }),
  ).rejects.toThrow('enough');
  expect(await said).toEqual(['made']);
  port1.close();
});

test.each([
  ['throws', 'the disk is full'],
  ['exits', 'exit code 3'],
])('a worker that %s is told as removed, and refuses what is asked of it', async (how, why) => {
  const mesh = await create(await server.address('a'), 'a', { setup: 'crashing-setup.mjs', how });
  const removed = next(mesh, 'removed');
  // Connected or not when it ends, what is asked afterwards is refused.
  const refused = await mesh
    .connect()
    .then(() => removed)
    .then(() => mesh.openAudio('all'))
    .then(
      () => undefined,
      (error: MeshWorkerError) => error,
    );
  expect(refused).toMatchObject({ name: 'MeshWorkerError', code: 'WORKER_FAILED' });
  expect(`${refused?.message} ${(refused?.cause as Error | undefined)?.message}`).toContain(why);
  const { reason } = await removed;
  expect(reason).toContain('make another');
  expect(() => mesh.openVideo('all')).toThrow(expect.objectContaining({ code: 'WORKER_FAILED' }));
  expect(mesh.sendMessage('x', 'all')).toBe(0);
  expect(mesh.statistics()).toMatchObject({ peerId: 'a', links: [] });
  await mesh.close();
});

test('connecting is given up when its signal is aborted', async () => {
  // Takes connections and says nothing.
  const mute = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const sockets = once(mute, 'connection');
  const { port } = mute.address() as AddressInfo;
  const mesh = await create(`ws://127.0.0.1:${port}`, 'a');
  const abort = new AbortController();
  const connecting = mesh.connect({ signal: abort.signal });
  const [socket] = (await sockets) as [import('node:net').Socket];
  abort.abort(new Error('the user has left'));
  await expect(connecting).rejects.toThrow('the user has left');
  await expect(mesh.connect({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
    'before',
  );
  await mesh.close();
  socket.destroy();
  mute.close();
});

test('ticks are on the clock of the application, every 10 ms, and a listener that throws disturbs none', async () => {
  const mesh = await create(await server.address('a'), 'a');
  await mesh.connect();
  const failed = next(mesh, 'listener-error');
  const instants: number[] = [];
  const late: number[] = [];
  await new Promise<void>((resolve) => {
    mesh.onTick(() => {
      throw new Error('oops');
    });
    mesh.onTick((_, instant) => {
      instants.push(instant);
      late.push(systemClock.now() - instant);
      if (instants.length === 30) resolve();
    });
  });
  expect(await failed).toMatchObject({ event: 'tick', error: { message: 'oops' } });
  expect(instants.slice(1).every((at, i) => (at - instants[i]!) % 10_000 === 0)).toBe(true);
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(Math.min(...late)).toBeLessThan(10_000);
});

test('messages come in order, and those that an application is too busy to take are counted', async () => {
  const [a, b] = [
    await create(await server.address('a'), 'a'),
    await create(await server.address('b'), 'b'),
  ];
  const got: unknown[] = [];
  b.on('message', ({ payload }) => got.push(payload));
  /** Sends on every tick until `last` has come. */
  const sendUntil = (last: number, send: () => void): Promise<void> =>
    new Promise((resolve) => {
      const offTick = a.onTick(send);
      const off = b.on('message', ({ payload }) => {
        if (payload !== last) return;
        offTick();
        off();
        resolve();
      });
    });
  await a.connect();
  await b.connect();
  expect(a.sendMessage('to nobody', ['c'])).toBe(0);
  // The control channel may open later at one side.
  await sendUntil(-2, () => void a.sendMessage(-2, 'all'));
  got.splice(0);
  let sent = 0;
  await sendUntil(1499, () => {
    // Never more than may wait.
    for (let i = 0; i < 20 && sent < Math.min(1500, got.length + 500); i++)
      sent += a.sendMessage(sent, 'all');
  });
  expect(got.splice(0).filter((payload) => payload !== -2)).toEqual(
    Array.from({ length: 1500 }, (_, n) => n),
  );
  // This thread takes nothing while it sends.
  let accepted = 0;
  for (let n = 0; n < 1300; n++) accepted += a.sendMessage(n, ['b']);
  expect(accepted).toBeGreaterThan(0);
  await sendUntil(-1, () => void a.sendMessage(-1, ['b']));
  const { messages } = b.statistics().dropped;
  expect(got.filter((payload) => payload !== -1).length + messages).toBe(accepted);
});

test('nothing is left of a mesh that was closed, and what was asked of it ends', async () => {
  const handles = (): string =>
    process
      .getActiveResourcesInfo()
      .filter((name) => /Worker|MessagePort/.test(name))
      .toSorted()
      .join();
  const before = handles();
  const mesh = await create(await server.address('a'), 'a');
  expect(handles()).not.toBe(before);
  const asked = mesh.openAudio('all');
  await Promise.all([mesh.close(), mesh.close()]);
  // Opened before it was closed, or refused.
  const outcome = await asked.then(
    () => 'opened',
    (error: MeshWorkerError) => error.code,
  );
  expect(['opened', 'WORKER_CLOSED']).toContain(outcome);
  await expect(mesh.connect()).rejects.toMatchObject({ code: 'WORKER_CLOSED' });
  expect(handles()).toBe(before);
});
