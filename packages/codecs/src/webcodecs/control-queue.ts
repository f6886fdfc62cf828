import { UnsupportedError } from '../errors.js';

/** State of a codec (WebCodecs §2, CodecState). */
export type CodecState = 'unconfigured' | 'configured' | 'closed';

/** Something for a codec to do after what was asked of it before. */
export interface ControlMessage {
  /** Does it, and ends when its outputs are given. Once `session` is aborted nothing may be given any more. */
  run(session: AbortSignal): Promise<void> | void;
  /** Lets go of what it holds, when it is not run. */
  discard?(): void;
}

/** What a queue tells its codec. */
export interface ControlQueueEvents {
  /** Inputs have left the queue. */
  dequeued(): void;
  /** Nothing is under way any more: release the codec's resources. */
  stopped(): void;
  /** The codec was closed by an error. */
  failed(error: DOMException): void;
}

interface Queued extends ControlMessage {
  readonly isInput: boolean;
}

/** More inputs than these wait for nothing: whoever does not look at the queue size is told by an error. */
const MAX_INPUTS = 1024;

const aborted = (): DOMException =>
  new DOMException('the codec was reset or closed; configure it, or make another', 'AbortError');

/** The control message queue that WebCodecs gives each codec (§2.2), one message at a time, and the codec's state. */
export class ControlQueue {
  readonly #events: ControlQueueEvents;
  readonly #flushes = new Set<(reason: DOMException) => void>();
  #state: CodecState = 'unconfigured';
  #messages: Queued[] = [];
  #inputs = 0;
  #session = new AbortController();
  #isWorking = false;
  #isDequeueScheduled = false;

  constructor(events: ControlQueueEvents) {
    this.#events = events;
  }

  get state(): CodecState {
    return this.#state;
  }

  /** Inputs that wait. */
  get inputs(): number {
    return this.#inputs;
  }

  /** Throws `InvalidStateError` when the codec is closed. */
  checkOpen(): void {
    if (this.#state !== 'closed') return;
    throw new DOMException('the codec is closed; make another', 'InvalidStateError');
  }

  /** Throws `InvalidStateError` unless the codec is configured. */
  checkConfigured(): void {
    this.checkOpen();
    if (this.#state === 'configured') return;
    throw new DOMException('the codec is not configured; call configure()', 'InvalidStateError');
  }

  configure(run: ControlMessage['run']): void {
    this.checkOpen();
    this.#state = 'configured';
    this.#post({ run, isInput: false });
  }

  /** Takes an input; where too many wait, closes the codec with `QuotaExceededError`. */
  input(message: ControlMessage): void {
    this.checkConfigured();
    if (this.#inputs >= MAX_INPUTS) {
      message.discard?.();
      const session = this.#session.signal;
      const reason = `${MAX_INPUTS} inputs wait; give more only after the event 'dequeue'`;
      queueMicrotask(() => {
        if (!session.aborted) this.#fail(new DOMException(reason, 'QuotaExceededError'));
      });
      return;
    }
    this.#inputs++;
    this.#post({
      run: (session) => message.run(session),
      discard: () => message.discard?.(),
      isInput: true,
    });
  }

  /** Drops the input that has waited longest. */
  dropOldest(): void {
    const at = this.#messages.findIndex(({ isInput }) => isInput);
    if (at === -1) return;
    this.#messages.splice(at, 1)[0]!.discard?.();
    this.#dequeue(1);
  }

  /** Resolves when everything before has ended and `drain` too; rejects with the reason for which it will not. */
  flush(drain: ControlMessage['run']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.checkConfigured();
      this.#flushes.add(reject);
      const run = async (session: AbortSignal): Promise<void> => {
        await drain(session);
        this.#flushes.delete(reject);
        resolve();
      };
      this.#post({ run, isInput: false });
    });
  }

  reset(): void {
    this.checkOpen();
    this.#state = 'unconfigured';
    this.#stop(aborted());
  }

  close(): void {
    this.checkOpen();
    this.#state = 'closed';
    this.#stop(aborted());
  }

  #post(message: Queued): void {
    this.#messages.push(message);
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    const session = this.#session.signal;
    // Nothing is told before the call that asked for it has returned.
    await Promise.resolve();
    while (!session.aborted) {
      const message = this.#messages.shift();
      if (!message) {
        this.#isWorking = false;
        return;
      }
      if (message.isInput) this.#dequeue(1);
      try {
        await message.run(session);
      } catch (cause) {
        if (!session.aborted) this.#fail(asException(cause));
      }
    }
  }

  #fail(error: DOMException): void {
    this.#state = 'closed';
    this.#stop(error);
    this.#events.failed(error);
  }

  #stop(reason: DOMException): void {
    this.#session.abort();
    this.#session = new AbortController();
    this.#isWorking = false;
    for (const message of this.#messages.splice(0)) message.discard?.();
    if (this.#inputs > 0) this.#dequeue(this.#inputs);
    for (const reject of this.#flushes) reject(reason);
    this.#flushes.clear();
    this.#events.stopped();
  }

  #dequeue(inputs: number): void {
    this.#inputs -= inputs;
    if (this.#isDequeueScheduled) return;
    this.#isDequeueScheduled = true;
    queueMicrotask(() => {
      this.#isDequeueScheduled = false;
      this.#events.dequeued();
    });
  }
}

function asException(cause: unknown): DOMException {
  if (cause instanceof DOMException) return cause;
  const name = cause instanceof UnsupportedError ? 'NotSupportedError' : 'EncodingError';
  return new DOMException(cause instanceof Error ? cause.message : String(cause), { name, cause });
}
