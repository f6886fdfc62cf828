import { ClosedError, UnknownNodeError } from '../errors.js';
import type { NodeError } from '../errors.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import type { Graph } from './build-graph.js';
import type { OutputListener, Outputs } from './outputs.js';
import type { Stage } from './stage.js';
import type { PipelineStats } from './stats.js';

/** A running pipeline, made by `PipelineRunner.createSession`. */
export class PipelineSession implements AsyncDisposable {
  readonly #stages: ReadonlyMap<string, Stage>;
  readonly #sources: readonly Stage[];
  readonly #outputs: Outputs;
  readonly #errorListeners: Set<(error: NodeError) => void>;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(graph: Graph) {
    this.#stages = graph.stages;
    this.#sources = graph.sources;
    this.#outputs = graph.outputs;
    this.#errorListeners = graph.errorListeners;
  }

  /**
   * Sends data to every source, or to one node of any place. Synchronous nodes have handled it on return, their
   * outputs included; the data's buffers are then the caller's again, unchanged.
   * Throws CLOSED after `close`, UNKNOWN_NODE for an `inputNode` the manifest does not have.
   */
  send(data: RuntimeData, options: { readonly inputNode?: string } = {}): void {
    if (this.#closing !== undefined) throw new ClosedError('session');
    const { inputNode } = options;
    if (inputNode === undefined) {
      for (const source of this.#sources) source.deliver(data, false);
      return;
    }
    const stage = this.#stages.get(inputNode);
    if (stage === undefined) throw new UnknownNodeError(inputNode, [...this.#stages.keys()]);
    stage.deliver(data, false);
  }

  /**
   * Calls the listener with every output, for synchronous nodes within the same `send`; returns the function
   * that removes it. While there is a listener, and `receive` was never called, nothing is kept for `receive`.
   */
  onOutput(listener: OutputListener): () => void {
    return this.#outputs.add(listener);
  }

  /** Calls the listener with every failure of a node; returns the function that removes it. */
  onError(listener: (error: NodeError) => void): () => void {
    const added = (error: NodeError): void => listener(error);
    this.#errorListeners.add(added);
    return () => {
      this.#errorListeners.delete(added);
    };
  }

  /**
   * The next output, which belongs to the caller; undefined once the session is closed and all was received.
   * Rejects with the signal's reason. Outputs wait within the limits of `QueueLimits`.
   */
  receive(options: { readonly signal?: AbortSignal } = {}): Promise<RuntimeData | undefined> {
    return this.#outputs.receive(options.signal);
  }

  /**
   * All outputs until the session is closed; leaving the loop leaves the session open.
   * @yields the next output, which belongs to the caller
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<RuntimeData, void, undefined> {
    for (;;) {
      const data = await this.receive();
      if (data === undefined) return;
      yield data;
    }
  }

  /** Counters of every node and connection since the beginning. */
  stats(): PipelineStats {
    const stages = [...this.#stages.values()];
    return {
      nodes: stages.map((stage) => stage.stats()),
      edges: stages.flatMap((stage) => stage.edgeStats()),
      output: this.#outputs.stats(),
    };
  }

  /**
   * Takes no more data, lets what is inside come out, and closes the nodes from the sources on; every call
   * returns the same promise, which never rejects. An aborted signal drops what still waits.
   */
  close(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#closing ??= this.#shutDown(options.signal);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #shutDown(signal: AbortSignal | undefined): Promise<void> {
    // The map is in topological order: what a closing node still emits finds the next ones open.
    for (const stage of this.#stages.values()) await stage.close(signal);
    this.#outputs.end();
  }
}
