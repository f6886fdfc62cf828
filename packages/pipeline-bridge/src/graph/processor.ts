import type { Micros } from '@rm/codecs';
import { errorText } from '../errors.js';
import type { NodeErrorCode } from '../errors.js';
import { leaseOf } from '../runtime-data/bytes.js';
import type { DataPool } from '../runtime-data/data-pool.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import type { Emit, PipelineNode } from './node.js';
import type { Stopwatch } from './stopwatch.js';

/** What a processor works with. */
export interface ProcessorOptions {
  readonly stopwatch: Stopwatch;
  readonly pool: DataPool;
  /** Longest time that a promise of `process` may take, in ms. */
  readonly timeout: number;
  readonly emit: Emit;
  readonly fail: (code: NodeErrorCode, message: string, cause?: unknown) => void;
  /** A promise has settled, or was given up: the next piece may come. */
  readonly onFree: () => void;
}

/** Has a node process one piece of data at a time, lent or kept as its declaration asks, and contains its failures. */
export class Processor {
  readonly #options: ProcessorOptions;
  #node: PipelineNode | undefined;
  #asynchronous = false;
  #replacement:
    | { readonly node: PipelineNode; done(former: PipelineNode | undefined): void }
    | undefined;
  /** Counts the pieces; a promise of an earlier one than this was given up. */
  #piece = 0;
  #busy = false;
  #watch: NodeJS.Timeout | undefined;
  #whenIdle: (() => void)[] = [];
  #time = 0;

  constructor(options: ProcessorOptions) {
    this.#options = options;
  }

  get node(): PipelineNode | undefined {
    return this.#node;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Whether what the node emits is its own, so that the next may write to it. */
  get writes(): boolean {
    return this.#node?.mutates === true;
  }

  /** Time spent in `process`, in microseconds. */
  get time(): number {
    return this.#time;
  }

  install(node: PipelineNode): PipelineNode | undefined {
    const former = this.#node;
    this.#node = node;
    this.#asynchronous = node.asynchronous === true;
    return former;
  }

  /** Installs the node as soon as the present one is free; resolves with that. */
  replace(node: PipelineNode): Promise<PipelineNode | undefined> {
    if (!this.#busy) return Promise.resolve(this.install(node));
    return new Promise((resolve) => {
      this.#replacement = { node, done: resolve };
    });
  }

  /** Processes data that is only lent by its sender. `exclusive`: nobody else sees its buffers. */
  process(data: RuntimeData, exclusive: boolean): void {
    const { pool } = this.#options;
    const outlives = this.#asynchronous && this.#node?.handsOff !== true;
    if (this.writes && (outlives || !exclusive)) this.#run(pool.copy(data), true);
    else if (outlives) this.#run(pool.keep(data), true);
    else this.#run(data, false);
  }

  /** Processes data that was kept by the pool, and releases it. */
  processKept(data: RuntimeData): void {
    const { pool } = this.#options;
    if (this.writes && leaseOf(data) !== undefined) {
      // Leased data is only to be read.
      const copy = pool.copy(data);
      pool.release(data);
      this.#run(copy, true);
    } else this.#run(data, true);
  }

  /** Resolves when the node is free and nothing waits. */
  async idle(): Promise<void> {
    if (!this.#busy) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
    });
  }

  /** Says that nothing waits for the free node. */
  nothingWaits(): void {
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Has the node give up what it works on. */
  flush(): void {
    this.#askToFlush('flush');
  }

  /** No more data comes. */
  end(): void {
    clearTimeout(this.#watch);
  }

  #run(data: RuntimeData, kept: boolean): void {
    const { stopwatch, pool, emit, fail } = this.#options;
    this.#busy = true;
    const outer = stopwatch.enter();
    const start = stopwatch.now();
    let pending: void | Promise<void> = undefined;
    try {
      pending = this.#node?.process(data, emit);
    } catch (cause) {
      fail('NODE_FAILED', errorText(cause), cause);
    }
    const own = stopwatch.leave(outer, start);
    // `void` functions may return anything; only a promise means that the node is not done.
    if (!(pending instanceof Promise)) {
      this.#time += own;
      if (kept) pool.release(data);
      this.#busy = false;
      this.#changeOver();
      return;
    }
    if (!this.#asynchronous) {
      this.#asynchronous = true;
      fail(
        'UNDECLARED_PROMISE',
        'process returned a promise, so samples it reads later may be gone; declare asynchronous: true',
      );
    }
    this.#piece += 1;
    // One that hands off knows itself how long its pieces take.
    if (this.#node?.handsOff !== true) this.#beginWatch();
    void this.#settle(pending, kept ? data : undefined, this.#piece, start);
  }

  async #settle(
    pending: Promise<void>,
    kept: RuntimeData | undefined,
    piece: number,
    start: Micros,
  ): Promise<void> {
    const { fail, pool, stopwatch } = this.#options;
    try {
      await pending;
    } catch (cause) {
      fail('NODE_FAILED', errorText(cause), cause);
    }
    if (kept !== undefined) pool.release(kept);
    // Given up already: somebody else is at work.
    if (piece !== this.#piece) return;
    this.#time += stopwatch.now() - start;
    this.#free();
  }

  #free(): void {
    this.#busy = false;
    this.#changeOver();
    this.#options.onFree();
  }

  #changeOver(): void {
    const replacement = this.#replacement;
    if (replacement === undefined) return;
    this.#replacement = undefined;
    replacement.done(this.install(replacement.node));
  }

  /** One timer for all pieces: it is only put off at each. */
  #beginWatch(): void {
    if (this.#watch === undefined) {
      this.#watch = setTimeout(() => this.#timedOut(), this.#options.timeout);
      this.#watch.unref();
    } else this.#watch.refresh();
  }

  #timedOut(): void {
    if (!this.#busy) return;
    const { fail, timeout } = this.#options;
    fail(
      'NODE_TIMEOUT',
      `took over ${timeout} ms for a piece and was told to give it up; set execution.timeout_ms if it may`,
    );
    this.#askToFlush('timeout');
    this.#piece += 1;
    this.#free();
  }

  #askToFlush(reason: 'flush' | 'timeout'): void {
    const failed = (cause: unknown): void =>
      this.#options.fail('NODE_FAILED', `could not flush: ${errorText(cause)}`, cause);
    try {
      const pending = this.#node?.flush?.(reason);
      if (pending instanceof Promise) pending.catch(failed);
    } catch (cause) {
      failed(cause);
    }
  }
}
