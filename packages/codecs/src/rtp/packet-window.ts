import type { Micros } from '../frames/audio-frame.js';
import type { FramePart } from './depacketizer.js';
import { sequenceDelta } from './sequence.js';

/** A packet that waits for its frame to be whole. */
export interface HeldPacket<Part extends FramePart> {
  /** Continued sequence number, which does not wrap. */
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly arrival: Micros;
  readonly bytes: number;
  /** What it holds; undefined for padding. */
  readonly part: Part | undefined;
}

/** Where a packet belongs: its continued sequence number, or that it is of no use. */
export type Place =
  | { readonly kind: 'new'; readonly sequence: number }
  | { readonly kind: 'duplicate' | 'late' | 'stray' };

/** A larger step forward is no loss but another numbering (RFC 3550 A.1, MAX_DROPOUT). */
const MAX_DROPOUT = 3000;
/** Continued sequence numbers start here, so that those before the first packet are positive too. */
const ORIGIN = 0x1_0000;

/** The packets of one stream from the first that is still of use, the front, in a ring of fixed capacity. */
export class PacketWindow<Part extends FramePart> {
  readonly #capacity: number;
  readonly #ring: (HeldPacket<Part> | undefined)[];
  /** Sequence numbers whose packets were used, each at its value modulo the capacity. */
  readonly #used: Float64Array;
  /** Lowest sequence number that is neither used nor given up. */
  #front = 0;
  /** Highest sequence number held so far. */
  #highest = 0;
  #begun = false;
  #moved = false;
  #count = 0;
  #bytes = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#ring = Array.from({ length: capacity }, () => undefined);
    this.#used = new Float64Array(capacity).fill(Number.NaN);
  }

  get front(): number {
    return this.#front;
  }

  /** Whether the front has ever moved; before, packets from before the first are welcome. */
  get moved(): boolean {
    return this.#moved;
  }

  /** Packets held. */
  get count(): number {
    return this.#count;
  }

  /** Payload bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Where a packet of this 16-bit sequence number belongs. Takes the first ever as the stream's beginning. */
  place(sequenceNumber: number): Place {
    if (!this.#begun) {
      this.#begun = true;
      this.#front = this.#highest = ORIGIN + sequenceNumber;
      return { kind: 'new', sequence: this.#front };
    }
    const delta = sequenceDelta(sequenceNumber, this.#highest & 0xffff);
    const sequence = this.#highest + delta;
    if (delta > MAX_DROPOUT || delta <= -this.#capacity) return { kind: 'stray' };
    if (sequence < this.#front) {
      if (this.#used[sequence % this.#capacity] === sequence) return { kind: 'duplicate' };
      if (this.#moved) return { kind: 'late' };
      this.#front = sequence;
    }
    if (this.at(sequence) !== undefined) return { kind: 'duplicate' };
    return { kind: 'new', sequence };
  }

  /** Holds a packet. Its place must be new and less than the capacity from the front. */
  insert(packet: HeldPacket<Part>): void {
    this.#ring[packet.sequence % this.#capacity] = packet;
    this.#highest = Math.max(this.#highest, packet.sequence);
    this.#count++;
    this.#bytes += packet.bytes;
  }

  /** The packet of a continued sequence number, if it is held. */
  at(sequence: number): HeldPacket<Part> | undefined {
    const packet = this.#ring[sequence % this.#capacity];
    return packet?.sequence === sequence ? packet : undefined;
  }

  /** The first packet held from `sequence` on. */
  firstFrom(sequence: number): HeldPacket<Part> | undefined {
    for (let at = sequence; at <= this.#highest; at++) {
      const packet = this.at(at);
      if (packet) return packet;
    }
    return undefined;
  }

  /** Moves the front to `sequence`, not backwards; returns how many packets before it were held. */
  moveTo(sequence: number): number {
    let released = 0;
    // Nothing is held further than the capacity from the old front.
    const end = Math.min(sequence, this.#front + this.#capacity);
    for (let at = this.#front; at < end; at++) {
      const packet = this.at(at);
      if (!packet) continue;
      this.#used[at % this.#capacity] = at;
      this.#ring[at % this.#capacity] = undefined;
      this.#bytes -= packet.bytes;
      released++;
    }
    this.#count -= released;
    this.#front = sequence;
    this.#moved = true;
    return released;
  }
}
