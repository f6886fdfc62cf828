import { expect, test } from '@jest/globals';
import type { AudioData, EncodedPictureData, PipelineNode, RuntimeData } from '@rm/pipeline-bridge';
import { DataQueue, defaultQueueLimits } from '../src/graph/data-queue.js';
import { DataPool } from '../src/runtime-data/data-pool.js';
import { Gate, audio, graph, start, text, turn, type } from './builders.js';

const valueOf = (data: RuntimeData): number | string => {
  if (data.kind === 'audio') return data.samples[0]!;
  return data.kind === 'text' ? data.text : data.kind;
};

/** A node that lets each piece through when the gate does. */
const slow = (gate: Gate): PipelineNode => ({
  asynchronous: true,
  process: (data, emit) => gate.wait(data).then(() => emit(data)),
});

test('params are changed between two pieces, without one being lost', async () => {
  const { session, errors } = await start(graph(['gain:Gain'], { gain: { params: { gain: 2 } } }));
  const heard: unknown[] = [];
  session.onOutput((data) => heard.push(valueOf(data)));
  session.send(audio(0.125));
  await session.configure('gain', { gain: 4 });
  session.send(audio(0.125));
  expect(heard).toEqual([0.25, 0.5]);
  await expect(session.configure('gain', { gain: 'loud' })).rejects.toMatchObject({
    code: 'NODE_OPEN_FAILED',
    message: expect.stringContaining('params.gain must be a number, not "loud"'),
  });
  session.send(audio(0.125));
  expect(heard).toEqual([0.25, 0.5, 0.5]);
  await expect(session.configure('nobody', {})).rejects.toMatchObject({ code: 'UNKNOWN_NODE' });
  expect(errors).toEqual([]);
  await session.close();
  await expect(session.configure('gain', {})).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a node at work finishes its piece before another takes its place and is closed after', async () => {
  const gate = new Gate();
  const closed: number[] = [];
  let made = 0;
  const numbered = type('Numbered', () => {
    const number = ++made;
    return {
      asynchronous: true,
      process: (data, emit) => gate.wait(data).then(() => emit({ ...text(`by ${number}`) })),
      close: () => void closed.push(number),
    };
  });
  const { session } = await start(graph(['node:Numbered']), [numbered]);
  const heard: unknown[] = [];
  session.onOutput((data) => heard.push(valueOf(data)));
  session.send(text('a'));
  session.send(text('b'));
  const changed = session.configure('node', {});
  await turn();
  expect(closed).toEqual([]);
  await gate.release();
  await changed;
  expect(closed).toEqual([1]);
  await gate.release();
  expect(heard).toEqual(['by 1', 'by 2']);
  await session.close();
  expect(closed).toEqual([1, 2]);
});

test('a node is passed by or lets nothing pass while it is told so, what waits before it included', async () => {
  const gate = new Gate();
  const shout: PipelineNode = {
    asynchronous: true,
    process: (data, emit) => gate.wait(data).then(() => emit(text(`${valueOf(data)}!`))),
  };
  const { session } = await start(graph(['shout:Shout']), [type('Shout', shout)]);
  const heard: unknown[] = [];
  session.onOutput((data) => heard.push(valueOf(data)));
  session.send(text('one'));
  session.send(text('two'));
  session.setState('shout', 'bypassed');
  session.send(text('three'));
  await gate.release();
  session.send(text('four'));
  session.setState('shout', 'disabled');
  session.send(text('five'));
  session.setState('shout', 'enabled');
  session.send(text('six'));
  await gate.release();
  expect(heard).toEqual(['one!', 'two', 'three', 'four', 'six!']);
  expect(session.stats().nodes[0]).toMatchObject({
    state: 'enabled',
    in: 6,
    out: 5,
    skipped: 1,
    dropped: 0,
  });
  expect(() => session.setState('nobody', 'enabled')).toThrow('there is no node "nobody"');
  await session.close();
});

test('a bypassed node hands on the very same buffer', async () => {
  const { session } = await start(graph(['gain:Gain'], { gain: { params: { gain_db: 6 } } }));
  session.setState('gain', 'bypassed');
  const sent = audio(0.5);
  let passed: AudioData | undefined;
  session.onOutput((data) => (passed = data as AudioData));
  session.send(sent);
  expect(passed?.samples).toBe(sent.samples);
  await session.close();
});

test('a tap sees all that a node emits until it is ended, and cannot harm the flow', async () => {
  const { session, errors } = await start(
    graph(['a → b:Gain → c'], { b: { params: { gain: 2 } } }),
  );
  const seen: unknown[] = [];
  const heard: unknown[] = [];
  session.onOutput((data) => heard.push(valueOf(data)));
  const end = session.tap('b', (data, nodeId) => seen.push([nodeId, valueOf(data)]));
  session.tap('b', () => {
    throw new Error('tap');
  });
  session.send(audio(0.25));
  end();
  session.send(audio(0.125));
  expect(seen).toEqual([['b', 0.5]]);
  expect(heard).toEqual([0.5, 0.25]);
  expect(errors.map(({ code, nodeId }) => [code, nodeId])).toEqual([
    ['LISTENER_FAILED', 'b'],
    ['LISTENER_FAILED', 'b'],
  ]);
  await session.close();
});

