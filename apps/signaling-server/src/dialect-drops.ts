import type { Dialect } from '@rm/signaling-protocol/dialects';

/** Counts what had no effect in the dialects of sockets, those that are gone included. */
export class DialectDrops {
  readonly #open = new Set<Dialect>();
  readonly #gone = new Map<string, number>();

  opened(dialect: Dialect): void {
    this.#open.add(dialect);
  }

  closed(dialect: Dialect): void {
    if (this.#open.delete(dialect)) add(this.#gone, dialect);
  }

  /** By reason, since the server began. */
  get counts(): ReadonlyMap<string, number> {
    const counts = new Map(this.#gone);
    for (const dialect of this.#open) add(counts, dialect);
    return counts;
  }
}

function add(counts: Map<string, number>, { dropped }: Dialect): void {
  for (const [reason, count] of Object.entries(dropped)) {
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
}
