import { Worker } from 'node:worker_threads';
import { Backoff } from '../graph/backoff.js';
import type { NodeContext, PipelineNode } from '../graph/node.js';
import { bytesOf, withBytes } from '../runtime-data/bytes.js';
import { CountedLease } from '../runtime-data/counted-lease.js';
import type { Lease, RuntimeData } from '../runtime-data/runtime-data.js';
import type { FromNode, NodeJob, ToNode } from './protocol.js';
import { SharedCopies } from './shared-copies.js';

/** Pieces that are with the worker at most; more wait in front of the node, where old audio gives way. */
const IN_FLIGHT = 4;
/** Longest time that a worker may take to close, in ms; then it is ended. */
const CLOSING = 5000;

/** How a node in a worker thread is started. */
export interface WorkerNodeOptions extends Omit<NodeJob, 'nodeId'> {
  /** Longest time that opening may take, in ms. */
  readonly openTimeout: number;
  /** Longest time for one piece of data, in ms. */
  readonly timeout: number;
}

/** A node that runs in a worker thread of its own. A thread that ends is started again, with growing pauses. */
export class WorkerNode implements PipelineNode {
  readonly asynchronous = true;
  readonly handsOff = true;
  readonly #job: NodeJob;
  readonly #openTimeout: number;
  readonly #timeout: number;
  readonly #context: NodeContext;
  readonly #copies = new SharedCopies(IN_FLIGHT);
  readonly #inFlight = new Map<number, Lease | undefined>();
  readonly #backoff = new Backoff();
  #worker: Worker | undefined;
  #mutates = false;
  #sequence = 0;
  #restart: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #closing = false;
  #onRoom: (() => void) | undefined;
  #onClosed: (() => void) | undefined;

  constructor({ openTimeout, timeout, ...job }: WorkerNodeOptions, context: NodeContext) {
    this.#job = { ...job, nodeId: context.nodeId };
    this.#openTimeout = openTimeout;
    this.#timeout = timeout;
    this.#context = context;
  }

  /** Rejects with what keeps the node from opening. */
  async open(): Promise<void> {
    await this.#start();
  }

  process(data: RuntimeData): void | Promise<void> {
    this.#send(data);
    if (this.#hasRoom) return undefined;
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** Drops what waits in the worker. */
  flush(): void {
    this.#post({ kind: 'flush' });
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    clearTimeout(this.#watch);
    const worker = this.#worker;
    if (worker !== undefined) {
      const closed = new Promise<void>((resolve) => {
        this.#onClosed = resolve;
      });
      this.#post({ kind: 'close' });
      const late = setTimeout(() => {
        this.#context.reportError(new Error(`it took over ${CLOSING} ms to close and was ended`));
        this.#onClosed?.();
      }, CLOSING);
      await closed;
      clearTimeout(late);
      await worker.terminate();
    }
    this.#forget();
  }

  get #hasRoom(): boolean {
    return this.#worker !== undefined && this.#inFlight.size < IN_FLIGHT;
  }

  #send(data: RuntimeData): void {
    const shared = this.#copies.share(data, this.#mutates);
    // Never: no more pieces are in flight than there are buffers.
    if (shared === undefined) throw new Error('all buffers are lent');
    this.#sequence += 1;
    if (this.#inFlight.size === 0) this.#beginWatch();
    this.#inFlight.set(this.#sequence, shared.lease);
    this.#post({ kind: 'data', sequence: this.#sequence, data: shared.data });
  }

  /** One timer for all pieces: it is only put off when one is begun. */
  #beginWatch(): void {
    if (this.#watch === undefined) {
      this.#watch = setTimeout(() => this.#timedOut(), this.#timeout);
      this.#watch.unref();
    } else this.#watch.refresh();
  }

  /** The thread may never answer: another takes its place. */
  #timedOut(): void {
    if (this.#inFlight.size === 0) return;
    this.#context.reportError(
      new Error(
        `a piece took over ${this.#timeout} ms, its worker thread is ended; set execution.timeout_ms if it may`,
      ),
    );
    void this.#worker?.terminate();
  }

