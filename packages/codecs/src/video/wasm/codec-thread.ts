import { Worker, type Transferable } from 'node:worker_threads';
import type { CodecJob, CodecReply } from './codec-job.js';

interface Pending {
  readonly resolve: (outcome: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * A thread with a codec in it, which does one request at a time. It keeps the process alive only while it works. One that
 * dies fails the request under way, and the next request starts another.
 */
export class CodecThread<Request, Outcome> {
  readonly #job: CodecJob;
  #worker: Worker | undefined;
  #pending: Pending | undefined;

  constructor(job: CodecJob) {
    this.#job = job;
  }

  /** Starts the thread, so that the first request need not wait for it. */
  start(): void {
    this.#worker ??= this.#spawn();
  }

  /** Hands a request over; undefined when there is no outcome, or when the thread was closed meanwhile. */
  request(request: Request, transfer: readonly Transferable[] = []): Promise<Outcome | undefined> {
    this.start();
    this.#worker?.ref();
    return new Promise((resolve, reject) => {
      this.#pending = { resolve: (outcome) => resolve(outcome as Outcome | undefined), reject };
      this.#worker?.postMessage(request, transfer);
    });
  }

  /** Ends the thread, in the middle of a request too. */
  close(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
    this.#settle()?.resolve(undefined);
  }

  #spawn(): Worker {
    const worker = new Worker(new URL(import.meta.resolve('#codec-worker')), {
      workerData: this.#job,
      name: `${this.#job.codec} ${this.#job.work}`,
      // Flags of the program, as --input-type, need not suit a thread.
      execArgv: [],
      // An aborting library would write to the process's own.
      stdout: true,
      stderr: true,
    });
    worker.unref();
    worker.on('message', (reply: CodecReply<Outcome>) => {
      worker.unref();
      if (reply.ok) this.#settle()?.resolve(reply.outcome);
      else this.#settle()?.reject(new Error(reply.message));
    });
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, new Error('the codec thread ended')));
    return worker;
  }

  #lose(worker: Worker, reason: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#settle()?.reject(reason);
  }

  #settle(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }
}
