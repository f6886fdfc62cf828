import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SignalingServerError } from '../errors.js';
import { RedisLink } from './redis-link.js';
import type { RedisLinkOptions } from './redis-link.js';

/** What {@link StandingLink.open} needs. */
export interface StandingLinkOptions extends RedisLinkOptions {
  readonly onUp: (link: RedisLink) => void;
  readonly onDown: () => void;
  readonly logger: Logger;
}

/** Pauses between attempts in ms: the first, and the longest; each is twice the one before. */
const RETRY_MS = [50, 1_000] as const;

/** Has a {@link RedisLink}, and another whenever one ends. */
export class StandingLink {
  readonly #options: StandingLinkOptions;
  readonly #closing = new AbortController();
  readonly #kept: Promise<void>;
  #link: RedisLink | undefined;
  #losses = 0;

  private constructor(options: StandingLinkOptions, link: RedisLink) {
    this.#options = options;
    this.#kept = this.#keep(link);
  }

  /** Rejects with `SignalingServerError` (`REDIS_UNAVAILABLE`) if the first link cannot be had. */
  static async open(options: StandingLinkOptions): Promise<StandingLink> {
    try {
      return new StandingLink(options, await RedisLink.open(options));
    } catch (error) {
      const { shown } = options.address;
      throw new SignalingServerError(
        'REDIS_UNAVAILABLE',
        `cannot use Redis at ${shown} (${(error as Error).message}); start it, or correct host, port, user and password in its URL`,
        undefined,
      );
    }
  }

  /** The link, while there is one. */
  get link(): RedisLink | undefined {
    return this.#link;
  }

  /** How many links have been lost. */
  get losses(): number {
    return this.#losses;
  }

  /** Ends the link and opens no other. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#link?.fail('closed here');
    await this.#kept;
  }

  async #keep(first: RedisLink): Promise<void> {
    const { logger, address, onUp, onDown } = this.#options;
    const redis = address.shown;
    for (
      let link: RedisLink | undefined = first;
      link !== undefined;
      link = await this.#reopen(redis)
    ) {
      logger.info({ redis }, 'joined to Redis');
      this.#link = link;
      onUp(link);
      const reason = await link.ended;
      this.#link = undefined;
      onDown();
      if (this.#closing.signal.aborted) return;
      this.#losses++;
      logger.error({ redis, reason }, 'Redis is lost; trying to reach it again');
    }
  }

  async #reopen(redis: string): Promise<RedisLink | undefined> {
    const { signal } = this.#closing;
    const [least, most] = RETRY_MS;
    for (let pauseMs = 0; !signal.aborted; pauseMs = Math.min(most, Math.max(least, 2 * pauseMs))) {
      try {
        // All instances lose Redis at once; not all of them are to come back at once.
        await delay(pauseMs * (0.5 + Math.random() / 2), undefined, { signal });
        const link = await RedisLink.open(this.#options);
        if (!signal.aborted) return link;
        link.fail('closed here');
      } catch (error) {
        if (!signal.aborted) {
          this.#options.logger.debug({ redis, reason: (error as Error).message }, 'still no Redis');
        }
      }
    }
    return undefined;
  }
}
