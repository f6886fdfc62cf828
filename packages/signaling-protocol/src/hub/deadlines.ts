import { NEVER } from '../time.js';
import type { Micros } from '../time.js';

interface Entry<Key> {
  readonly key: Key;
  readonly due: Micros;
}

/** Deadlines in any order, each of its own key; a binary heap whose removed entries leave lazily. */
export class Deadlines<Key> {
  readonly #due = new Map<Key, Entry<Key>>();
  #heap: Entry<Key>[] = [];

  /** The soonest deadline; `NEVER` if there is none. */
  get next(): Micros {
    return this.#first()?.due ?? NEVER;
  }

  set(key: Key, due: Micros): void {
    const entry = { key, due };
    this.#due.set(key, entry);
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  delete(key: Key): void {
    this.#due.delete(key);
    // More dead than alive: without this, keys that never come due would pile up.
    if (this.#heap.length > 2 * this.#due.size + 16) {
      this.#heap = [...this.#due.values()].toSorted((a, b) => a.due - b.due);
    }
  }

  /** Removes and returns a key that is due at `now`, the soonest first. */
  takeDue(now: Micros): Key | undefined {
    const entry = this.#first();
    if (entry === undefined || entry.due > now) return undefined;
    this.#due.delete(entry.key);
    return entry.key;
  }

  /** The soonest entry that still counts. */
  #first(): Entry<Key> | undefined {
    for (let [entry] = this.#heap; entry !== undefined; [entry] = this.#heap) {
      if (this.#due.get(entry.key) === entry) return entry;
      this.#removeTop();
    }
    return undefined;
  }

  #removeTop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const child = dueAt(heap, right) < dueAt(heap, left) ? right : left;
      const entry = heap[child];
      if (entry === undefined || entry.due >= last.due) break;
      heap[at] = entry;
      at = child;
    }
    heap[at] = last;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const entry = heap[from];
    if (entry === undefined) return;
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || parent.due <= entry.due) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  }
}

const dueAt = (heap: readonly Entry<unknown>[], at: number): Micros => heap[at]?.due ?? NEVER;
