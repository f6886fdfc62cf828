import type { Micros } from '@rm/codecs';
import { errorText, NodeError } from '../errors.js';
import type { NodeErrorCode } from '../errors.js';
import { DataPool } from '../runtime-data/data-pool.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import type { QueueLimits } from './data-queue.js';
import { Inlet, shiftOldest } from './inlet.js';
import type { Emit, PipelineNode } from './node.js';
import { Processor } from './processor.js';
import type { EdgeStats, NodeState, NodeStats } from './stats.js';
import type { Stopwatch } from './stopwatch.js';
import { untilAborted } from './until-aborted.js';

/** What the stages of a session share. */
export interface StageSurroundings {
  readonly stopwatch: Stopwatch;
  readonly limits: QueueLimits;
  report(error: NodeError): void;
}

/** Gets what nodes give out. `data` is borrowed; `nodeId` is the node that emitted it. */
export type OutputListener = (data: RuntimeData, nodeId: string) => void;

interface Edge {
  readonly target: Stage;
  readonly inlet: Inlet;
}

/** A node at its place in the graph: what comes to it, what it is allowed to do, and where its output goes. */
export class Stage {
  readonly id: string;
  /** What the node emits goes on from here. */
  readonly emit: Emit = (data) => this.#forward(data, this.#processor.writes);
  /** For what the session is sent. */
  readonly input: Inlet;
  readonly #type: string;
  readonly #surroundings: StageSurroundings;
  readonly #pool = new DataPool();
  readonly #inlets: Inlet[] = [];
  readonly #processor: Processor;
  readonly #edges: Edge[] = [];
  // Replaced, not changed, so that a tap may leave while it is called.
  #taps: readonly OutputListener[] = [];
  #output: OutputListener | undefined;
  #state: NodeState = 'enabled';
  #closed = false;
  #came = 0;
  #out = 0;
  #late = 0;
  #skipped = 0;
  #errors = 0;

