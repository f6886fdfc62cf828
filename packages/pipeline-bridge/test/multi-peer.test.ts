import { expect, test } from '@jest/globals';
import type { AudioFrame } from '@rm/codecs';
import { MultiPeerPipeline, PipelineRunner } from '@rm/pipeline-bridge';
import type {
  Manifest,
  MeshPort,
  MultiPeerPipelineOptions,
  NodeType,
  Recipients,
  RuntimeData,
} from '@rm/pipeline-bridge';
import { audio, frame, Gate, graph, text, turn, type } from './builders.js';

/** A mesh in memory that writes down what it is asked to send. */
class MemoryMesh implements MeshPort {
  readonly sent: { frame: AudioFrame; buffer: unknown; to: Recipients }[] = [];
  readonly messages: { message: unknown; to: Recipients }[] = [];
  readonly opened: Recipients[] = [];
  closed = 0;
  listeners = new Set<(frames: ReadonlyMap<string, AudioFrame>) => void>();

  onTick(listener: (frames: ReadonlyMap<string, AudioFrame>) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  openAudio(to: Recipients): { write(frame: AudioFrame): void; close(): void } {
    this.opened.push(to);
    return {
      write: (sent) => {
        const copy = { ...sent, samples: sent.samples.slice() };
        this.sent.push({ frame: copy, buffer: sent.samples.buffer, to });
      },
      close: () => {
        this.closed += 1;
      },
    };
  }

  sendMessage(message: unknown, to: Recipients): void {
    this.messages.push({ message, to });
  }

  tick(frames: Readonly<Record<string, AudioFrame>>): void {
    for (const listener of this.listeners) listener(new Map(Object.entries(frames)));
  }

  heard(): (number | undefined)[] {
    return this.sent.splice(0).map(({ frame: { samples } }) => Math.fround(samples[0] ?? NaN));
  }
}

async function join(
  manifest: Manifest,
  options: Partial<MultiPeerPipelineOptions> & { nodeTypes?: NodeType[] } = {},
): Promise<{ mesh: MemoryMesh; pipeline: MultiPeerPipeline }> {
  const { nodeTypes = [], ...rest } = options;
  const mesh = new MemoryMesh();
  const runner = new PipelineRunner({ nodeTypes });
  const pipeline = new MultiPeerPipeline({ mesh, runner, manifest, to: 'all', ...rest });
  await pipeline.start();
  return { mesh, pipeline };
}

const f = Math.fround;

test('peers are summed at each tick, as they join and leave', async () => {
  const { mesh, pipeline } = await join(graph(['a']));
  mesh.tick({});
  mesh.tick({ ann: frame(0.125) });
  mesh.tick({ ann: frame(0.125), bob: frame(0.25) });
  mesh.tick({ ann: frame(0.125), bob: frame(0.25), cyd: frame(0.0625) });
  mesh.tick({ bob: frame(0.25) });
  expect(mesh.heard()).toEqual([0.125, 0.375, 0.4375, 0.25]);
  expect(mesh.opened).toEqual(['all']);
  await pipeline.stop();
});

test('a single peer’s frame goes through without a copy, a mix leaves the peers’ frames alone', async () => {
  const { mesh, pipeline } = await join(graph(['a → b']));
  const ann = frame(0.5);
  const bob = frame(0.25);
  mesh.tick({ ann });
  expect(mesh.sent[0]?.buffer).toBe(ann.samples.buffer);
  mesh.tick({ ann, bob });
  expect(mesh.sent[1]?.buffer).not.toBe(ann.samples.buffer);
  expect([ann.samples[0], bob.samples[0]]).toEqual([0.5, 0.25]);
  await pipeline.stop();
});

test('the mix has the earliest capture time, stays within full scale, and one stream id', async () => {
  const { mesh, pipeline } = await join(graph(['a']));
  const streams = new Set<string>();
  pipeline.onOutput(({ streamId }) => streams.add(streamId));
  mesh.tick({ ann: frame(0.9, { at: 30 }), bob: frame(0.9, { at: 10 }), cyd: frame(0.9) });
  mesh.tick({ ann: frame(0.9, { at: 50 }) });
  mesh.tick({ ann: frame(0.1), bob: frame(0.1) });
  expect(mesh.sent.map(({ frame: { capture } }) => capture)).toEqual([
    { time: 10, bound: 500 },
    { time: 50, bound: 500 },
    undefined,
  ]);
  const [loud] = mesh.heard();
  expect(loud).toBeGreaterThan(0.8);
  expect(loud).toBeLessThanOrEqual(1);
  expect([...streams]).toEqual(['mix']);
  await pipeline.stop();
});

test('frames of another format are left out of the mix and counted', async () => {
  const { mesh, pipeline } = await join(graph(['a']));
  mesh.tick({ ann: frame(0.25), bob: frame(0.5, { ms: 20 }), cyd: frame(0.125) });
  expect(mesh.heard()).toEqual([0.375]);
  mesh.tick({ ann: frame(0.25), bob: { ...frame(0.5), sampleRate: 16_000 } });
  expect(mesh.heard()).toEqual([0.25]);
  expect(pipeline.stats().mismatched).toBe(2);
  await pipeline.stop();
});

test.each<[Recipients, number[]]>([
  ['all', [0.75]],
  [['bob'], [0.5]],
  [['bob', 'zed'], [0.5]],
  [['zed'], []],
  [[], []],
])('from %j hears those peers and no others', async (from, expected) => {
  const { mesh, pipeline } = await join(graph(['a']), { from });
  mesh.tick({ ann: frame(0.25), bob: frame(0.5) });
  expect(mesh.heard()).toEqual(expected);
  await pipeline.stop();
});

test('audio goes out as audio, JSON and text as messages, all to those chosen and to listeners', async () => {
  const speak = type('Speak', {
    process: (data, emit) => {
      emit(data);
      emit({ kind: 'json', streamId: data.streamId, capture: data.capture, value: { n: [1] } });
      emit(text('hello'));
      emit({ kind: 'binary', streamId: '', capture: undefined, bytes: new Uint8Array(1) });
    },
  });
  const to = ['bob'];
  const { mesh, pipeline } = await join(graph(['s:Speak']), {
    nodeTypes: [speak],
    from: ['ann'],
    to,
  });
  const seen: RuntimeData[] = [];
  const remove = pipeline.onOutput((data) => seen.push(data));
  mesh.tick({ ann: frame(0.5, { at: 3 }) });
  remove();
  mesh.tick({});
  expect(mesh.sent).toMatchObject([{ to, frame: { capture: { time: 3 } } }]);
  expect(mesh.messages).toEqual([
    { message: { n: [1] }, to },
    { message: 'hello', to },
  ]);
  expect(seen.map(({ kind, streamId }) => [kind, streamId])).toEqual([
    ['audio', 'ann'],
    ['json', 'ann'],
    ['text', 'chat'],
    ['binary', ''],
  ]);
  await pipeline.stop();
});

test('to [] sends nothing and opens nothing; messages alone open no audio', async () => {
  const captions = type('Captions', { process: (_, emit) => emit(text('words')) });
  const nobody = await join(graph(['a', 'c:Captions']), { nodeTypes: [captions], to: [] });
  const seen: string[] = [];
  nobody.pipeline.onOutput(({ kind }) => seen.push(kind));
  nobody.mesh.tick({ ann: frame(0) });
  expect([nobody.mesh.opened, nobody.mesh.messages, seen]).toEqual([[], [], ['audio', 'text']]);
  await nobody.pipeline.stop();

  const written = await join(graph(['c:Captions']), { nodeTypes: [captions] });
  written.mesh.tick({ ann: frame(0) });
  expect([written.mesh.opened, written.mesh.messages]).toEqual([
    [],
    [{ message: 'words', to: 'all' }],
  ]);
  await written.pipeline.stop();
  expect(written.mesh.closed).toBe(0);
});

test('from local takes pushed frames and hears no peers', async () => {
  const { mesh, pipeline } = await join(graph(['g:Gain'], { g: { params: { gain: 2 } } }), {
    from: 'local',
  });
  mesh.tick({ ann: frame(0.5) });
  pipeline.push(frame(0.25));
  expect(mesh.heard()).toEqual([0.5]);
  await pipeline.stop();
  expect(() => pipeline.push(frame(0))).toThrow(expect.objectContaining({ code: 'CLOSED' }));

  const peers = await join(graph(['a']));
  expect(() => peers.pipeline.push(frame(0))).toThrow(
    expect.objectContaining({ code: 'PIPELINE_USE' }),
  );
  await peers.pipeline.stop();
});

test('stop hears no more, sends what is inside, closes the audio, once', async () => {
  const gate = new Gate();
  const slow = type('Slow', {
    asynchronous: true,
    process: async (data, emit) => {
      await gate.wait(data);
      emit(data);
    },
  });
  const { mesh, pipeline } = await join(graph(['s:Slow']), { nodeTypes: [slow] });
  mesh.tick({ ann: frame(0.25) });
  mesh.tick({ ann: frame(0.5) });
  const stopping = pipeline.stop();
  expect(pipeline.stop()).toBe(stopping);
  await turn();
  expect(mesh.listeners.size).toBe(0);
  await gate.release();
  expect(mesh.closed).toBe(0);
  await gate.release();
  await stopping;
  expect([mesh.heard(), mesh.closed]).toEqual([[0.25, 0.5], 1]);
  await expect(pipeline.start()).rejects.toMatchObject({ code: 'CLOSED' });
});

test('stopping while it starts, or after a failed start, leaves nothing behind', async () => {
  const mesh = new MemoryMesh();
  const runner = new PipelineRunner();
  const early = new MultiPeerPipeline({ mesh, runner, manifest: graph(['a']), to: 'all' });
  const starting = early.start();
  expect(early.start()).toBe(starting);
  await early.stop();
  await starting;
  const bad = new MultiPeerPipeline({ mesh, runner, manifest: graph(['a:Nope']), to: 'all' });
  await expect(bad.start()).rejects.toMatchObject({ code: 'INVALID_MANIFEST' });
  await bad.stop();
  const unused = new MultiPeerPipeline({ mesh, runner, manifest: graph(['a']), to: 'all' });
  await unused[Symbol.asyncDispose]();
  expect(mesh.listeners.size).toBe(0);
});

test('a mesh that cannot send is reported, and listeners still hear', async () => {
  const { mesh, pipeline } = await join(graph(['a']));
  mesh.openAudio = () => {
    throw new Error('no track');
  };
  const errors: unknown[] = [];
  let heard = 0;
  pipeline.onError(({ code, cause }) => errors.push([code, (cause as Error).message]));
  pipeline.onOutput(() => (heard += 1));
  mesh.tick({ ann: audio(f(0.5)) });
  expect(errors).toEqual([['LISTENER_FAILED', 'no track']]);
  expect(heard).toBe(1);
  expect(pipeline.stats().pipeline?.output).toMatchObject({ out: 1, errors: 1 });
  await pipeline.stop();
});
