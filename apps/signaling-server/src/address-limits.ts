import type { Micros } from '@rm/signaling-protocol';

/** Messages that an address may send at once, in seconds of its rate. */
const BURST_SECONDS = 10;

interface Bucket {
  connections: number;
  /** Messages that may be sent now; below 0 while the address is ahead of its rate. */
  tokens: number;
  filledAt: Micros;
}

/** Bounds what the clients of one IP address do together: connections, and messages by token bucket. */
export class AddressLimits {
  readonly #maxConnections: number;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  /** `maxConnections` of one address at a time, and messages of it `perSecond`. */
  constructor(maxConnections: number, perSecond: number) {
    this.#maxConnections = maxConnections;
    this.#perSecond = perSecond;
    this.#burst = perSecond * BURST_SECONDS;
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Counts a connection of `address` in; false, and not counted, if it has as many as it may. */
  enter(address: string, now: Micros): boolean {
    const bucket = this.#buckets.get(address);
    if (bucket === undefined) {
      this.#buckets.set(address, { connections: 1, tokens: this.#burst, filledAt: now });
      return true;
    }
    if (bucket.connections >= this.#maxConnections) return false;
    bucket.connections++;
    return true;
  }

  /** Counts out a connection that was counted in. */
  leave(address: string): void {
    const bucket = this.#buckets.get(address);
    if (bucket !== undefined) bucket.connections--;
  }

  /** Counts a message of `address`, and tells for how many ms no more is to be read from it. */
  spend(address: string, now: Micros): number {
    const bucket = this.#buckets.get(address);
    if (bucket === undefined) return 0;
    this.#fill(bucket, now);
    bucket.tokens--;
    return bucket.tokens >= 0 ? 0 : Math.ceil((-bucket.tokens * 1_000) / this.#perSecond);
  }

  /** Forgets addresses that are gone, though not before leaving gains them nothing. */
  sweep(now: Micros): void {
    for (const [address, bucket] of this.#buckets) {
      if (bucket.connections > 0) continue;
      this.#fill(bucket, now);
      if (bucket.tokens === this.#burst) this.#buckets.delete(address);
    }
  }

  #fill(bucket: Bucket, now: Micros): void {
    const gained = ((now - bucket.filledAt) * this.#perSecond) / 1e6;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + gained);
    bucket.filledAt = now;
  }
}
