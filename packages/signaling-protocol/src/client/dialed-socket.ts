import { SUB_PROTOCOL } from '../sub-protocol.js';
import type { SocketEnd } from './engine-io.js';
import type { SignalingRuntime, SocketLike } from './runtime.js';

/** How long a socket may take to close, when it should, before it is cut off, in milliseconds. */
const CLOSE_GRACE_MS = 1_000;

const GOODBYE = 1000;
/** Of those free for applications (RFC 6455 §7.4.2), so that no server takes it for a goodbye. */
const COMING_BACK = 4000;
/** What a socket that ended without a close frame reports (RFC 6455 §7.1.5). */
const ABNORMAL = 1006;

/** What a dialed socket reports; nothing any more after {@link DialedSocket.hangUp}. */
export interface SocketListener {
  opened(): void;
  text(text: string): void;
  binary(): void;
  closed(end: SocketEnd): void;
}

/** One WebSocket from dialing to its end, which comes even if the socket does not report it. */
export class DialedSocket {
  readonly #socket: SocketLike;
  readonly #clock: SignalingRuntime['clock'];
  #listener: SocketListener | undefined;
  #ended: () => void = () => undefined;
  readonly #end: Promise<void>;
  #cancelCutOff: (() => void) | undefined;
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
      // A close event should follow, but not every implementation sends one.
      this.#expectEnd();
    };
    this.#socket.onclose = (event: { readonly code: number; readonly reason: string }): void =>
      this.#finish(event.code, event.reason);
  }

  /** Does not throw: a socket that takes no text is about to end, and says so by itself. */
  send(text: string): void {
    try {
      this.#socket.send(text);
    } catch (error) {
      this.#lastError = String(error);
      this.#expectEnd();
    }
  }

  /**
   * Closes the socket, with a `goodbye` if its place is given up; resolves when it is closed, or
   * was cut off after 1 s.
   */
  async hangUp(goodbye: boolean): Promise<void> {
    this.#listener = undefined;
    this.#expectEnd();
    this.#socket.close(goodbye ? GOODBYE : COMING_BACK);
    await this.#end;
  }

  #expectEnd(): void {
    this.#cancelCutOff ??= this.#clock.setTimer(CLOSE_GRACE_MS, () => {
      if (this.#socket.terminate === undefined) this.#socket.close();
      else this.#socket.terminate();
      this.#finish(ABNORMAL, '');
    });
  }

  #finish(code: number, reason: string): void {
    this.#cancelCutOff?.();
    const listening = this.#listener;
    this.#listener = undefined;
    this.#ended();
    listening?.closed({ code, reason, error: this.#lastError });
  }
}
