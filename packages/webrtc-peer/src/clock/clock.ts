import { type Micros, micros } from '@rm/rtp-sync';

/** Source of time and timers of a node; the only place where the media path meets the system clock. */
export interface Clock {
  /** Monotonic time in microseconds since an arbitrary origin. */
  now(): Micros;
  /** Wall clock, in microseconds since 1970, at `now() === 0`. Fixed: the node's wall clock never steps. */
  readonly unixOrigin: Micros;
  /** Calls `fn` once after `delayMs` milliseconds (0 or more); the result cancels it. */
  setTimer(delayMs: number, fn: () => void): () => void;
  /** Calls `fn` once after the I/O that is waiting now has been handled; the result cancels it. */
  afterIo(fn: () => void): () => void;
}

/** The process's clock: monotonic, anchored once to the wall clock of its start. */
export const systemClock: Clock = {
  now: () => micros(performance.now() * 1000),
  unixOrigin: micros(performance.timeOrigin * 1000),
  setTimer(delayMs, fn) {
    const timer = setTimeout(fn, delayMs);
    return () => clearTimeout(timer);
  },
  afterIo(fn) {
    const immediate = setImmediate(fn);
    return () => clearImmediate(immediate);
  },
};
