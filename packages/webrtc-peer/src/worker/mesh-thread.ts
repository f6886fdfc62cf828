import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type Transferable,
  Worker,
} from 'node:worker_threads';
import { AnswerCount } from './answer-count.js';
import { MeshWorkerError } from './errors.js';
import {
  type Answer,
  type FromWorker,
  type MeshCalls,
  type MeshJob,
  type ToWorker,
  WAITED_FOR,
} from './protocol.js';
import { describeError, revivedError } from './thread-error.js';

/** How long a caller stands still for an answer, in ms. A thread that takes so long is stuck. */
const MAX_WAIT = 5000;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What comes of the thread. */
export interface MeshThreadEvents {
  /** The `handled`th message. */
  message(message: FromWorker, handled: number): void;
  /** The thread ended though nobody closed it. */
  failed(error: MeshWorkerError): void;
}

/** The arguments and the result of a call. */
type Arguments<Name extends keyof MeshCalls> = Parameters<MeshCalls[Name]>;
type Result<Name extends keyof MeshCalls> = Awaited<ReturnType<MeshCalls[Name]>>;

/** The thread of a mesh, as its owner calls it: calls with answers, and messages both ways. */
export class MeshThread {
  readonly #worker: Worker;
  readonly #events: MeshThreadEvents;
  readonly #answers: MessagePort;
  readonly #answered = new AnswerCount();
  readonly #pending = new Map<number, Pending>();
  #calls = WAITED_FOR;
  #handled = 0;
  #gone: MeshWorkerError | undefined;

  /** @param transfer - What of the job's data moves to the thread. */
  constructor(
    job: Omit<MeshJob, 'answers' | 'answered'>,
    transfer: readonly Transferable[],
    events: MeshThreadEvents,
  ) {
    this.#events = events;
    const { port1, port2 } = new MessageChannel();
    this.#answers = port1;
    const workerData: MeshJob = { ...job, answers: port2, answered: this.#answered.memory };
    this.#worker = new Worker(new URL(import.meta.resolve('#mesh-worker')), {
      workerData,
      transferList: [port2, ...transfer],
      name: 'mesh',
    });
    this.#worker.on('message', (message: FromWorker) => this.#received(message));
    this.#worker.on('error', (error) => void this.#failed('it threw an error', error));
    this.#worker.on('exit', (code) => void this.#failed(`it ended with exit code ${code}`));
  }

  /** Why it is there no more; undefined as long as it is. */
  get gone(): MeshWorkerError | undefined {
    return this.#gone;
  }

  /** Says something to the thread; nothing when it is gone. */
  post(message: ToWorker, transfer: readonly Transferable[] = []): void {
    if (this.#gone === undefined) this.#worker.postMessage(message, transfer);
  }

  /** Asks for something that may take its time. Rejects with what it throws, or `MeshWorkerError`. */
  request<Name extends keyof MeshCalls>(
    name: Name,
    args: Arguments<Name>,
    { transfer = [], signal }: { transfer?: readonly Transferable[]; signal?: AbortSignal } = {},
  ): Promise<Result<Name>> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const id = ++this.#calls;
    const abort = (): void =>
      this.post({ kind: 'abort', id, reason: describeError(signal?.reason) });
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.post({ kind: 'call', id, name, args }, transfer);
    });
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    return answer.finally(() => signal?.removeEventListener('abort', abort)) as Promise<
      Result<Name>
    >;
  }

  /**
   * Asks for something and stands still for the answer, as long as the thread takes for what it is doing now: mostly
   * well under a millisecond. Throws what it throws, or `MeshWorkerError`.
   */
  call<Name extends keyof MeshCalls>(name: Name, ...args: Arguments<Name>): Result<Name> {
    if (this.#gone !== undefined) throw this.#gone;
    const before = this.#answered.current;
    this.#worker.postMessage({ kind: 'call', id: WAITED_FOR, name, args } satisfies ToWorker);
    if (!this.#answered.waitFor(before, MAX_WAIT))
      throw this.#failed(`it did not answer within ${MAX_WAIT} ms`);
    // The answer was posted before it was counted.
    const received = receiveMessageOnPort(this.#answers) as { message: Answer };
    if (!received.message.ok) throw revivedError(received.message.error);
    return received.message.value as Result<Name>;
  }

  /** Ends the thread; what is asked of it is rejected with `error`. Resolves when it has ended. */
  async end(error: MeshWorkerError): Promise<void> {
    this.#gone ??= error;
    this.#rejectAll(this.#gone);
    this.#answers.close();
    await this.#worker.terminate();
  }

  #received(message: FromWorker): void {
    // What was on its way when it ended is of no use to anybody.
    if (this.#gone !== undefined) return;
    if (message.kind === 'answer') this.#settle(message.id, message.answer);
    this.#events.message(message, ++this.#handled);
  }

  #settle(id: number, answer: Answer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (answer.ok) pending?.resolve(answer.value);
    else pending?.reject(revivedError(answer.error));
  }

  /** The thread is given up; the first reason counts. */
  #failed(how: string, cause?: unknown): MeshWorkerError {
    if (this.#gone !== undefined) return this.#gone;
    const text = `the mesh's thread failed: ${how}. Close the mesh and make another`;
    this.#gone = new MeshWorkerError('WORKER_FAILED', text, cause);
    this.#rejectAll(this.#gone);
    this.#answers.close();
    void this.#worker.terminate();
    this.#events.failed(this.#gone);
    return this.#gone;
  }

  #rejectAll(error: Error): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }
}
