import type { RedisLink } from './redis-link.js';

/** What {@link Liveness} needs. */
export interface LivenessOptions {
  /** What the keys of all instances begin with. */
  readonly prefix: string;
  /** This instance. */
  readonly instance: string;
  readonly ttlMs: number;
  /** The instances that are watched. */
  readonly others: () => ReadonlySet<string>;
  /** One of them is gone; told again and again while it is watched. */
  readonly onGone: (instance: string) => void;
}

/** Tells other instances that this one lives, and finds out which of them do not any more. */
export class Liveness {
  readonly #options: LivenessOptions;
  #link: RedisLink | undefined;
  #linkedAtMs = 0;
  /** Those whose sign of life was there at the latest beat. */
  #seen = new Set<string>();

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** To be called about five times within the time that a sign of life lasts. */
  async beat(link: RedisLink): Promise<void> {
    if (link !== this.#link) {
      this.#link = link;
      this.#linkedAtMs = performance.now();
      this.#seen = new Set();
    }
    const { instance, ttlMs } = this.#options;
    const sign = link.probe('SET', this.#key(instance), 1, 'PX', ttlMs);
    await Promise.all([sign, this.#watch(link)]);
  }

  /** Lets the others find out at once that this instance ends. */
  async end(link: RedisLink): Promise<void> {
    await link.command('DEL', this.#key(this.#options.instance));
  }

  async #watch(link: RedisLink): Promise<void> {
    const watched = [...this.#options.others()].filter((other) => other !== this.#options.instance);
    if (watched.length === 0) return;
    const keys = watched.map((other) => this.#key(other));
    const signs = (await link.command('MGET', ...keys)) as readonly (string | null)[];
    // After an outage of Redis all signs are missing until everybody is back.
    const isSettled = performance.now() - this.#linkedAtMs >= this.#options.ttlMs;
    const before = this.#seen;
    this.#seen = new Set();
    for (const [index, other] of watched.entries()) {
      if (signs[index] !== null) this.#seen.add(other);
      else if (isSettled || before.has(other)) this.#options.onGone(other);
    }
  }

  #key(instance: string): string {
    return `${this.#options.prefix}:1:instance:${instance}`;
  }
}
