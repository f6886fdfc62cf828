import { SUB_PROTOCOL } from '../sub-protocol.js';
import type { SocketEnd } from './engine-io.js';
import type { SignalingRuntime, SocketLike } from './runtime.js';

/** How long a socket may take to close before it is cut off, in milliseconds. */
const CLOSE_GRACE_MS = 1_000;

/** What a dialed socket reports; nothing any more after {@link DialedSocket.hangUp}. */
export interface SocketListener {
  opened(): void;
  text(text: string): void;
  binary(): void;
  closed(end: SocketEnd): void;
}

/** One WebSocket from dialing to its end. */
export class DialedSocket {
  readonly #socket: SocketLike;
  readonly #clock: SignalingRuntime['clock'];
  #listener: SocketListener | undefined;
  #ended: () => void = () => undefined;
  readonly #end: Promise<void>;
  #lastError: string | undefined;

  /** Throws what `createSocket` throws. */
  constructor(url: string, runtime: SignalingRuntime, listener: SocketListener) {
    this.#socket = runtime.createSocket(url, [SUB_PROTOCOL]);
    this.#clock = runtime.clock;
    this.#listener = listener;
    this.#end = new Promise((resolve) => (this.#ended = resolve));
    // The handlers stay to the end: an error after hanging up must find one.
    this.#socket.onopen = (): void => this.#listener?.opened();
    this.#socket.onmessage = (event: { readonly data: unknown }): void => {
      if (typeof event.data === 'string') this.#listener?.text(event.data);
      else this.#listener?.binary();
    };
    this.#socket.onerror = (event: { readonly message?: unknown }): void => {
      if (typeof event.message === 'string') this.#lastError = event.message;
    };
    this.#socket.onclose = (event: { readonly code: number; readonly reason: string }): void => {
      const listening = this.#listener;
      this.#listener = undefined;
      this.#ended();
      listening?.closed({ code: event.code, reason: event.reason, error: this.#lastError });
    };
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Closes in good order; resolves when the socket is closed, or was cut off after 1 s. */
  async hangUp(): Promise<void> {
    this.#listener = undefined;
    const cancel = this.#clock.setTimer(CLOSE_GRACE_MS, () => {
      this.#socket.terminate?.();
      this.#ended();
    });
    this.#socket.close(1000);
    await this.#end;
    cancel();
  }
}
