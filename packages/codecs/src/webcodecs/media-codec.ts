import { ControlQueue, type CodecState, type ControlMessage } from './control-queue.js';

/** What every codec is made with (WebCodecs, for example VideoEncoderInit). */
export interface CodecInit<Output extends readonly unknown[]> {
  /** Takes an output. What it throws is reported as an uncaught exception, as a listener's is. */
  readonly output: (...output: Output) => void;
  /** Takes the reason for which the codec was closed, unless `close()` was called. */
  readonly error: (error: DOMException) => void;
}

/** What the four codecs of WebCodecs have in common: callbacks, state, flush, reset and close. */
export abstract class MediaCodec<Output extends readonly unknown[]> extends EventTarget {
  protected readonly control: ControlQueue;
  readonly #output: CodecInit<Output>['output'];
  #ondequeue: ((event: Event) => void) | null = null;

  /** Throws `TypeError` unless both callbacks are there. */
  constructor({ output, error }: CodecInit<Output>) {
    if (typeof output !== 'function' || typeof error !== 'function') {
      throw new TypeError('output or error is no function; give both callbacks');
    }
    super();
    this.#output = output;
    this.control = new ControlQueue({
      dequeued: () => this.dispatchEvent(new Event('dequeue')),
      stopped: () => this.release(),
      failed: (exception) => call(() => error(exception)),
    });
    this.addEventListener('dequeue', (event) => this.#ondequeue?.call(this, event));
  }

  /** Whether it is to be configured, takes inputs, or is no longer of use. */
  get state(): CodecState {
    return this.control.state;
  }

  /** Listener of the event `dequeue`: inputs have left the queue. */
  get ondequeue(): ((event: Event) => void) | null {
    return this.#ondequeue;
  }

  set ondequeue(listener: ((event: Event) => void) | null) {
    this.#ondequeue = typeof listener === 'function' ? listener : null;
  }

  /**
   * Resolves when all outputs of what was given before have been given. Rejects with `InvalidStateError` unless
   * configured, with `AbortError` at `reset()` and `close()`, and with what closed the codec.
   */
  flush(): Promise<void> {
    return this.control.flush((session) => this.drain(session));
  }

  /** Forgets everything, configuration too. Throws `InvalidStateError` when closed. */
  reset(): void {
    this.control.reset();
  }

  /** Ends it and frees its memory. Throws `InvalidStateError` when closed, as WebCodecs has it. */
  close(): void {
    this.control.close();
  }

  /** Gives what is held back for inputs to come. */
  protected abstract drain(session: AbortSignal): ReturnType<ControlMessage['run']>;

  /** Frees the memory of encoder or decoder. */
  protected abstract release(): void;

  protected emit(...output: Output): void {
    call(() => this.#output(...output));
  }
}

/** An application's mistake is not the codec's failure; it is told where those of event listeners are. */
function call(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
