/** Packets before the highest one whose repetition is recognized; RFC 3711 §3.3.2 asks for 64 at least. */
const WINDOW = 1024;

/** The indices of the packets of one SRTP stream: 48 bits of rollover counter and sequence number. */
export class PacketIndices {
  readonly #seen = new Uint32Array(WINDOW / 32);
  #highest = -1;

  /**
   * The index of a packet with this sequence number: the nearest one to the highest index so far (RFC 3711 §3.3.1:
   * within 2¹⁵ either way).
   */
  estimate(sequenceNumber: number): number {
    if (this.#highest < 0) return sequenceNumber;
    const index = this.#highest + (((sequenceNumber - this.#highest) << 16) >> 16);
    // Before the first packet of the stream there is nothing to go back to.
    return index < 0 ? sequenceNumber : index;
  }

  /** Whether no packet with this index was accepted, as far as is remembered. */
  isNew(index: number): boolean {
    if (index > this.#highest) return true;
    return index > this.#highest - WINDOW && (this.#word(index) & (1 << (index & 31))) === 0;
  }

  /** Notes a packet that is authentic, or was sent. */
  accept(index: number): void {
    if (index > this.#highest) {
      if (index - this.#highest >= WINDOW) this.#seen.fill(0);
      else for (let skipped = this.#highest + 1; skipped < index; skipped++) this.#forget(skipped);
      this.#highest = index;
    }
    this.#seen[(index % WINDOW) >>> 5] = this.#word(index) | (1 << (index & 31));
  }

  #word(index: number): number {
    return this.#seen[(index % WINDOW) >>> 5] ?? 0;
  }

  #forget(index: number): void {
    this.#seen[(index % WINDOW) >>> 5] = this.#word(index) & ~(1 << (index & 31));
  }
}
