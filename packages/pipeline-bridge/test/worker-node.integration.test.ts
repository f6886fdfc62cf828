import { threadId } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import { FramePool, PipelineRunner } from '@rm/pipeline-bridge';
import type {
  AudioData,
  Manifest,
  NodeError,
  PictureData,
  PipelineSession,
  RuntimeData,
} from '@rm/pipeline-bridge';
import { audio, text } from './builders.js';

const MODULE = './support/worker-nodes.mjs';
const open: PipelineSession[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});

/** One node in a worker, from the module unless it is a built-in one. */
function inWorker(
  node_type: string,
  {
    params,
    module = MODULE,
    openTimeout,
  }: { params?: Record<string, unknown>; module?: string; openTimeout?: number } = {},
): Manifest {
  const execution = {
    placement: 'worker' as const,
    ...(module !== '' && { module }),
    ...(openTimeout !== undefined && { open_timeout_ms: openTimeout }),
  };
  return {
    version: 'v1',
    metadata: { name: 'worker' },
    nodes: [{ id: 'node', node_type, params: params ?? {}, execution }],
    connections: [],
  };
}

async function start(
  manifest: Manifest,
): Promise<{ session: PipelineSession; errors: NodeError[] }> {
  const runner = new PipelineRunner({ modulesFrom: import.meta.dirname });
  const session = await runner.createSession(manifest);
  open.push(session);
  const errors: NodeError[] = [];
  session.onError((error) => errors.push(error));
  return { session, errors };
}

async function receive(session: PipelineSession, count: number): Promise<RuntimeData[]> {
  const received: RuntimeData[] = [];
  while (received.length < count) received.push((await session.receive())!);
  return received;
}

const textsOf = (data: readonly RuntimeData[]): string[] =>
  data.map((each) => (each as { text: string }).text);

test('a node runs in a thread of its own, with stream and capture time kept', async () => {
  const { session } = await start(inWorker('WhereAmI'));
  session.send(audio(0.5, { at: 1234, stream: 'kitchen' }));
  const [answer] = await receive(session, 1);
  expect(answer).toMatchObject({ kind: 'json', streamId: 'kitchen', capture: { time: 1234 } });
  expect((answer as unknown as { value: { threadId: number } }).value.threadId).not.toBe(threadId);
});

test('a built-in node does there what it does here', async () => {
  const { session, errors } = await start(inWorker('Gain', { module: '', params: { gain_db: 6 } }));
  const sent = audio(0.25, { at: 99 });
  session.send(sent);
  const [louder] = (await receive(session, 1)) as [AudioData];
  expect(louder.samples[100]).toBeCloseTo(0.25 * 10 ** (6 / 20), 5);
  expect(louder).toMatchObject({ sampleRate: 48_000, channels: 1, capture: { time: 99 } });
  expect(sent.samples[100]).toBe(0.25);
  expect(errors).toEqual([]);
});

test('all that is sent in order comes back in order, in sound and in text', async () => {
  const { session, errors } = await start(inWorker('Negative'));
  const values = Array.from({ length: 15 }, (_, index) => (index + 1) / 16);
  for (const value of values) session.send(audio(value));
  const received = (await receive(session, values.length)) as AudioData[];
  expect(received.map(({ samples }) => samples[7])).toEqual(values.map((value) => -value));
  expect(session.stats().nodes[0]).toMatchObject({ in: 15, out: 15, dropped: 0 });
  expect(errors).toEqual([]);
});

