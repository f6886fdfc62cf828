/** A path from several senders to their receivers through one queue. */
export interface LinkOptions {
  /** Bits per second at a time in ms. */
  readonly capacity: (at: number) => number;
  /** What the queue holds, in bytes; more is dropped at its tail. */
  readonly queueBytes?: number;
  /** The same as time in ms at the present capacity. */
  readonly queueMs?: number;
  readonly oneWayMs: number;
  /** Further delay of a packet, in ms; packets stay in order. */
  readonly jitterMs?: number;
  /** Random loss, 0…1. */
  readonly loss?: number;
  readonly random: () => number;
}

interface Queued<T> {
  readonly packet: T;
  readonly bytes: number;
  bitsLeft: number;
}

/** A bottleneck that is served in steps of a millisecond, with departures at fractions of it. */
export class Link<T> {
  readonly #options: LinkOptions;
  readonly #queue: Queued<T>[] = [];
  readonly #flying: { readonly at: number; readonly packet: T }[] = [];
  #bytes = 0;
  #lastArrival = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Takes a packet at a time in ms. */
  send(packet: T, bytes: number, at: number): void {
    const { random, loss = 0, queueBytes, queueMs } = this.#options;
    if (random() < loss) return;
    if (queueBytes !== undefined && this.#bytes + bytes > queueBytes) return;
    if (queueMs !== undefined && this.queueMs(at) > queueMs) return;
    this.#bytes += bytes;
    this.#queue.push({ packet, bytes, bitsLeft: 8 * bytes });
  }

  /** How long a packet that came now would wait, in ms. */
  queueMs(at: number): number {
    return (8000 * this.#bytes) / this.#options.capacity(at);
  }

  /** What arrives in the millisecond from `at`, with times in ms. */
  step(at: number): { readonly at: number; readonly packet: T }[] {
    const perMs = this.#options.capacity(at) / 1000;
    let left = perMs;
    for (;;) {
      const head = this.#queue[0];
      if (!head || head.bitsLeft > left) {
        if (head) head.bitsLeft -= left;
        break;
      }
      left -= head.bitsLeft;
      this.#queue.shift();
      this.#bytes -= head.bytes;
      const jitter = (this.#options.jitterMs ?? 0) * this.#options.random();
      const arrival = at + 1 - left / perMs + this.#options.oneWayMs + jitter;
      this.#lastArrival = Math.max(this.#lastArrival, arrival);
      this.#flying.push({ at: this.#lastArrival, packet: head.packet });
    }
    let due = 0;
    while (this.#flying[due] !== undefined && this.#flying[due]!.at <= at + 1) due++;
    return this.#flying.splice(0, due);
  }
}
