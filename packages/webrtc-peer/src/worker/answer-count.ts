/** How many answers one thread has given, in shared memory, so that another can stand still for the next. */
export class AnswerCount {
  /** Give it to the other thread. */
  readonly memory: SharedArrayBuffer;
  readonly #count: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.memory = memory;
    this.#count = new Int32Array(memory);
  }

  /** To be given to {@link waitFor}; read it before asking. */
  get current(): number {
    return Atomics.load(this.#count, 0);
  }

  /** Another answer is there: wakes whoever waits for it. */
  add(): void {
    Atomics.add(this.#count, 0, 1);
    Atomics.notify(this.#count, 0);
  }

  /** Stands still until there are other than `before` answers. False if that takes longer than `ms`. */
  waitFor(before: number, ms: number): boolean {
    const deadline = performance.now() + ms;
    // Who was quick to ask again can be woken by the call for the answer before.
    while (this.current === before) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      Atomics.wait(this.#count, 0, before, left);
    }
    return true;
  }
}
