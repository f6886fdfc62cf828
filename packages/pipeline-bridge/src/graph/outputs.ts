import type { Micros } from '@rm/codecs';
import { NodeError } from '../errors.js';
import { leaseOf } from '../runtime-data/bytes.js';
import { DataPool } from '../runtime-data/data-pool.js';
import { ownedCopy } from '../runtime-data/owned-copy.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import { DataQueue } from './data-queue.js';
import type { OutputStats } from './stats.js';
import type { OutputListener, StageSurroundings } from './stage.js';

/** Where a session's output waits or goes: to listeners at once, to `receive` when it is called. */
export class Outputs {
  readonly #surroundings: StageSurroundings;
  readonly #queue: DataQueue;
  // Replaced, not changed, so that a listener may leave while it is called.
  #listeners: readonly OutputListener[] = [];
  #waiting: ((data: RuntimeData | undefined) => void)[] = [];
  #pulled = false;
  #ended = false;
  #out = 0;
  #errors = 0;
  #processing = 0;

  constructor(surroundings: StageSurroundings) {
    this.#surroundings = surroundings;
    this.#queue = new DataQueue(surroundings.limits, new DataPool());
  }

  deliver(data: RuntimeData, nodeId: string): void {
    this.#out += 1;
    const { stopwatch } = this.#surroundings;
    const outer = stopwatch.enter();
    const start = stopwatch.now();
    for (const listener of this.#listeners) {
      try {
        listener(data, nodeId);
      } catch (cause) {
        this.#fail(new NodeError('LISTENER_FAILED', nodeId, `an output listener threw`, cause));
      }
    }
    this.#processing += stopwatch.leave(outer, start);
    if (this.#pulled || this.#listeners.length === 0) this.#keep(data, nodeId);
  }

  add(listener: OutputListener): () => void {
    // A wrapper each time, so that the same function can be added twice and removed once.
    const added: OutputListener = (data, nodeId) => listener(data, nodeId);
    this.#listeners = [...this.#listeners, added];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== added);
    };
  }

  async receive(signal: AbortSignal | undefined): Promise<RuntimeData | undefined> {
    signal?.throwIfAborted();
    this.#pulled = true;
    const data = this.#queue.shift();
    if (data !== undefined) return this.#given(data);
    if (this.#ended) return undefined;
    return new Promise((resolve, reject) => {
      const waiter = (received: RuntimeData | undefined): void => {
        signal?.removeEventListener('abort', abort);
        resolve(received);
      };
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal?.reason as Error);
      };
      this.#waiting.push(waiter);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Drops and counts what nobody has received, but for control messages. */
  flush(): void {
    this.#queue.clear(({ kind }) => kind !== 'control');
  }

  /** No more output will come: whoever waits gets undefined. */
  end(): void {
    this.#ended = true;
    for (const waiter of this.#waiting) waiter(undefined);
    this.#waiting = [];
  }

  stats(): OutputStats {
    return {
      out: this.#out,
      dropped: this.#queue.dropped,
      queued: this.#queue.length,
      errors: this.#errors,
      processing: this.#processing as Micros,
    };
  }

  #keep(data: RuntimeData, nodeId: string): void {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) waiter(ownedCopy(data));
    else if (!this.#queue.push(data)) {
      const advice = 'its output is not received in time; call receive more often';
      this.#fail(new NodeError('NODE_QUEUE_FULL', nodeId, advice));
    }
  }

  /** What was kept, as the caller's own. */
  #given(data: RuntimeData): RuntimeData {
    const lease = leaseOf(data);
    if (lease === undefined) return data;
    const copy = ownedCopy(data);
    lease.release();
    return copy;
  }

  #fail(error: NodeError): void {
    this.#errors += 1;
    this.#surroundings.report(error);
  }
}
