/** Bounds what waits to be appended, over all rooms. */
export class Backlog {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #entries = 0;
  #bytes = 0;

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  get entries(): number {
    return this.#entries;
  }

  /** Counts `entry` in; false, and it is not counted, if others wait and it would be too much. */
  add(entry: string): boolean {
    const bytes = Buffer.byteLength(entry);
    const isFull = this.#entries >= this.#maxEntries || this.#bytes + bytes > this.#maxBytes;
    if (isFull && this.#entries > 0) return false;
    this.#entries++;
    this.#bytes += bytes;
    return true;
  }

  /** Counts `entry`, which was counted in, out again. */
  remove(entry: string): void {
    this.#entries--;
    this.#bytes -= Buffer.byteLength(entry);
  }
}
