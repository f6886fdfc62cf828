import type { Micros } from '@rm/codecs';

/** Measures time spent in a node without the nodes that it called by emitting. */
export class Stopwatch {
  readonly #now: () => Micros;
  #inner = 0;

  constructor(now: () => Micros) {
    this.#now = now;
  }

  now(): Micros {
    return this.#now();
  }

  /** Begins a measurement inside the running one; hand the result to `stop`. */
  enter(): number {
    const outer = this.#inner;
    this.#inner = 0;
    return outer;
  }

  /** Ends a measurement: the time since `start`, less all that was measured inside of it. */
  leave(outer: number, start: Micros): number {
    const elapsed = this.#now() - start;
    const own = elapsed - this.#inner;
    this.#inner = outer + elapsed;
    return own;
  }
}
