import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import type { Micros } from '@rm/codecs';
import { defineNode, PipelineRunner } from '@rm/pipeline-bridge';
import type { Emit, PipelineNode, RuntimeData } from '@rm/pipeline-bridge';
import { z } from 'zod';
import { audio, Gate, graph, start, text, turn, type } from './builders.js';

/** Writes zeros over what it is given, and passes it on. */
const eraser = type('Eraser', {
  mutates: true,
  process: (data, emit) => {
    if (data.kind === 'audio') data.samples.fill(0);
    emit(data);
  },
});

/** Remembers the first sample of every frame, and whose buffer it was in. */
function listen(name: string): {
  node: ReturnType<typeof type>;
  heard: number[];
  buffers: unknown[];
} {
  const heard: number[] = [];
  const buffers: unknown[] = [];
  const node = type(name, {
    process: (data, emit) => {
      if (data.kind === 'audio') {
        heard.push(data.samples[0] ?? NaN);
        buffers.push(data.samples.buffer);
      }
      emit(data);
    },
  });
  return { node, heard, buffers };
}

const echo = (gate: Gate): PipelineNode => ({
  asynchronous: true,
  process: async (data: RuntimeData, emit: Emit) => {
    await gate.wait(data);
    emit(data);
  },
});

test('a frame passes five nodes within send, in the very same buffer, with its time', async () => {
  const { session } = await start(graph(['a → b → c → d → e']));
  const heard: RuntimeData[] = [];
  session.onOutput((data, nodeId) => {
    heard.push(data);
    expect(nodeId).toBe('e');
  });
  const sound = audio(0.5, { at: 123_456 });
  session.send(sound);
  expect(heard).toEqual([sound]);
  const [out] = heard;
  expect(out?.kind === 'audio' && out.samples.buffer).toBe(sound.samples.buffer);
  expect(out?.capture).toBe(sound.capture);
  await session.close();
});

test('a node that writes in place changes nobody else’s samples', async () => {
  const left = listen('Left');
  const right = listen('Right');
  for (const chains of [
    ['in → wipe:Eraser → l:Left', 'in → r:Right'],
    ['in → r:Right', 'in → wipe:Eraser → l:Left'],
    // The writer is not where the frame is shared, but behind it.
    ['in → pass → wipe:Eraser → l:Left', 'in → r:Right'],
    ['in:Eraser → l:Left', 'r:Right'],
    ['r:Right', 'in:Eraser → l:Left'],
  ]) {
    const { session } = await start(graph(chains), [eraser, left.node, right.node]);
    const sound = audio(0.5);
    session.send(sound);
    expect([left.heard.splice(0), right.heard.splice(0)]).toEqual([[0], [0.5]]);
    expect(sound.samples[0]).toBe(0.5);
    await session.close();
  }
});

test('writers in a row share one copy, a fork between them makes another', async () => {
  const first = listen('First');
  const second = listen('Second');
  const buffers = new Set<unknown>();
  const writer = type('Writer', {
    mutates: true,
    process: (data, emit) => {
      if (data.kind !== 'audio') return;
      data.samples[0] = (data.samples[0] ?? 0) + 1;
      buffers.add(data.samples.buffer);
      emit(data);
    },
  });
  const last = listen('Last');
  const nodes = [writer, first.node, second.node, last.node];
  const row = await start(graph(['a:Writer → b:Writer → c:Last']), nodes);
  const sound = audio(0);
  row.session.send(sound);
  row.session.send(sound);
  expect(last.heard).toEqual([2, 2]);
  expect(buffers.size).toBe(1);
  expect(buffers.has(last.buffers[0])).toBe(true);
  await row.session.close();

  const fork = await start(graph(['a:Writer → b:Writer → f:First', 'a → s:Second']), nodes);
  fork.session.send(sound);
  expect([first.heard, second.heard]).toEqual([[2], [1]]);
  expect(first.buffers[0]).not.toBe(second.buffers[0]);
  await fork.session.close();

  // The output's listeners come after the nodes behind, and must see what the output node emitted.
  const tapped = await start(
    graph(['a:Writer → b:Writer'], { a: { is_output_node: true } }),
    nodes,
  );
  const seen: number[] = [];
  tapped.session.onOutput((data) => data.kind === 'audio' && seen.push(data.samples[0] ?? NaN));
  tapped.session.send(sound);
  expect(seen).toEqual([2, 1]);
  await tapped.session.close();
});

