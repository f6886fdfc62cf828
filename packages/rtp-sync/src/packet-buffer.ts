/** What a payload says of the samples around it. */
export interface PacketTraits {
  /** Ticks right before the packet that can be recovered from it (in-band FEC); 0 when there are none. */
  readonly redundancy: number;
  /** Whether the sender may send nothing after it as long as nothing but background is heard (DTX). */
  readonly discontinuous: boolean;
}

/** A packet of which nothing is known but its samples. */
export const PLAIN: PacketTraits = { redundancy: 0, discontinuous: false };

/** A packet waiting in the buffer. `data` holds the payload in its first `length` bytes and is reused. */
export interface BufferedPacket {
  /** Unwrapped sequence number. */
  readonly sequence: number;
  /** Unwrapped RTP timestamp of the first sample. */
  readonly timestamp: number;
  /** Duration of the packet in ticks of the RTP clock. */
  readonly duration: number;
  /** Arrival in microseconds. */
  readonly arrival: number;
  readonly traits: PacketTraits;
  readonly data: Uint8Array;
  readonly length: number;
}

class Slot implements BufferedPacket {
  used = false;
  sequence = 0;
  timestamp = 0;
  duration = 0;
  arrival = 0;
  traits = PLAIN;
  data: Uint8Array = new Uint8Array(0);
  length = 0;
}

/**
 * Packets ordered by sequence number in a ring of fixed capacity; payloads are copied into memory that is kept
 * and reused, so that steady traffic allocates nothing.
 */
export class PacketBuffer {
  readonly #slots: Slot[];
  readonly #capacity: number;
  #size = 0;
  /** Every held packet lies in [lowest, highest]; both meaningless while empty. */
  #lowest = 0;
  #highest = 0;

  /** @param capacity - Most packets (and widest span of sequence numbers) held. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#slots = Array.from({ length: capacity }, () => new Slot());
  }

  get size(): number {
    return this.#size;
  }

  /** The packet with the lowest sequence number. */
  first(): BufferedPacket | undefined {
    if (this.#size === 0) return undefined;
    while (!this.#holds(this.#lowest)) this.#lowest++;
    return this.#at(this.#lowest);
  }

  has(sequence: number): boolean {
    return this.#holds(sequence);
  }

  /** Whether a packet lies between those held before and after it, in time as in sequence. */
  fits(sequence: number, timestamp: number, duration: number): boolean {
    if (this.#size === 0) return true;
    for (let s = Math.min(sequence - 1, this.#highest); s >= this.#lowest; s--) {
      if (!this.#holds(s)) continue;
      const before = this.#at(s);
      if (before.timestamp + before.duration > timestamp) return false;
      break;
    }
    for (let s = Math.max(sequence + 1, this.#lowest); s <= this.#highest; s++)
      if (this.#holds(s)) return timestamp + duration <= this.#at(s).timestamp;
    return true;
  }

  /**
   * Copies a packet in. When its sequence number is too far ahead of the oldest packets for the capacity, those
   * are dropped; their number is returned. Call {@link has} first: a held sequence number is overwritten.
   */
  insert(
    sequence: number,
    timestamp: number,
    duration: number,
    arrival: number,
    payload: Uint8Array,
    traits: PacketTraits,
  ): number {
    let dropped = 0;
    if (this.#size > 0 && sequence <= this.#highest - this.#capacity) return 1;
    while (this.#size > 0 && sequence - this.#lowest >= this.#capacity) {
      if (this.#holds(this.#lowest)) {
        this.#release(this.#at(this.#lowest));
        dropped++;
      }
      this.#lowest++;
    }
    if (this.#size === 0) this.#lowest = this.#highest = sequence;
    else if (sequence < this.#lowest) this.#lowest = sequence;
    else if (sequence > this.#highest) this.#highest = sequence;
    const slot = this.#at(sequence);
    if (!slot.used) this.#size++;
    slot.used = true;
    slot.sequence = sequence;
    slot.timestamp = timestamp;
    slot.duration = duration;
    slot.arrival = arrival;
    slot.traits = traits;
    if (slot.data.length < payload.length)
      slot.data = new Uint8Array(Math.max(256, payload.length));
    slot.data.set(payload);
    slot.length = payload.length;
    return dropped;
  }

  /** Takes the first packet out. Its contents stay readable until the next insert. */
  shift(): BufferedPacket | undefined {
    const first = this.first();
    if (first !== undefined) this.#release(first as Slot);
    return first;
  }

  clear(): void {
    for (const slot of this.#slots) slot.used = false;
    this.#size = 0;
  }

  #at(sequence: number): Slot {
    const index = sequence % this.#capacity;
    return this.#slots[index < 0 ? index + this.#capacity : index]!;
  }

  #holds(sequence: number): boolean {
    const slot = this.#at(sequence);
    return slot.used && slot.sequence === sequence;
  }

  #release(slot: Slot): void {
    slot.used = false;
    this.#size--;
  }
}
