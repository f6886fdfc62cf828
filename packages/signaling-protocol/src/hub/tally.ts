import type { HubDrop } from './io.js';
import type { Outcome } from './room-io.js';

/** Counts since the hub began. */
export class Tally {
  readonly #dropped = new Map<HubDrop, number>();
  readonly #calls = new Map<string, Map<Outcome, number>>();

  /** Messages without effect by reason. */
  get dropped(): Readonly<Partial<Record<HubDrop, number>>> {
    return Object.fromEntries(this.#dropped);
  }

  /** Calls by method and outcome. */
  get calls(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    const entries = [...this.#calls].map(([method, counts]) => [
      method,
      Object.fromEntries(counts),
    ]);
    return Object.fromEntries(entries) as Record<string, Record<string, number>>;
  }

  drop(reason: HubDrop): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  /** `method` is one of the protocol's, so that what strangers send makes no new names. */
  count(method: string, outcome: Outcome): void {
    const counts = this.#calls.get(method);
    if (counts === undefined) this.#calls.set(method, new Map([[outcome, 1]]));
    else counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
}
