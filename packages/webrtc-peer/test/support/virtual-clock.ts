import { type Micros, micros } from '@rm/rtp-sync';
import type { Clock } from '../../src/clock/clock.js';

/** A clock that stands still until it is told to go on. */
export class VirtualClock implements Clock {
  readonly unixOrigin: Micros = micros(1_700_000_000_000_000);
  #now = 0;
  #timers: { at: number; fn: () => void; order: number }[] = [];
  #order = 0;

  now(): Micros {
    return micros(this.#now);
  }

  setTimer(delayMs: number, fn: () => void): () => void {
    const timer = { at: this.#now + delayMs * 1000, fn, order: this.#order++ };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((t) => t !== timer));
  }

  afterIo(fn: () => void): () => void {
    return this.setTimer(0, fn);
  }

  /** Lets `ms` pass, running timers at their instants. */
  advance(ms: number): void {
    const end = this.#now + ms * 1000;
    for (;;) {
      const next = this.#timers
        .filter((t) => t.at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((t) => t !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
    }
    this.#now = end;
  }

  /** Lets `ms` pass as when the thread is busy: timers become late. */
  block(ms: number): void {
    this.#now += ms * 1000;
  }

  get timers(): number {
    return this.#timers.length;
  }
}
