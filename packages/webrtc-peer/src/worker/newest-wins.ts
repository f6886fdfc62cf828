/**
 * Sends things of which only so many may be under way. Of those that come meanwhile the newest waits, the others are
 * dropped and counted.
 */
export class NewestWins<Item extends { readonly id: number }> {
  readonly #capacity: number;
  readonly #send: (item: Item) => void;
  readonly #drop: (item: Item) => void;
  readonly #underWay = new Set<number>();
  #waiting: Item | undefined;
  #dropped = 0;

  constructor(capacity: number, send: (item: Item) => void, drop: (item: Item) => void) {
    this.#capacity = capacity;
    this.#send = send;
    this.#drop = drop;
  }

  get dropped(): number {
    return this.#dropped;
  }

  offer(item: Item): void {
    if (this.#underWay.size < this.#capacity) {
      this.#underWay.add(item.id);
      this.#send(item);
      return;
    }
    if (this.#waiting !== undefined) {
      this.#dropped++;
      this.#drop(this.#waiting);
    }
    this.#waiting = item;
  }

  /** The item with this id has arrived, so that the next may go. */
  arrived(id: number): void {
    if (!this.#underWay.delete(id) || this.#waiting === undefined) return;
    const next = this.#waiting;
    this.#waiting = undefined;
    this.offer(next);
  }

  /** Gives up what waits. */
  close(): void {
    if (this.#waiting !== undefined) this.#drop(this.#waiting);
    this.#waiting = undefined;
  }
}
