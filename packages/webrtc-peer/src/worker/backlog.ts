/** What is on its way to another thread, counted by both in shared memory, so that it is bounded. */
export class Backlog {
  /** Give it to the other thread. */
  readonly memory: SharedArrayBuffer;
  readonly #waiting: Int32Array;
  #refused = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.memory = memory;
    this.#waiting = new Int32Array(memory);
  }

  /** How often there was no room. */
  get refused(): number {
    return this.#refused;
  }

  /** Makes room for `amount` more if no more than `limit` wait with it; false, counting it, otherwise. */
  admit(amount: number, limit: number): boolean {
    if (Atomics.load(this.#waiting, 0) + amount > limit) {
      this.#refused++;
      return false;
    }
    Atomics.add(this.#waiting, 0, amount);
    return true;
  }

  /** So much has arrived. */
  arrived(amount: number): void {
    Atomics.sub(this.#waiting, 0, amount);
  }
}