test('in-place work behind another buffer’s owner leaves that buffer alone', async () => {
  const own = new Float32Array([1]);
  const source = type('Source', {
    process: (data, emit) => {
      if (data.kind === 'audio') emit({ ...data, samples: own });
    },
  });
  const { session } = await start(graph(['s:Source → e:Eraser']), [source, eraser]);
  session.send(audio(0));
  expect(own[0]).toBe(1);
  await session.close();
});

test('an asynchronous node gets everything in order, one at a time, as copies', async () => {
  const gate = new Gate();
  const { session } = await start(graph(['slow:Echo']), [type('Echo', echo(gate))]);
  const heard: (number | string)[] = [];
  session.onOutput((data) => {
    if (data.kind === 'audio') heard.push(data.samples[0] ?? NaN);
    if (data.kind === 'text') heard.push(data.text);
  });
  const sound = audio(0);
  for (const value of [0.25, 0.5, 0.75]) {
    sound.samples.fill(value);
    session.send(sound);
    session.send(text(`after ${value}`));
  }
  sound.samples.fill(9);
  expect(gate.entered).toHaveLength(1);
  expect(session.stats().nodes[0]).toMatchObject({ in: 6, out: 0, queued: 5 });
  for (let i = 0; i < 6; i++) await gate.release();
  expect(heard).toEqual([0.25, 'after 0.25', 0.5, 'after 0.5', 0.75, 'after 0.75']);
  await session.close();
});

test('a steady flow through an asynchronous node uses its buffers again', async () => {
  const gate = new Gate();
  const { session } = await start(graph(['slow:Echo']), [type('Echo', echo(gate))]);
  session.onOutput(() => undefined);
  session.send(audio(0));
  for (let n = 0; n < 50; n++) {
    session.send(audio(n));
    await gate.release();
  }
  const buffers = gate.entered.map((data) => data.kind === 'audio' && data.samples.buffer);
  expect(buffers).toHaveLength(51);
  expect(new Set(buffers).size).toBe(2);
  const closed = session.close();
  await gate.release();
  await closed;
});

test('before a stuck node 200 ms of audio wait, every drop is counted, no text is lost', async () => {
  const gate = new Gate();
  const { session, errors } = await start(graph(['slow:Echo']), [type('Echo', echo(gate))]);
  const heard: (number | string | undefined)[] = [];
  session.onOutput((data) => heard.push(data.kind === 'text' ? data.text : data.capture?.time));
  for (let at = 0; at < 50; at++) {
    session.send(audio(0, { at }));
    if (at % 10 === 0) session.send(text(`t${at}`));
  }
  expect(session.stats().nodes[0]).toMatchObject({ in: 55, dropped: 29, queued: 25, errors: 0 });
  for (let i = 0; i < 30; i++) await gate.release();
  const words = ['t0', 't10', 't20', 't30', 't40'];
  expect(heard.filter((item) => typeof item === 'string')).toEqual(words);
  expect(heard.filter((item) => typeof item === 'number')).toEqual([
    0,
    ...Array.from({ length: 20 }, (_, i) => 30 + i),
  ]);
  expect(errors).toEqual([]);
  await session.close();
});

test('text beyond the hard limit is refused with an error event', async () => {
  const gate = new Gate();
  const runner = new PipelineRunner({
    nodeTypes: [type('Echo', echo(gate))],
    queueLimits: { items: 2 },
  });
  const session = await runner.createSession(graph(['slow:Echo']));
  const errors: unknown[] = [];
  session.onError(({ code, nodeId }) => errors.push([code, nodeId]));
  for (const word of ['now', 'one', 'two', 'three']) session.send(text(word));
  expect(errors).toEqual([['NODE_QUEUE_FULL', 'slow']]);
  expect(session.stats().nodes[0]).toMatchObject({ in: 4, queued: 2, dropped: 1, errors: 1 });
  const closed = session.close();
  for (let i = 0; i < 3; i++) await gate.release();
  await closed;
});

