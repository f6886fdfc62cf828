import type { Micros } from '../time.js';

/** The part of a W3C WebSocket that signaling needs; browsers' and that of `ws` both have it. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Where there is one (`ws`), it ends a socket whose other end does not close. */
  terminate?(): void;
}

/** Everything SignalingClient takes from its environment. */
export interface SignalingRuntime {
  /** Opens a WebSocket; it may throw if `url` is not one. */
  readonly createSocket: (url: string, protocols: string[]) => SocketLike;
  readonly clock: {
    /** Monotonic time in microseconds. */
    now(): Micros;
    /** Calls `fn` once in `delayMs` milliseconds; returns what cancels it. */
    setTimer(delayMs: number, fn: () => void): () => void;
  };
  /** Uniform in [0, 1), as Math.random. */
  readonly random: () => number;
}

/** An AbortSignal, or anything that is one in as far as it matters here. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
