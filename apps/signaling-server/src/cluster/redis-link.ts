import { Redis } from 'ioredis';
import type { RedisAddress } from './redis-address.js';
import { SCRIPTS } from './scripts.js';
import type { Script } from './scripts.js';

/** What {@link RedisLink.open} needs. */
export interface RedisLinkOptions {
  readonly address: RedisAddress;
  /** Time for Redis to let one in, and to answer {@link RedisLink.probe}, in ms. */
  readonly answerTimeoutMs: number;
  /** A message on a channel that is subscribed to. */
  readonly onMessage: (channel: string, message: string) => void;
}

/** Redis cannot be reached, or not be used; `message` says why, without its address. */
class RedisLinkError extends Error {
  override readonly name = 'RedisLinkError';
  readonly code = 'REDIS_LINK';
}

/** The first Redis that trims streams by id and reads ranges without their ends. */
const OLDEST_REDIS = [6, 2] as const;

/**
 * One connection to Redis, for commands and subscriptions both, so that what Redis does on it in
 * some order is seen in that order. It is never mended: at the first failure of any kind it ends,
 * and its owner opens another.
 */
export class RedisLink {
  readonly #redis: Redis;
  readonly #answerTimeoutMs: number;
  #end!: (reason: string) => void;
  #isOpen = true;
  /** Resolves with the reason once nothing more can be had from this connection. */
  readonly ended: Promise<string>;

  private constructor({ address, answerTimeoutMs, onMessage }: RedisLinkOptions) {
    this.#answerTimeoutMs = answerTimeoutMs;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#redis = new Redis({
      ...address.connection,
      protocol: 3,
      replyMapping: 'legacy',
      lazyConnect: true,
      connectTimeout: answerTimeoutMs,
      // Whoever ends this has had all answers it wants; a Redis that is frozen gives none.
      disconnectTimeout: 0,
      // Sent again by ioredis, entries could change places with those of the next connection.
      retryStrategy: () => null,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    });
    this.#redis.on('error', (error: Error) => this.fail(error.message));
    this.#redis.on('end', () => this.fail('the connection is closed'));
    this.#redis.on('message', (channel: string, message: string) => {
      if (this.#isOpen) onMessage(channel, message);
    });
  }

  /** Rejects with an error whose message says why, without the address. */
  static async open(options: RedisLinkOptions): Promise<RedisLink> {
    const link = new RedisLink(options);
    const timer = setTimeout(() => link.fail('it does not answer'), options.answerTimeoutMs);
    try {
      await Promise.race([
        link.#begin(),
        link.ended.then((reason) => Promise.reject(new RedisLinkError(reason))),
      ]);
      return link;
    } catch (error) {
      link.fail((error as Error).message);
      // The first reason is the cause; what else failed only failed because of it.
      throw new RedisLinkError(await link.ended);
    } finally {
      clearTimeout(timer);
    }
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Runs `script` on the keys of one room; rejects if this connection ends, as it does if it fails. */
  run(
    script: Script,
    log: string,
    room: string,
    ...args: readonly (string | number)[]
  ): Promise<unknown> {
    return this.command('EVALSHA', script.sha, 2, log, room, ...args);
  }

  /** Rejects if this connection ends, as it does if Redis answers with an error. */
  async command(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.#redis.call(name, ...args);
    } catch (error) {
      this.fail((error as Error).message);
      throw error;
    }
  }

  /** As {@link command}; also ends this connection if the answer does not come in time. */
  async probe(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const timer = setTimeout(() => this.fail('it does not answer'), this.#answerTimeoutMs);
    try {
      return await this.command(name, ...args);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Commands that are sent after this see what happens on the channel from then on. */
  subscribe(channel: string): void {
    this.#redis.subscribe(channel).catch((error: Error) => this.fail(error.message));
  }

  unsubscribe(channel: string): void {
    this.#redis.unsubscribe(channel).catch((error: Error) => this.fail(error.message));
  }

  /** Ends this connection for `reason`; whatever is unanswered is rejected. Idempotent. */
  fail(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#redis.disconnect();
    this.#end(reason);
  }

  async #begin(): Promise<void> {
    await this.#redis.connect();
    const hello = (await this.#redis.call('HELLO')) as readonly unknown[];
    const version = String(hello[hello.indexOf('version') + 1]);
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const [oldestMajor, oldestMinor] = OLDEST_REDIS;
    if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
      throw new RedisLinkError(`its version is ${version}, and 6.2 is the oldest that will do`);
    }
    await Promise.all(SCRIPTS.map(({ text }) => this.#redis.call('SCRIPT', 'LOAD', text)));
  }
}
