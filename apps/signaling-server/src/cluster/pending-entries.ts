import type { Backlog } from './backlog.js';

/** Entries of one room on their way into its log, oldest first; they count in a {@link Backlog}. */
export class PendingEntries {
  readonly #backlog: Backlog;
  readonly #entries = new Map<number, string>();
  /** Those that Redis has taken, oldest first. */
  #taken: { readonly number: number; readonly position: number }[] = [];
  #latest = 0;

  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** All of them, with their numbers. */
  all(): IterableIterator<[number: number, entry: string]> {
    return this.#entries.entries();
  }

  /** Adds an entry that the backlog has taken; returns its number. */
  add(entry: string): number {
    this.#entries.set(++this.#latest, entry);
    return this.#latest;
  }

  /** Redis has taken an entry. */
  take(number: number, position: number): void {
    // Sent twice, it is taken twice.
    if (this.#entries.has(number)) this.#taken.push({ number, position });
  }

  /** What Redis has taken may be lost. */
  distrust(): void {
    this.#taken = [];
  }

  /** Lets go of what Redis has taken up to `position`; returns whether there was something. */
  settle(position: number): boolean {
    let count = 0;
    for (const taken of this.#taken) {
      if (taken.position > position) break;
      count++;
      const entry = this.#entries.get(taken.number);
      if (entry === undefined) continue;
      this.#entries.delete(taken.number);
      this.#backlog.remove(entry);
    }
    if (count > 0) this.#taken.splice(0, count);
    return count > 0;
  }
}
