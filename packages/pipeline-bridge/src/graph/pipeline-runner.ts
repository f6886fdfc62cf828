import type { Micros } from '@rm/codecs';
import { NodeError } from '../errors.js';
import { parseManifest } from '../manifest/parse-manifest.js';
import type { ParsedManifest } from '../manifest/parse-manifest.js';
import { placementOf } from '../manifest/schema.js';
import type { Manifest } from '../manifest/schema.js';
import { builtInNodes } from '../nodes/built-in-nodes.js';
import { ownedCopy } from '../runtime-data/owned-copy.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import { buildGraph } from './build-graph.js';
import { defaultQueueLimits } from './data-queue.js';
import type { QueueLimits } from './data-queue.js';
import type { NodeType } from './node.js';
import { loadNodeTypes, moduleUrl } from './load-node-types.js';
import { NodeTypes } from './node-types.js';
import { PipelineSession } from './pipeline-session.js';
import { Stopwatch } from './stopwatch.js';

/** How pipelines are run. */
export interface PipelineRunnerOptions {
  /** Node types besides the built-in ones. */
  readonly nodeTypes?: Iterable<NodeType>;
  /** Monotonic clock for processing times; default the process's own. */
  readonly now?: () => Micros;
  /** Replaces single limits of every queue. */
  readonly queueLimits?: Partial<QueueLimits>;
  /** The folder that `execution.module` of a manifest is relative to; default the working directory. */
  readonly modulesFrom?: string;
}

/** Runs manifests with the node types it knows. */
export class PipelineRunner {
  /** The built-in node types and those given. */
  readonly nodeTypes: NodeTypes;
  readonly #now: () => Micros;
  readonly #limits: QueueLimits;
  readonly #modulesFrom: string;

  /** Throws DUPLICATE_NODE_TYPE when a given type has the name of another. */
  constructor(options: PipelineRunnerOptions = {}) {
    this.nodeTypes = new NodeTypes([...builtInNodes, ...(options.nodeTypes ?? [])]);
    this.#now = options.now ?? monotonicNow;
    this.#modulesFrom = options.modulesFrom ?? process.cwd();
    this.#limits = { ...defaultQueueLimits, ...options.queueLimits };
  }

  /** `parseManifest` with this runner's node types. */
  parseManifest(text: string, options: { readonly fileName?: string } = {}): ParsedManifest {
    return parseManifest(text, { ...options, nodeTypes: this.nodeTypes });
  }

  /**
   * Makes and opens the nodes of a manifest. Rejects with INVALID_MANIFEST, with NODE_OPEN_FAILED, with what loading a
   * module throws, or with the signal's reason; nodes opened until then are closed again.
   */
  async createSession(
    manifest: Manifest,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<PipelineSession> {
    const { signal } = options;
    signal?.throwIfAborted();
    const graph = buildGraph(manifest, {
      nodeTypes: await this.#typesFor(manifest),
      modulesFrom: this.#modulesFrom,
      stopwatch: new Stopwatch(this.#now),
      limits: this.#limits,
    });
    const opened = [];
    try {
      for (const stage of graph.stages.values()) {
        await stage.open();
        opened.push(stage);
        signal?.throwIfAborted();
      }
    } catch (error) {
      for (const stage of opened) await stage.close(undefined);
      throw error;
    }
    return new PipelineSession(graph);
  }

  /**
   * Runs one piece of data through a session of its own and returns all that came out, possibly nothing.
   * Rejects like `createSession`, with the first NodeError of the run, or with TOO_MANY_OUTPUTS.
   */
  async executeUnary(
    manifest: Manifest,
    data: RuntimeData,
    options: { readonly signal?: AbortSignal; readonly inputNode?: string } = {},
  ): Promise<readonly RuntimeData[]> {
    const { signal, ...target } = options;
    const session = await this.createSession(manifest, options);
    const outputs: RuntimeData[] = [];
    let failure: NodeError | undefined;
    session.onError((error) => {
      failure ??= error;
    });
    session.onOutput((output, nodeId) => {
      if (outputs.length < this.#limits.items) outputs.push(ownedCopy(output));
      else {
        const advice = `more than ${this.#limits.items} outputs; use createSession and receive them`;
        failure ??= new NodeError('TOO_MANY_OUTPUTS', nodeId, advice);
      }
    });
    try {
      session.send(data, target);
    } finally {
      await session.close(signal === undefined ? {} : { signal });
    }
    signal?.throwIfAborted();
    if (failure !== undefined) throw failure;
    return outputs;
  }

  /** The known types, and those of the modules that nodes of this thread name. */
  async #typesFor({ nodes }: Manifest): Promise<NodeTypes> {
    const modules = nodes.flatMap((node) =>
      placementOf(node) === 'thread' ? (node.execution?.module ?? []) : [],
    );
    if (modules.length === 0) return this.nodeTypes;
    const urls = new Set(modules.map((name) => moduleUrl(name, this.#modulesFrom)));
    const loaded = await Promise.all([...urls].map(loadNodeTypes));
    return new NodeTypes([...this.nodeTypes.all, ...loaded.flat()]);
  }
}

function monotonicNow(): Micros {
  return Math.floor(performance.now() * 1000) as Micros;
}
