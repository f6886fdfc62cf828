/** A frame in its place on the timeline. The object is reused when the frame has gone. */
export interface HeldFrame<T> {
  readonly frame: T;
  /** Where the frame begins on the timeline, in microseconds. */
  readonly position: number;
  /** Length in microseconds; 0 for a picture, which lasts until the next. */
  readonly duration: number;
  /** How far the capture time can be off, in microseconds; NaN where no capture time is known. */
  readonly bound: number;
  /** When the frame came in. */
  readonly arrival: number;
  /** Whether the frame was given to somebody; for the owner of the queue to set. */
  given: boolean;
}

type Slot<T> = {
  -readonly [K in keyof HeldFrame<T>]: K extends 'frame' ? T | undefined : HeldFrame<T>[K];
};

/** Frames ordered by their place on the timeline, in a ring of fixed capacity whose slots are reused. */
export class FrameQueue<T> {
  readonly #ring: Slot<T>[];
  #head = 0;
  #size = 0;

  /** @throws RangeError unless `capacity` is a positive integer. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity <= 0)
      throw new RangeError(`capacity must be a positive integer of frames, got ${capacity}`);
    this.#ring = Array.from({ length: capacity }, () => ({
      frame: undefined,
      position: 0,
      duration: 0,
      bound: 0,
      arrival: 0,
      given: false,
    }));
  }

  get size(): number {
    return this.#size;
  }

  /** The frame with the lowest position. */
  get first(): HeldFrame<T> | undefined {
    return this.#size === 0 ? undefined : (this.#at(0) as HeldFrame<T>);
  }

  /** The frame with the highest position. */
  get last(): HeldFrame<T> | undefined {
    return this.#size === 0 ? undefined : (this.#at(this.#size - 1) as HeldFrame<T>);
  }

  /** Whether a frame begins exactly at `position`. */
  has(position: number): boolean {
    return this.due(position)?.position === position;
  }

  /** Puts a frame in its place; there must be room ({@link shift} makes some). Keeps a reference to `frame`. */
  insert(frame: T, position: number, duration: number, bound: number, arrival: number): void {
    // The slot behind the last is free; it moves forward past every later frame.
    const slot = this.#at(this.#size);
    let place = this.#size;
    for (; place > 0 && this.#at(place - 1).position > position; place--)
      this.#set(place, this.#at(place - 1));
    this.#set(place, slot);
    this.#size++;
    slot.frame = frame;
    slot.position = position;
    slot.duration = duration;
    slot.bound = bound;
    slot.arrival = arrival;
    slot.given = false;
  }

  get full(): boolean {
    return this.#size === this.#ring.length;
  }

  /** The last frame that begins at `position` or before. */
  due(position: number): HeldFrame<T> | undefined {
    for (let i = this.#size - 1; i >= 0; i--)
      if (this.#at(i).position <= position) return this.#at(i) as HeldFrame<T>;
    return undefined;
  }

  /** The frame after the first. */
  get second(): HeldFrame<T> | undefined {
    return this.#size < 2 ? undefined : (this.#at(1) as HeldFrame<T>);
  }

  /** Lets the first frame go. */
  shift(): void {
    if (this.#size === 0) return;
    this.#at(0).frame = undefined;
    this.#head = (this.#head + 1) % this.#ring.length;
    this.#size--;
  }

  clear(): void {
    while (this.#size > 0) this.shift();
  }

  #at(index: number): Slot<T> {
    return this.#ring[(this.#head + index) % this.#ring.length]!;
  }

  #set(index: number, slot: Slot<T>): void {
    this.#ring[(this.#head + index) % this.#ring.length] = slot;
  }
}
