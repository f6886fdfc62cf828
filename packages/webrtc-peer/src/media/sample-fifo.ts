/** Decoded samples (one channel) waiting to be played, in memory that is reused. */
export class SampleFifo {
  #samples: Float32Array;
  #start = 0;
  #end = 0;

  /** @param capacity - Samples for which room is made at once; more is made when it is needed. */
  constructor(capacity: number) {
    this.#samples = new Float32Array(capacity);
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** All waiting samples, oldest first. A view, valid until the next call of another method. */
  peek(): Float32Array {
    return this.#samples.subarray(this.#start, this.#end);
  }

  push(samples: Float32Array): void {
    this.#reserve(samples.length);
    this.#samples.set(samples, this.#end);
    this.#end += samples.length;
  }

  /** Takes out the oldest `count` samples, of which so many must wait. A view, valid until the next push. */
  shift(count: number): Float32Array {
    this.#start += count;
    return this.#samples.subarray(this.#start - count, this.#start);
  }

  /** Puts `samples` in place of all that waits. */
  replace(samples: Float32Array): void {
    this.clear();
    this.push(samples);
  }

  clear(): void {
    this.#start = this.#end = 0;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#samples.length) return;
    const length = this.length;
    if (length + count > this.#samples.length) {
      const larger = new Float32Array(2 * (length + count));
      larger.set(this.peek());
      this.#samples = larger;
    } else this.#samples.copyWithin(0, this.#start, this.#end);
    this.#start = 0;
    this.#end = length;
  }
}