test('a node that throws or rejects costs that piece only and is named', async () => {
  const fussy = (asynchronous: boolean): PipelineNode => ({
    asynchronous,
    process: (data, emit) => {
      const bad = data.kind === 'text' && data.text === 'bad';
      if (asynchronous) {
        return bad ? Promise.reject(new Error('no')) : Promise.resolve().then(() => emit(data));
      }
      if (bad) throw new Error('no');
      return emit(data);
    },
  });
  for (const asynchronous of [false, true]) {
    const { session, errors } = await start(graph(['in → fussy:Fussy', 'in → other']), [
      type('Fussy', fussy(asynchronous)),
    ]);
    const heard: string[] = [];
    session.onOutput(
      (data, nodeId) => data.kind === 'text' && heard.push(`${nodeId} ${data.text}`),
    );
    for (const word of ['good', 'bad', 'fine']) session.send(text(word));
    await session.close();
    expect([...heard].sort()).toEqual([
      'fussy fine',
      'fussy good',
      'other bad',
      'other fine',
      'other good',
    ]);
    expect(errors.map(({ code, nodeId, message }) => [code, nodeId, message])).toEqual([
      ['NODE_FAILED', 'fussy', 'node "fussy": no'],
    ]);
    expect(session.stats().nodes.find(({ id }) => id === 'fussy')).toMatchObject({ errors: 1 });
  }
});

test('an undeclared promise is reported once, and handled in order from then on', async () => {
  const gate = new Gate();
  const { session, errors } = await start(graph(['slow:Echo']), [
    type('Echo', { process: (data, emit) => echo(gate).process(data, emit) }),
  ]);
  const heard: unknown[] = [];
  session.onOutput((data) => heard.push(data.kind === 'text' && data.text));
  for (const word of ['a', 'b', 'c']) session.send(text(word));
  for (let i = 0; i < 3; i++) await gate.release();
  expect(heard).toEqual(['a', 'b', 'c']);
  expect(errors.map(({ code }) => code)).toEqual(['UNDECLARED_PROMISE']);
  await session.close();
});

test('what a listener sends back waits until the node is free, and keeps its content', async () => {
  const { session } = await start(graph(['in']));
  const heard: number[] = [];
  const reply = audio(0);
  session.onOutput((data) => {
    if (data.kind !== 'audio') return;
    heard.push(data.samples[0] ?? NaN);
    if (heard.length !== 1) return;
    session.send(audio(2));
    reply.samples.fill(3);
    session.send(reply);
    reply.samples.fill(9);
  });
  session.send(audio(1));
  expect(heard).toEqual([1, 2, 3]);
  await session.close();
});

test('send reaches all sources, or the one node that is named', async () => {
  const { session } = await start(
    graph(['a → c', 'b → c', 'c → d'], { c: { is_output_node: true } }),
  );
  const heard: string[] = [];
  session.onOutput((_, nodeId) => heard.push(nodeId));
  session.send(text('x'));
  expect(heard).toEqual(['d', 'c', 'd', 'c']);
  heard.length = 0;
  session.send(text('x'), { inputNode: 'd' });
  expect(heard).toEqual(['d']);
  const edges = session.stats().edges.map(({ from, to, passed }) => [from, to, passed]);
  expect(edges).toEqual([
    [undefined, 'a', 1],
    [undefined, 'b', 1],
    ['a', 'c', 1],
    ['b', 'c', 1],
    [undefined, 'd', 1],
    ['c', 'd', 2],
  ]);
  expect(() => session.send(text('x'), { inputNode: 'e' })).toThrow(
    expect.objectContaining({
      code: 'UNKNOWN_NODE',
      message: expect.stringContaining('a, b, c, d'),
    }),
  );
  await session.close();
});

