import type { Micros } from '@rm/codecs';
import { NodeError } from '../errors.js';
import type { NodeErrorCode } from '../errors.js';
import { leaseOf } from '../runtime-data/bytes.js';
import { DataPool } from '../runtime-data/data-pool.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import { DataQueue } from './data-queue.js';
import type { QueueLimits } from './data-queue.js';
import type { Emit, PipelineNode } from './node.js';
import type { EdgeStats, NodeStats } from './stats.js';
import type { Stopwatch } from './stopwatch.js';
import { untilAborted } from './until-aborted.js';

/** What the stages of a session share. */
export interface StageSurroundings {
  readonly stopwatch: Stopwatch;
  readonly limits: QueueLimits;
  report(error: NodeError): void;
}

/** A node at its place in the graph: hands it data as its declaration asks, and contains its failures. */
export class Stage {
  readonly id: string;
  /** What the node emits goes on from here. */
  readonly emit: Emit = (data) => this.#forward(data);
  readonly #type: string;
  readonly #surroundings: StageSurroundings;
  readonly #pool = new DataPool();
  readonly #queue: DataQueue;
  readonly #edges: { readonly target: Stage; passed: number }[] = [];
  #node: PipelineNode | undefined;
  #output: ((data: RuntimeData, nodeId: string) => void) | undefined;
  #asynchronous = false;
  #busy = false;
  #closed = false;
  #onIdle: (() => void) | undefined;
  #in = 0;
  #out = 0;
  #late = 0;
  #errors = 0;
  #processing = 0;

  constructor(id: string, type: string, surroundings: StageSurroundings) {
    this.id = id;
    this.#type = type;
    this.#surroundings = surroundings;
    this.#queue = new DataQueue(surroundings.limits, this.#pool);
  }

  /** Puts the node in its place; before any data. */
  install(node: PipelineNode): void {
    this.#node = node;
    this.#asynchronous = node.asynchronous === true;
  }

  /** Sends on to `target` what the node emits. */
  connect(target: Stage): void {
    this.#edges.push({ target, passed: 0 });
  }

  /** Makes what the node emits an output of the pipeline. */
  setOutput(output: (data: RuntimeData, nodeId: string) => void): void {
    this.#output = output;
  }

  get isEnd(): boolean {
    return this.#edges.length === 0;
  }

  /** Rejects with NODE_OPEN_FAILED. */
  async open(): Promise<void> {
    try {
      await this.#node?.open?.();
    } catch (cause) {
      throw new NodeError('NODE_OPEN_FAILED', this.id, `could not open: ${text(cause)}`, cause);
    }
  }

  /** Hands data to the node, now or when it is free. `exclusive`: nobody else sees the data's buffers. */
  deliver(data: RuntimeData, exclusive: boolean): void {
    this.#in += 1;
    if (this.#closed) this.#late += 1;
    else if (this.#busy) this.#enqueue(data);
    else {
      const node = this.#node;
      if (node?.mutates === true && !exclusive) this.#run(this.#pool.copy(data), true);
      else if (this.#asynchronous && node?.handsOff !== true) this.#run(this.#keep(data), true);
      else this.#run(data, false);
      this.#drain();
    }
  }

  /** Counts and reports a failure outside of `process`. */
  fail(code: NodeErrorCode, message: string, cause?: unknown): void {
    this.#errors += 1;
    this.#surroundings.report(new NodeError(code, this.id, message, cause));
  }

  /** Waits for what is queued, then closes the node; an aborted signal ends the waiting. Never rejects. */
  async close(signal: AbortSignal | undefined): Promise<void> {
    await untilAborted(this.#idle(), signal);
    this.#queue.clear();
    try {
      await untilAborted(Promise.resolve(this.#node?.close?.()), signal);
    } catch (cause) {
      this.fail('NODE_CLOSE_FAILED', `could not close: ${text(cause)}`, cause);
    }
    this.#closed = true;
  }

  stats(): NodeStats {
    return {
      id: this.id,
      type: this.#type,
      in: this.#in,
      out: this.#out,
      dropped: this.#queue.dropped + this.#late,
      errors: this.#errors,
      queued: this.#queue.length,
      processing: this.#processing as Micros,
    };
  }

  edgeStats(): readonly EdgeStats[] {
    return this.#edges.map(({ target, passed }) => ({ from: this.id, to: target.id, passed }));
  }

  #forward(data: RuntimeData): void {
    if (this.#closed) {
      this.#late += 1;
      return;
    }
    this.#out += 1;
    // What an in-place node emits is what it was given to itself, so a single receiver may write on.
    const exclusive =
      this.#node?.mutates === true && this.#edges.length === 1 && this.#output === undefined;
    for (const edge of this.#edges) {
      edge.passed += 1;
      edge.target.deliver(data, exclusive);
    }
    this.#output?.(data, this.id);
  }

  #enqueue(data: RuntimeData): void {
    if (this.#queue.push(data)) return;
    this.fail(
      'NODE_QUEUE_FULL',
      `its queue is full, ${data.kind} was refused; send less, or make the node faster`,
    );
  }

  #run(data: RuntimeData, pooled: boolean): void {
    const { stopwatch } = this.#surroundings;
    this.#busy = true;
    const outer = stopwatch.enter();
    const start = stopwatch.now();
    let pending: void | Promise<void> = undefined;
    try {
      pending = this.#node?.process(data, this.emit);
    } catch (cause) {
      this.fail('NODE_FAILED', text(cause), cause);
    }
    const own = stopwatch.leave(outer, start);
    // `void` functions may return anything; only a promise means that the node is not done.
    if (!(pending instanceof Promise)) {
      this.#processing += own;
      if (pooled) this.#pool.release(data);
      this.#busy = false;
      return;
    }
    if (!this.#asynchronous) {
      this.#asynchronous = true;
      this.fail(
        'UNDECLARED_PROMISE',
        'process returned a promise, so samples it reads later may be gone; declare asynchronous: true',
      );
    }
    void this.#settle(pending, data, pooled, start);
  }

  async #settle(
    pending: Promise<void>,
    data: RuntimeData,
    pooled: boolean,
    start: Micros,
  ): Promise<void> {
    try {
      await pending;
    } catch (cause) {
      this.fail('NODE_FAILED', text(cause), cause);
    }
    this.#processing += this.#surroundings.stopwatch.now() - start;
    if (pooled) this.#pool.release(data);
    this.#busy = false;
    this.#drain();
  }

  #drain(): void {
    while (!this.#busy) {
      const data = this.#queue.shift();
      if (data === undefined) {
        this.#onIdle?.();
        return;
      }
      this.#run(this.#writable(data), true);
    }
  }

  #keep(data: RuntimeData): RuntimeData {
    return this.#node?.mutates === true ? this.#pool.copy(data) : this.#pool.keep(data);
  }

  /** What was kept for the node, as it may be handed to it: leased data is only to be read. */
  #writable(data: RuntimeData): RuntimeData {
    if (this.#node?.mutates !== true || leaseOf(data) === undefined) return data;
    const copy = this.#pool.copy(data);
    this.#pool.release(data);
    return copy;
  }

  async #idle(): Promise<void> {
    if (!this.#busy) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }
}

function text(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
