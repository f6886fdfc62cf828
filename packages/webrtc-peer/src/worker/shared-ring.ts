/** Numbers at the head of the memory, as Int32. */
const READ = 0;
const WRITTEN = 1;
const DROPPED = 2;
const WOKEN = 3;
const CAPACITY = 4;
const RECORD_BYTES = 5;
const HEAD_BYTES = 64;

/**
 * Records of one size in shared memory, from one thread to another, without a lock. When it is full the oldest record
 * goes, and is counted: who writes never waits.
 */
export class SharedRing {
  /** Give it to the other thread. */
  readonly memory: SharedArrayBuffer;
  readonly #head: Int32Array;
  /** Index of the record that was given by `next`. */
  #reading = 0;

  /** The ring in `memory`, which another thread has made. */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#head = new Int32Array(memory, 0, HEAD_BYTES / 4);
  }

  /** A ring of `capacity` records, a power of two, of `recordBytes` each, a multiple of 8. */
  static create(capacity: number, recordBytes: number): SharedRing {
    const memory = new SharedArrayBuffer(HEAD_BYTES + capacity * recordBytes);
    const head = new Int32Array(memory);
    head[CAPACITY] = capacity;
    head[RECORD_BYTES] = recordBytes;
    return new SharedRing(memory);
  }

  /** Records that went unread. */
  get dropped(): number {
    return Atomics.load(this.#head, DROPPED);
  }

  /** Records that can be read now. */
  get waiting(): number {
    return (Atomics.load(this.#head, WRITTEN) - Atomics.load(this.#head, READ)) | 0;
  }

  /** Offset in bytes of the next record to write; {@link commit} hands it over. */
  claim(): number {
    const head = this.#head;
    const written = Atomics.load(head, WRITTEN);
    const read = Atomics.load(head, READ);
    // Where the reader was quicker there is room now.
    if (
      ((written - read) | 0) >= head[CAPACITY]! &&
      Atomics.compareExchange(head, READ, read, (read + 1) | 0) === read
    )
      Atomics.add(head, DROPPED, 1);
    return this.#offset(written);
  }

  commit(): void {
    Atomics.add(this.#head, WRITTEN, 1);
  }

  /** Offset in bytes of the oldest record; undefined when there is none. Copy what you need, then {@link release} it. */
  next(): number | undefined {
    const read = Atomics.load(this.#head, READ);
    this.#reading = read;
    return read === Atomics.load(this.#head, WRITTEN) ? undefined : this.#offset(read);
  }

  /** Gives the record back. False when it was dropped meanwhile: what was copied of it may be anything. */
  release(): boolean {
    const read = this.#reading;
    return Atomics.compareExchange(this.#head, READ, read, (read + 1) | 0) === read;
  }

  /** Whether the reader is to be told that there is something, as it was not told since {@link awake}. */
  wake(): boolean {
    return Atomics.exchange(this.#head, WOKEN, 1) === 0;
  }

  /** The reader was told, and looks now. */
  awake(): void {
    Atomics.store(this.#head, WOKEN, 0);
  }

  #offset(index: number): number {
    const head = this.#head;
    return HEAD_BYTES + (index & (head[CAPACITY]! - 1)) * head[RECORD_BYTES]!;
  }
}