test('outputs wait for receive and are the receiver’s own', async () => {
  const { session } = await start(graph(['a']));
  const sound = audio(0.5);
  session.send(sound);
  session.send(text('hello'));
  sound.samples.fill(0);
  expect(await session.receive()).toEqual(audio(0.5));
  expect(await session.receive()).toEqual(text('hello'));
  const waiting = [session.receive(), session.receive()];
  sound.samples.fill(0.25);
  session.send(sound);
  sound.samples.fill(0);
  session.send(text('again'));
  expect(await Promise.all(waiting)).toEqual([audio(0.25), text('again')]);
  const last = session.receive();
  await session.close();
  expect(await last).toBeUndefined();
  expect(await session.receive()).toBeUndefined();
});

test('outputs nobody receives are bounded and counted; with a listener none are kept', async () => {
  const { session } = await start(graph(['a']));
  for (let at = 0; at < 30; at++) session.send(audio(0, { at }));
  expect(session.stats().output).toMatchObject({ out: 30, dropped: 10, queued: 20 });
  const remove = session.onOutput(() => undefined);
  session.send(text('x'));
  expect(session.stats().output).toMatchObject({ out: 31, dropped: 10, queued: 20 });
  remove();
  session.send(text('y'));
  expect(session.stats().output).toMatchObject({ queued: 21 });
  await session.close();
  const rest: RuntimeData[] = [];
  for await (const data of session) rest.push(data);
  expect(rest).toHaveLength(21);
  expect(rest.at(-1)).toEqual(text('y'));
});

test('an aborted receive rejects with the reason and takes nothing', async () => {
  const { session } = await start(graph(['a']));
  const abort = new AbortController();
  const aborted = session.receive({ signal: abort.signal });
  const patient = session.receive();
  abort.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  await expect(session.receive({ signal: abort.signal })).rejects.toThrow('enough');
  session.send(text('x'));
  expect(await patient).toEqual(text('x'));
  await session.close();
});

test('a listener that throws is reported, the others and the stream go on', async () => {
  const { session, errors } = await start(graph(['a']));
  const heard: string[] = [];
  session.onOutput(() => {
    throw new Error('mine');
  });
  session.onError(() => {
    throw new Error('mine too');
  });
  const remove = session.onOutput((data) => {
    heard.push(data.kind);
    remove();
  });
  session.send(text('x'));
  session.send(text('y'));
  expect(heard).toEqual(['text']);
  expect(errors.map(({ code }) => code)).toEqual(['LISTENER_FAILED', 'LISTENER_FAILED']);
  expect(session.stats().output.errors).toBe(2);
  await session.close();
});

test('close lets out what is inside, closes the nodes from the sources on, once', async () => {
  const log: string[] = [];
  const held = (): PipelineNode => {
    let emitLate: (() => void) | undefined;
    return {
      open: () => void log.push('open'),
      process: (data, emit) => {
        emitLate = () => emit(data);
      },
      close: async () => {
        await turn();
        emitLate?.();
        log.push('close held');
      },
    };
  };
  const gate = new Gate();
  const slow: PipelineNode = { ...echo(gate), close: () => void log.push('close slow') };
  const { session } = await start(graph(['held:Held → slow:Slow']), [
    type('Held', held),
    type('Slow', slow),
  ]);
  session.onOutput((data) => log.push(`out ${data.kind}`));
  session.send(text('last words'));
  expect(() => {
    const closing = session.close();
    expect(session.close()).toBe(closing);
    session.send(text('too late'));
  }).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  while (gate.entered.length === 0) await turn();
  await gate.release();
  await session.close();
  expect(log).toEqual(['open', 'close held', 'out text', 'close slow']);
});

test('an aborted close waits for nobody and counts what it drops', async () => {
  let closed = false;
  const stuck: PipelineNode = {
    asynchronous: true,
    process: () => new Promise(() => undefined),
    close: () => {
      closed = true;
      return new Promise(() => undefined);
    },
  };
  const { session } = await start(graph(['s:Stuck']), [type('Stuck', stuck)]);
  for (const word of ['a', 'b', 'c']) session.send(text(word));
  const abort = new AbortController();
  const closing = session.close({ signal: abort.signal });
  abort.abort();
  await closing;
  expect(closed).toBe(true);
  expect(session.stats().nodes[0]).toMatchObject({ in: 3, dropped: 2, queued: 0 });
});