test('a leased picture crosses without a copy, is not written by a node that writes, and comes free', async () => {
  const pool = new FramePool({ bytes: 64, buffers: 2 });
  const { session } = await start(inWorker('PassThrough', { module: '' }));
  const writer = await start(inWorker('Doubler'));
  const { bytes, lease } = pool.take()!;
  bytes.fill(21);
  const picture: PictureData = {
    kind: 'video',
    format: 'rgba32',
    streamId: 'camera',
    capture: undefined,
    width: 4,
    height: 4,
    pixels: bytes,
    frameNumber: 1,
    lease,
  };
  const outputs: number[] = [];
  const passed = new Promise<void>((resolve) => {
    session.onOutput((data) => {
      const { pixels } = data as PictureData;
      // Seen through the very memory that was sent.
      bytes[5] = 77;
      outputs.push(pixels[5]!);
      resolve();
    });
  });
  session.send(picture);
  expect(pool.lent).toBe(1);
  await passed;
  expect(outputs).toEqual([77]);

  writer.session.send(picture);
  const [doubled] = (await receive(writer.session, 1)) as [PictureData];
  expect(doubled.pixels[0]).toBe(42);
  expect(bytes[0]).toBe(21);
  lease.release();
  await session.close();
  await writer.session.close();
  expect(pool.lent).toBe(0);
});

test('what the node throws or reports costs that piece only, and it may emit when it likes', async () => {
  const { session, errors } = await start(inWorker('Obedient'));
  for (const word of ['throw', 'report', 'later', 'wait', 'hello']) session.send(text(word));
  expect(textsOf(await receive(session, 5)).toSorted()).toEqual([
    'hello done',
    'it is later',
    'later done',
    'report done',
    'wait done',
  ]);
  expect(errors.map(({ message, code }) => [code, message])).toEqual([
    ['NODE_FAILED', 'node "node": as told'],
    ['NODE_FAILED', 'node "node": reported'],
  ]);
});

test('a close lets out what is inside, and what the node says last', async () => {
  const { session } = await start(inWorker('Obedient'));
  for (const word of ['wait', 'a', 'b', 'c', 'd', 'e']) session.send(text(word));
  await session.close();
  const said: string[] = [];
  for await (const data of session) said.push((data as { text: string }).text);
  expect(said).toEqual([
    ...['wait', 'a', 'b', 'c', 'd', 'e'].map((word) => `${word} done`),
    'closing',
  ]);
});

test('a thread that ends is started again, says what was lost, and nothing waits for it for ever', async () => {
  const { session, errors } = await start(inWorker('Obedient'));
  for (const word of ['exit', 'x', 'y', 'z', 'after 1', 'after 2']) session.send(text(word));
  expect(textsOf(await receive(session, 2))).toEqual(['after 1 done', 'after 2 done']);
  expect(errors).toHaveLength(1);
  expect(errors[0]!.message).toMatch(/exit code 3, 4 pieces were lost; it starts again in 100 ms/);
});

test('a thread that hangs is ended and started again, and is reconfigured like any other', async () => {
  const manifest = inWorker('Obedient');
  const [node] = manifest.nodes;
  const { session, errors } = await start({
    ...manifest,
    nodes: [{ ...node!, execution: { ...node!.execution, timeout_ms: 1500 } }],
  });
  for (const word of ['hang', 'x', 'y', 'z', 'after']) session.send(text(word));
  expect(textsOf(await receive(session, 1))).toEqual(['after done']);
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('a piece took over 1500 ms'),
    expect.stringContaining('4 pieces were lost'),
  ]);
  await session.configure('node', {});
  session.send(text('again'));
  expect(textsOf(await receive(session, 2))).toEqual(['closing', 'again done']);
});

test('a node that cannot be made or opened fails the session with the reason', async () => {
  const refused = (manifest: Manifest): Promise<unknown> =>
    start(manifest).then(
      () => 'started',
      (error: Error) => error.message,
    );
  expect(await refused(inWorker('Unopened'))).toMatch(/no model here/);
  expect(await refused(inWorker('Nobody'))).toMatch(/no node type "Nobody"; known are Doubler, /);
  expect(await refused(inWorker('Doubler', { params: { by: 'two' } }))).toMatch(
    /params\.by must be a number, not "two"/,
  );
  expect(await refused(inWorker('X', { module: './nowhere.mjs' }))).toMatch(/nowhere\.mjs/);
  expect(await refused(inWorker('NeverOpen', { openTimeout: 300 }))).toMatch(
    /not open after 300 ms; set execution\.open_timeout_ms/,
  );
});
