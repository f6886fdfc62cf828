import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
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

test('more messages than may wait at once arrive, in order, as long as both threads take them', async () => {
  const [a, b] = [
    await create(await server.address('a'), 'a'),
    await create(await server.address('b'), 'b'),
  ];
  const linked = Promise.all([next(a, 'peer-connected'), next(b, 'peer-connected')]);
  await Promise.all([a.connect(), b.connect()]);
  await linked;
  expect(a.sendMessage('to nobody', ['c'])).toBe(0);
  // All that are sent in one go wait, and no more than may.
  const handed = Array.from({ length: 1100 }, (_, n) => a.sendMessage(n, 'all'));
  const accepted = handed.filter((count) => count === 1).length;
  expect(accepted).toBeGreaterThanOrEqual(1023);
  expect(a.statistics().dropped.sentMessages).toBe(1100 - accepted);
  const got: unknown[] = [];
  await new Promise<void>((resolve) => {
    let sent = 1100;
    const off = a.onTick(() => {
      for (let i = 0; i < 50 && sent < 1500; i++) a.sendMessage(sent++, ['b']);
    });
    b.on('message', ({ payload }) => {
      got.push(payload);
      if (payload !== 1499) return;
      off();
      resolve();
    });
  });
  expect(got).toEqual([
    ...handed.flatMap((count, n) => (count === 1 ? [n] : [])),
    ...Array.from({ length: 400 }, (_, n) => 1100 + n),
  ]);
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
