/** What a heap holds: something whose memory must be freed. */
interface Freed {
  free(): void;
}

/** A WebAssembly heap that has aborted this often over one resident is not risked for it again. */
const MAX_ABORTS = 3;

/** The heap in use and a spare one. */
const READY = 2;

/**
 * One WebAssembly heap for all, and a spare one, loaded in advance because loading is asynchronous but the
 * next frame is due now. After an abort the spare takes over and another is loaded.
 */
export class HeapSupply<Heap> {
  readonly #load: () => Promise<Heap>;
  readonly #heaps: Heap[] = [];
  #loading: Promise<void> | undefined;

  private constructor(load: () => Promise<Heap>) {
    this.#load = load;
  }

  /** Loads the heap and the spare; rejects with what `load` rejects with. */
  static async open<Heap>(load: () => Promise<Heap>): Promise<HeapSupply<Heap>> {
    const supply = new HeapSupply(load);
    await supply.#refill();
    return supply;
  }

  /** The heap to use; undefined when two have aborted within the milliseconds that loading takes. */
  get current(): Heap | undefined {
    return this.#heaps[0];
  }

  /** Resolves as soon as there is a heap to use; rejects if none can be loaded. */
  async available(): Promise<void> {
    while (this.current === undefined) await this.#refill();
  }

  /** Puts the spare in the place of an aborted heap. */
  discard(heap: Heap): void {
    if (heap !== this.current) return;
    this.#heaps.shift();
    // Should memory be short, the next abort or `available` tries again.
    this.#refill().catch(() => {});
  }

  #refill(): Promise<void> {
    this.#loading ??= this.#fill().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #fill(): Promise<void> {
    while (this.#heaps.length < READY) this.#heaps.push(await this.#load());
  }
}

/** An encoder or decoder that lives in the current heap of a supply, and is made anew in the next. */
export class Resident<Heap, Native extends Freed> {
  readonly #supply: HeapSupply<Heap>;
  readonly #make: (heap: Heap) => Native;
  #heap: Heap | undefined;
  #native: Native | undefined;
  #aborts = 0;

  constructor(supply: HeapSupply<Heap>, make: (heap: Heap) => Native) {
    this.#supply = supply;
    this.#make = make;
  }

  /** The native object in the current heap; undefined while there is no heap for it. */
  get(): Native | undefined {
    if (this.#native && this.#heap === this.#supply.current) return this.#native;
    this.#native = undefined;
    while (!this.#native && this.#aborts < MAX_ABORTS) {
      this.#heap = this.#supply.current;
      if (this.#heap === undefined) break;
      try {
        this.#native = this.#make(this.#heap);
      } catch {
        this.aborted();
      }
    }
    return this.#native;
  }

  /** Discards the heap the native object threw in. */
  aborted(): void {
    this.#aborts++;
    this.#native = undefined;
    if (this.#heap !== undefined) this.#supply.discard(this.#heap);
  }

  /** Frees the native object; the next `get` makes another. */
  free(): void {
    const native = this.#heap === this.#supply.current ? this.#native : undefined;
    this.#native = undefined;
    try {
      native?.free();
    } catch {
      this.aborted();
    }
  }
}