  #post(message: ToNode): void {
    this.#worker?.postMessage(message);
  }

  /** Resolves when the node is open in its thread; rejects when it can't be, the thread then being ended. */
  #start(): Promise<void> {
    const worker = new Worker(new URL(import.meta.resolve('#node-worker')), {
      workerData: this.#job,
      name: `node ${this.#job.nodeId}`,
    });
    return new Promise((resolve, reject) => {
      let opened = false;
      const late = setTimeout(() => {
        fail(
          new Error(`it was not open after ${this.#openTimeout} ms; set execution.open_timeout_ms`),
        );
      }, this.#openTimeout);
      const fail = (error: Error): void => {
        clearTimeout(late);
        reject(error);
        if (!opened) void worker.terminate();
      };
      worker.on('message', (message: FromNode) => {
        if (message.kind === 'opened') {
          clearTimeout(late);
          opened = true;
          this.#worker = worker;
          this.#mutates = message.mutates;
          resolve();
        } else if (opened) this.#handle(message);
        else if (message.kind === 'failed') fail(new Error(message.message));
      });
      worker.on('error', (error) => {
        if (opened) this.#context.reportError(error);
        else fail(error instanceof Error ? error : new Error(String(error)));
      });
      worker.on('exit', (code) => {
        fail(new Error(`its worker thread ended with exit code ${code}`));
        if (opened) this.#gone(code);
      });
    });
  }

  #handle(message: FromNode): void {
    switch (message.kind) {
      case 'emitted':
        this.#emit(message);
        break;
      case 'done':
        this.#inFlight.get(message.sequence)?.release();
        this.#inFlight.delete(message.sequence);
        this.#beginWatch();
        this.#makeRoom();
        break;
      case 'failed':
        this.#context.reportError(new Error(message.message));
        break;
      case 'closed':
        this.#onClosed?.();
        break;
      case 'opened':
        break;
    }
  }

  #emit({ data, buffer, input }: Extract<FromNode, { kind: 'emitted' }>): void {
    const bytes = bytesOf(data);
    if (bytes === undefined) {
      this.#context.emit(data);
      return;
    }
    // A buffer of the input is kept by the input's lease, one of the worker's by a lease that tells the worker.
    const lease = buffer === undefined ? this.#heldOf(input) : this.#lentBy(buffer);
    this.#context.emit(withBytes(data, bytes, lease));
    lease?.release();
  }

  #heldOf(input: number | undefined): Lease | undefined {
    const lease = input === undefined ? undefined : this.#inFlight.get(input);
    lease?.retain();
    return lease;
  }

  #lentBy(buffer: number): Lease {
    const worker = this.#worker;
    return new CountedLease(() => {
      // A worker that has taken its place has not lent it.
      if (worker === this.#worker) this.#post({ kind: 'release', buffer });
    });
  }

  #makeRoom(): void {
    if (!this.#hasRoom) return;
    const resume = this.#onRoom;
    this.#onRoom = undefined;
    resume?.();
  }

  /** The thread has ended: what it had is lost, and another takes its place unless the node is closing. */
  #gone(code: number): void {
    const lost = this.#inFlight.size;
    this.#worker = undefined;
    this.#forget();
    this.#onClosed?.();
    if (this.#closing) return;
    const pause = this.#backoff.failed(performance.now());
    this.#context.reportError(
      new Error(
        `its worker thread ended with exit code ${code}, ${lost} pieces were lost; it starts again in ${pause} ms`,
      ),
    );
    this.#restart = setTimeout(() => void this.#startAgain(), pause);
  }

  async #startAgain(): Promise<void> {
    try {
      await this.#start();
      if (this.#closing) await this.#worker?.terminate();
      this.#makeRoom();
    } catch (error) {
      this.#context.reportError(error);
      if (this.#closing) return;
      const pause = this.#backoff.failed(performance.now());
      this.#restart = setTimeout(() => void this.#startAgain(), pause);
    }
  }

  #forget(): void {
    for (const lease of this.#inFlight.values()) lease?.release();
    this.#inFlight.clear();
    if (this.#closing) this.#onRoom?.();
  }
}
