/** First-in first-out list of what an engine wants done; its driver drains it after every input. */
export class OutputQueue<T> {
  #items: T[] = [];
  #next = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest output, removed; `undefined` when there is none. */
  poll(): T | undefined {
    if (this.#next === this.#items.length) return undefined;
    const item = this.#items[this.#next++];
    if (this.#next === this.#items.length) {
      this.#items = [];
      this.#next = 0;
    }
    return item;
  }
}
