import type { MessagePort, Transferable } from 'node:worker_threads';
import type { FromWorker } from './protocol.js';

/** What the worker tells the application's thread, numbered. */
export class Outbox {
  readonly #port: Pick<MessagePort, 'postMessage'>;
  #posted = 0;

  constructor(port: Pick<MessagePort, 'postMessage'>) {
    this.#port = port;
  }

  /** Messages so far. */
  get posted(): number {
    return this.#posted;
  }

  post(message: FromWorker, transfer: readonly Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
    this.#posted++;
  }
}