  /** `timeout` in ms, for a node that returns promises. */
  constructor(id: string, type: string, timeout: number, surroundings: StageSurroundings) {
    this.id = id;
    this.#type = type;
    this.#surroundings = surroundings;
    this.#processor = new Processor({
      stopwatch: surroundings.stopwatch,
      pool: this.#pool,
      timeout,
      emit: this.emit,
      fail: (code, message, cause) => this.fail(code, message, cause),
      onFree: () => this.#drain(),
    });
    this.input = this.#addInlet(undefined);
  }

  /** Puts the node in its place, before any data; returns the one that was there. */
  install(node: PipelineNode): PipelineNode | undefined {
    return this.#processor.install(node);
  }

  /** Sends on to `target` what the node emits. */
  connect(target: Stage): void {
    this.#edges.push({ target, inlet: target.#addInlet(this.id) });
  }

  /** Makes what the node emits an output of the pipeline. */
  setOutput(output: OutputListener): void {
    this.#output = output;
  }

  get isEnd(): boolean {
    return this.#edges.length === 0;
  }

  get state(): NodeState {
    return this.#state;
  }

  /** From the next piece on, those that wait included. */
  set state(state: NodeState) {
    this.#state = state;
  }

  /** Has `tap` see all that leaves this node; returns the function that ends it. */
  tap(tap: OutputListener): () => void {
    const added: OutputListener = (data, nodeId) => tap(data, nodeId);
    this.#taps = [...this.#taps, added];
    return () => {
      this.#taps = this.#taps.filter((other) => other !== added);
    };
  }

  /** Rejects with NODE_OPEN_FAILED. */
  async open(node = this.#processor.node): Promise<void> {
    try {
      await node?.open?.();
    } catch (cause) {
      throw new NodeError(
        'NODE_OPEN_FAILED',
        this.id,
        `could not open: ${errorText(cause)}`,
        cause,
      );
    }
  }

  /** Puts an opened node in the place of the present one between two pieces of data, and closes that one. */
  async replace(node: PipelineNode): Promise<void> {
    const former = await this.#processor.replace(node);
    if (former !== undefined) await this.#closeNode(former, undefined);
  }

  /** Hands data to the node, now or when it is free. `exclusive`: nobody else sees the data's buffers. */
  deliver(data: RuntimeData, exclusive: boolean, inlet: Inlet): void {
    inlet.passed += 1;
    this.#came += 1;
    if (this.#closed) this.#late += 1;
    else if (this.#processor.busy) this.#enqueue(data, inlet);
    else {
      if (this.#state === 'enabled') this.#processor.process(data, exclusive);
      else this.#pass(data, exclusive);
      this.#drain();
    }
  }

  /** Drops and counts what waits, but for control messages, and has the node give up what it works on. */
  flush(): void {
    for (const { queue } of this.#inlets) queue.clear(({ kind }) => kind !== 'control');
    this.#processor.flush();
  }

  /** Counts and reports a failure outside of `process`. */
  fail(code: NodeErrorCode, message: string, cause?: unknown): void {
    this.#errors += 1;
    this.#surroundings.report(new NodeError(code, this.id, message, cause));
  }

  /** Waits for what is queued, then closes the node; an aborted signal ends the waiting. Never rejects. */
  async close(signal: AbortSignal | undefined): Promise<void> {
    await untilAborted(this.#processor.idle(), signal);
    for (const { queue } of this.#inlets) queue.clear();
    const { node } = this.#processor;
    if (node !== undefined) await this.#closeNode(node, signal);
    this.#closed = true;
    this.#processor.end();
  }

  stats(): NodeStats {
    let dropped = this.#late;
    let queued = 0;
    for (const { queue } of this.#inlets) {
      dropped += queue.dropped;
      queued += queue.length;
    }
    return {
      id: this.id,
      type: this.#type,
      state: this.#state,
      in: this.#came,
      out: this.#out,
      dropped,
      skipped: this.#skipped,
      errors: this.#errors,
      queued,
      processing: this.#processor.time as Micros,
    };
  }

  /** Of the connections that lead here, and of the session's input if it was used. */
  edgeStats(): readonly EdgeStats[] {
    const used = this.#inlets.filter(({ from, passed }) => from !== undefined || passed > 0);
    return used.map((inlet) => inlet.stats(this.id));
  }

  #addInlet(from: string | undefined): Inlet {
    const inlet = new Inlet(from, this.#surroundings.limits, this.#pool);
    this.#inlets.push(inlet);
    return inlet;
  }

  #pass(data: RuntimeData, exclusive: boolean): void {
    if (this.#state === 'bypassed') this.#forward(data, exclusive);
    else this.#skipped += 1;
  }

  /** `written`: what an in-place node emits is what it was given to itself, so a single receiver may write on. */
  #forward(data: RuntimeData, written: boolean): void {
    if (this.#closed) {
      this.#late += 1;
      return;
    }
    this.#out += 1;
    const exclusive =
      written && this.#edges.length === 1 && this.#output === undefined && this.#taps.length === 0;
    for (const { target, inlet } of this.#edges) target.deliver(data, exclusive, inlet);
    this.#output?.(data, this.id);
    for (const tap of this.#taps) this.#show(data, tap);
  }

  #show(data: RuntimeData, tap: OutputListener): void {
    try {
      tap(data, this.id);
    } catch (cause) {
      this.fail('LISTENER_FAILED', 'a tap threw', cause);
    }
  }

  #enqueue(data: RuntimeData, inlet: Inlet): void {
    if (inlet.queue.push(data, this.#came)) return;
    this.fail(
      'NODE_QUEUE_FULL',
      `its queue is full, ${data.kind} was refused; send less, or make the node faster`,
    );
  }

  #drain(): void {
    while (!this.#processor.busy) {
      const data = shiftOldest(this.#inlets);
      if (data === undefined) {
        this.#processor.nothingWaits();
        return;
      }
      if (this.#state === 'enabled') this.#processor.processKept(data);
      else {
        this.#pass(data, false);
        this.#pool.release(data);
      }
    }
  }

  async #closeNode(node: PipelineNode, signal: AbortSignal | undefined): Promise<void> {
    try {
      await untilAborted(Promise.resolve(node.close?.()), signal);
    } catch (cause) {
      this.fail('NODE_CLOSE_FAILED', `could not close: ${errorText(cause)}`, cause);
    }
  }
}