test('no abort listener outlives what it was for', async () => {
  const { signal } = new AbortController();
  const { session } = await start(graph(['a']));
  const received = session.receive({ signal });
  session.send(text('x'));
  await received;
  await session.close({ signal });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a node that cannot open fails the session, and closes those that had opened', async () => {
  const log: string[] = [];
  const good = type('Good', { process: () => undefined, close: () => void log.push('closed') });
  const bad = type('Bad', {
    open: () => Promise.reject(new Error('no disk')),
    process: () => undefined,
    close: () => void log.push('never'),
  });
  await expect(start(graph(['a:Good → b:Bad']), [good, bad])).rejects.toMatchObject({
    code: 'NODE_OPEN_FAILED',
    nodeId: 'b',
    cause: new Error('no disk'),
  });
  expect(log).toEqual(['closed']);
});

test('processing time is each node’s own, without those behind it and the listeners', async () => {
  let now = 0;
  const taking = (name: string, cost: number) =>
    type(name, {
      process: (data, emit) => {
        now += cost;
        emit(data);
        now += cost;
      },
    });
  const gate = new Gate();
  const runner = new PipelineRunner({
    now: () => now as Micros,
    nodeTypes: [taking('Ten', 10), taking('Three', 3), type('Echo', echo(gate))],
  });
  const session = await runner.createSession(graph(['a:Ten → b:Three → c:Three', 'a → e:Echo']));
  session.onOutput(() => {
    now += 100;
  });
  session.send(text('x'));
  now += 1000;
  await gate.release();
  const { nodes, output } = session.stats();
  expect(nodes.map(({ id, processing }) => [id, processing])).toEqual([
    ['a', 20],
    ['b', 6],
    // From the start of the second branch: the rest of the first node, the wait, and its own listener.
    ['e', 10 + 1000 + 100],
    ['c', 6],
  ]);
  expect(output.processing).toBe(200);
  await session.close();
});

test('executeUnary gives all that one input brings forth, or the first failure', async () => {
  const twice = type('Twice', {
    asynchronous: true,
    process: async (data, emit) => {
      emit(data);
      await turn();
      emit(data);
    },
  });
  const runner = new PipelineRunner({ nodeTypes: [twice], queueLimits: { items: 4 } });
  const sound = audio(0.5, { at: 7 });
  expect(await runner.executeUnary(graph(['a:Twice']), sound)).toEqual([sound, sound]);
  expect(await runner.executeUnary(graph(['a → b:Twice']), sound, { inputNode: 'b' })).toHaveLength(
    2,
  );
  const three = graph(['a:Twice → b:Twice → c:Twice']);
  await expect(runner.executeUnary(three, sound)).rejects.toMatchObject({
    code: 'TOO_MANY_OUTPUTS',
  });
  const json = {
    kind: 'json',
    streamId: '',
    capture: undefined,
    value: { type: 'set_gain' },
  } as const;
  await expect(runner.executeUnary(graph(['g:Gain']), json)).rejects.toMatchObject({
    code: 'NODE_FAILED',
    nodeId: 'g',
  });
  await expect(runner.executeUnary(graph(['a']), sound, { inputNode: 'z' })).rejects.toMatchObject({
    code: 'UNKNOWN_NODE',
  });
  await expect(
    runner.executeUnary(graph(['a']), sound, { signal: AbortSignal.abort(new Error('stop')) }),
  ).rejects.toThrow('stop');
});

test('two node types can’t have one name, and params reach the node as its schema made them', async () => {
  expect(
    () => new PipelineRunner({ nodeTypes: [type('Level', { process: () => undefined })] }),
  ).toThrow(expect.objectContaining({ code: 'DUPLICATE_NODE_TYPE' }));
  const said: string[] = [];
  const say = defineNode({
    name: 'Say',
    params: z.strictObject({ word: z.string().default('hm') }),
    create: ({ word }, { nodeId, reportError }) => ({
      process: () => {
        said.push(`${nodeId}: ${word}`);
        reportError('out of breath');
      },
    }),
  });
  const { session, errors } = await start(graph(['a:Say']), [say]);
  session.send(text(''));
  expect(said).toEqual(['a: hm']);
  expect(errors.map(({ message }) => message)).toEqual(['node "a": out of breath']);
  await session.close();
});
