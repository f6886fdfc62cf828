import { ClosedError, UnknownNodeError } from '../errors.js';
import type { NodeError } from '../errors.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import type { Graph } from './build-graph.js';
import type { OutputListener, Stage } from './stage.js';
import type { NodeState, PipelineStats } from './stats.js';

/** A running pipeline, made by `PipelineRunner.createSession`. */
export class PipelineSession implements AsyncDisposable {
  readonly #graph: Graph;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(graph: Graph) {
    this.#graph = graph;
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
      for (const source of this.#graph.sources) source.deliver(data, false, source.input);
      return;
    }
    const stage = this.#stage(inputNode);
    stage.deliver(data, false, stage.input);
  }

  /**
   * Replaces a node's params while data flows: a node made with them takes the place of the present one between two
   * pieces of data. Rejects with NODE_OPEN_FAILED, and the present one stays; with UNKNOWN_NODE, or CLOSED.
   */
  async configure(nodeId: string, params: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#closing !== undefined) throw new ClosedError('session');
    const stage = this.#stage(nodeId);
    const node = this.#graph.remake(stage, params);
    await stage.open(node);
    await stage.replace(node);
  }

  /**
   * Has a node work (`enabled`, as from the beginning), be passed by (`bypassed`: its input is its output), or let
   * nothing pass (`disabled`), from the next piece of data on. Throws UNKNOWN_NODE.
   */
  setState(nodeId: string, state: NodeState): void {
    this.#stage(nodeId).state = state;
  }

  /**
   * Calls the listener with all that a node emits, within its `emit`; returns the function that ends it. Throws
   * UNKNOWN_NODE.
   */
  tap(nodeId: string, listener: OutputListener): () => void {
    return this.#stage(nodeId).tap(listener);
  }

  /**
   * Drops and counts all that waits, but for control messages, and has nodes give up what they work on: for a barge-in,
   * when nobody wants to hear the rest. With `nodeId` at that node only. Throws UNKNOWN_NODE.
   */
  flush(options: { readonly nodeId?: string } = {}): void {
    const { nodeId } = options;
    const stages = nodeId === undefined ? this.#graph.stages.values() : [this.#stage(nodeId)];
    for (const stage of stages) stage.flush();
    if (nodeId === undefined) this.#graph.outputs.flush();
  }

  /**
   * Calls the listener with every output, for synchronous nodes within the same `send`; returns the function
   * that removes it. While there is a listener, and `receive` was never called, nothing is kept for `receive`.
   */
  onOutput(listener: OutputListener): () => void {
    return this.#graph.outputs.add(listener);
  }

  /** Calls the listener with every failure of a node; returns the function that removes it. */
  onError(listener: (error: NodeError) => void): () => void {
    const added = (error: NodeError): void => listener(error);
    this.#graph.errorListeners.add(added);
    return () => {
      this.#graph.errorListeners.delete(added);
    };
  }

  /**
   * The next output, which belongs to the caller; undefined once the session is closed and all was received.
   * Rejects with the signal's reason. Outputs wait within the limits of `QueueLimits`.
   */
  receive(options: { readonly signal?: AbortSignal } = {}): Promise<RuntimeData | undefined> {
    return this.#graph.outputs.receive(options.signal);
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
    const stages = [...this.#graph.stages.values()];
    return {
      nodes: stages.map((stage) => stage.stats()),
      edges: stages.flatMap((stage) => stage.edgeStats()),
      output: this.#graph.outputs.stats(),
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

  #stage(nodeId: string): Stage {
    const { stages } = this.#graph;
    const stage = stages.get(nodeId);
    if (stage === undefined) throw new UnknownNodeError(nodeId, [...stages.keys()]);
    return stage;
  }

  async #shutDown(signal: AbortSignal | undefined): Promise<void> {
    // The map is in topological order: what a closing node still emits finds the next ones open.
    for (const stage of this.#graph.stages.values()) await stage.close(signal);
    this.#graph.outputs.end();
  }
}
