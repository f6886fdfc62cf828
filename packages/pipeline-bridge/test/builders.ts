import type { AudioFrame, Micros } from '@rm/codecs';
import { audioData, defineNode, PipelineRunner } from '@rm/pipeline-bridge';
import type {
  AudioData,
  Manifest,
  ManifestNode,
  NodeError,
  NodeType,
  PipelineNode,
  PipelineSession,
  RuntimeData,
  TextData,
} from '@rm/pipeline-bridge';
import { z } from 'zod';

/** A frame of constant samples: 10 ms of mono unless told. */
export function frame(value: number, options: { ms?: number; at?: number } = {}): AudioFrame {
  const { ms = 10, at } = options;
  return {
    samples: new Float32Array(48 * ms).fill(value),
    sampleRate: 48_000,
    channels: 1,
    capture: at === undefined ? undefined : { time: at as Micros, bound: 500 as Micros },
  };
}

/** `frame` as pipeline data. */
export function audio(
  value: number,
  options: { ms?: number; at?: number; stream?: string } = {},
): AudioData {
  return audioData(frame(value, options), options.stream ?? 'mic');
}

export function text(value: string): TextData {
  return { kind: 'text', streamId: 'chat', capture: undefined, text: value };
}

/** A manifest from `a → b` chains; a name is a node id, `id:Type` says its type at the first use. */
export function graph(
  chains: readonly string[],
  extra: Readonly<Record<string, Partial<ManifestNode>>> = {},
): Manifest {
  const nodes = new Map<string, ManifestNode>();
  const connections: { from: string; to: string }[] = [];
  for (const chain of chains) {
    let from: string | undefined;
    for (const step of chain.split(' → ')) {
      const [id = '', node_type = 'PassThrough'] = step.split(':');
      if (!nodes.has(id)) nodes.set(id, { id, node_type, ...extra[id] });
      if (from !== undefined) connections.push({ from, to: id });
      from = id;
    }
  }
  return { version: 'v1', metadata: { name: 'test' }, nodes: [...nodes.values()], connections };
}

/** A node type without params, from the node itself. */
export function type(name: string, node: PipelineNode | (() => PipelineNode)): NodeType {
  return defineNode({
    name,
    params: z.strictObject({}),
    create: () => (typeof node === 'function' ? node() : node),
  });
}

/** Processing that each time waits until the test lets it go on. */
export class Gate {
  readonly entered: RuntimeData[] = [];
  #waiting: (() => void)[] = [];

  wait(data: RuntimeData): Promise<void> {
    this.entered.push(data);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets the oldest one go, and all that follows from it happen. */
  async release(): Promise<void> {
    this.#waiting.shift()?.();
    await turn();
  }
}

/** Lets every promise settle that needs no outside event. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Starts a session with further node types and collects its errors. */
export async function start(
  manifest: Manifest,
  nodeTypes: readonly NodeType[] = [],
): Promise<{ session: PipelineSession; errors: NodeError[] }> {
  const session = await new PipelineRunner({ nodeTypes }).createSession(manifest);
  const errors: NodeError[] = [];
  session.onError((error) => errors.push(error));
  return { session, errors };
}

/** A session of one node, and what comes out of it, copied. */
export async function single(
  node_type: string,
  params: Record<string, unknown> = {},
): Promise<Awaited<ReturnType<typeof start>> & { readonly out: RuntimeData[] }> {
  const started = await start(graph([`node:${node_type}`], { node: { params } }));
  const out: RuntimeData[] = [];
  started.session.onOutput((data) => {
    out.push(data.kind === 'audio' ? { ...data, samples: data.samples.slice() } : data);
  });
  return { ...started, out };
}
