import type { DialectDrop } from './dialect.js';

/** Counts by reason what had no effect. */
export class Drops {
  readonly #counts = new Map<DialectDrop, number>();

  get counts(): Readonly<Partial<Record<DialectDrop, number>>> {
    return Object.fromEntries(this.#counts);
  }

  add(reason: DialectDrop): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }
}