test('a flush drops what waits but control messages, and has the node give up its work', async () => {
  const gate = new Gate();
  const reasons: string[] = [];
  const node: PipelineNode = { ...slow(gate), flush: (reason) => void reasons.push(reason) };
  const { session } = await start(graph(['slow:Slow']), [type('Slow', node)]);
  const control: RuntimeData = {
    kind: 'control',
    streamId: 'mic',
    capture: undefined,
    message: { type: 'BatchHint', suggestedBatchSize: 2 },
    segmentId: undefined,
    timestampMs: 0,
    metadata: null,
  };
  for (const data of [text('now'), audio(0.5), control, text('later')]) session.send(data);
  session.flush();
  expect(reasons).toEqual(['flush']);
  expect(session.stats().nodes[0]).toMatchObject({ dropped: 2, queued: 1 });
  const heard: unknown[] = [];
  session.onOutput((data) => heard.push(valueOf(data)));
  await gate.release();
  await gate.release();
  expect(heard).toEqual(['now', 'control']);
  expect(() => session.flush({ nodeId: 'nobody' })).toThrow('there is no node');
  await session.close();
});

test('a promise that takes too long is given up and reported, and the next piece is worked on', async () => {
  const reasons: string[] = [];
  const node: PipelineNode = {
    asynchronous: true,
    process: (data, emit) => {
      if (valueOf(data) === 'hang') return new Promise<void>(() => undefined);
      emit(data);
      return Promise.resolve();
    },
    flush: (reason) => void reasons.push(reason),
  };
  const { session, errors } = await start(
    graph(['node:Node'], { node: { execution: { timeout_ms: 20 } } }),
    [type('Node', node)],
  );
  session.send(text('hang'));
  session.send(text('fine'));
  const answer = await session.receive();
  expect(answer).toMatchObject({ text: 'fine' });
  expect(reasons).toEqual(['timeout']);
  expect(errors.map(({ code, message }) => [code, message])).toEqual([
    ['NODE_TIMEOUT', expect.stringContaining('over 20 ms')],
  ]);
  await session.close();
});

test('a promise that settles after it was given up does not let two pieces in at once', async () => {
  const gate = new Gate();
  const { session, errors } = await start(
    graph(['node:Node'], { node: { execution: { timeout_ms: 500 } } }),
    [type('Node', { asynchronous: true, process: (data) => gate.wait(data) })],
  );
  const givenUp = new Promise<void>((resolve) => session.onError(() => resolve()));
  for (const word of ['first', 'second', 'third']) session.send(text(word));
  await givenUp;
  const entered = (): unknown[] => gate.entered.map(valueOf);
  expect(entered()).toEqual(['first', 'second']);
  // The first, long given up; the second is still at work.
  await gate.release();
  expect(entered()).toEqual(['first', 'second']);
  await gate.release();
  expect(entered()).toEqual(['first', 'second', 'third']);
  await gate.release();
  expect(errors).toHaveLength(1);
  await session.close();
});

test('each connection has its own queue, counted by itself, and the order among them is kept', async () => {
  const gate = new Gate();
  const { session } = await start(graph(['a → slow:Slow', 'b → slow']), [type('Slow', slow(gate))]);
  const heard: unknown[] = [];
  session.onOutput((data) => heard.push(valueOf(data)));
  for (let at = 0; at < 22; at++) session.send(audio(at), { inputNode: 'a' });
  for (const word of ['x', 'y']) session.send(text(word), { inputNode: 'b' });
  session.send(audio(99), { inputNode: 'a' });
  const edges = session.stats().edges.filter(({ to }) => to === 'slow');
  expect(edges).toEqual([
    { from: 'a', to: 'slow', passed: 23, dropped: 2, queued: 20 },
    { from: 'b', to: 'slow', passed: 2, dropped: 0, queued: 2 },
  ]);
  const closed = session.close();
  for (let n = 0; n < 23; n++) await gate.release();
  await closed;
  expect(heard).toEqual([0, ...Array.from({ length: 19 }, (_, n) => n + 3), 'x', 'y', 99]);
});

test('of raw pictures the latest of each stream waits, of encoded ones all until there are too many', () => {
  const limits = { ...defaultQueueLimits, encodedPictures: 3 };
  const queue = new DataQueue(limits, new DataPool());
  const picture = (streamId: string, frameNumber: number): RuntimeData => ({
    kind: 'video',
    format: 'rgb24',
    streamId,
    capture: undefined,
    width: 1,
    height: 1,
    pixels: new Uint8Array(3),
    frameNumber,
  });
  for (const n of [1, 2, 3]) for (const stream of ['a', 'b']) queue.push(picture(stream, n));
  expect([queue.length, queue.dropped]).toEqual([2, 4]);
  expect([queue.shift(), queue.shift()]).toMatchObject([
    { streamId: 'a', frameNumber: 3 },
    { streamId: 'b', frameNumber: 3 },
  ]);

  const encoded = (frameNumber: number, keyFrame = false): EncodedPictureData => ({
    kind: 'video',
    format: 'encoded',
    codec: 'VP8',
    streamId: 'a',
    capture: undefined,
    width: 1,
    height: 1,
    bytes: new Uint8Array(1),
    keyFrame,
    frameNumber,
  });
  for (const n of [1, 2, 3, 4, 5]) expect(queue.push(encoded(n, n === 1))).toBe(true);
  expect([queue.length, queue.dropped]).toEqual([0, 9]);
  queue.push(encoded(6, true));
  queue.push(encoded(7));
  expect([queue.shift(), queue.shift()]).toMatchObject([{ frameNumber: 6 }, { frameNumber: 7 }]);
});
