import { setTimeout as delay } from 'node:timers/promises';
import type { RoomLogInput, RoomLogOutput } from '@rm/signaling-protocol/hub';
import type { Logger } from 'pino';
import { now } from '../clock.js';
import { Backlog } from './backlog.js';
import { Liveness } from './liveness.js';
import { clusterLimits } from './options.js';
import type { ClusterLimits, ClusterOptions } from './options.js';
import { redisAddress } from './redis-address.js';
import type { RedisLink } from './redis-link.js';
import { RoomLog } from './room-log.js';
import type { RoomLogContext } from './room-log.js';
import { StandingLink } from './standing-link.js';

/** What {@link RoomLogs.connect} needs. */
export interface RoomLogsOptions extends ClusterOptions {
  /** Names this instance and no other, not even this one after a restart. */
  readonly instance: string;
  /** The instances that have sockets in the rooms followed here; those of them that die are told. */
  readonly foreignInstances: () => ReadonlySet<string>;
  /** Takes what the hub is to be given; never called from within {@link RoomLogs.perform}. */
  readonly onInput: (input: RoomLogInput) => void;
  /**
   * True: more waits for Redis than may, and what comes now is dropped; sockets are to be closed, as
   * what they say is lost. False: Redis has taken what waited. The hub has been told that this very
   * instance was gone, so that nobody takes those sockets for connected.
   */
  readonly onOverflow: (isOverflowing: boolean) => void;
  readonly logger: Logger;
}

/** State of {@link RoomLogs} at one moment. */
export interface RoomLogsSnapshot {
  /** Entries that wait to be appended. */
  readonly waiting: number;
  /** Entries that were dropped since the beginning, as too many waited. */
  readonly overflowed: number;
  /** Connections to Redis that were lost since the beginning. */
  readonly lostLinks: number;
}

/** Signs of life within the time that one lasts. */
const BEATS_PER_TTL = 5;

/** Redis has to answer within this part of that time, or other instances could take this for gone. */
const ANSWER_PER_TTL = 0.6;

/**
 * After a Redis that came back empty others give it what they know; in this time, in ms, all of them
 * have noticed, as none of them pauses longer between its attempts.
 */
const RECOVERY_MS = 1_500;

/** How long what waits may take to be appended when this instance ends, in ms. */
const DRAIN_MS = 500;

/** The logs of rooms in a Redis, through which the instances of the server share them. */
export class RoomLogs {
  readonly #options: RoomLogsOptions;
  readonly #backlog: Backlog;
  readonly #context: RoomLogContext;
  readonly #liveness: Liveness;
  readonly #rooms = new Map<string, RoomLog>();
  readonly #channels = new Map<string, RoomLog>();
  #standing!: StandingLink;
  #heartbeat: NodeJS.Timeout | undefined;
  #onDrained: (() => void) | undefined;
  #upAtMs = 0;
  #isOverflowing = false;
  #overflowed = 0;
  #closed: Promise<void> | undefined;

  private constructor(options: RoomLogsOptions, limits: ClusterLimits, database: number) {
    const { instance, foreignInstances, onInput, logger } = options;
    const { prefix } = limits;
    this.#options = options;
    this.#backlog = new Backlog(limits.maxWaitingEntries, limits.maxWaitingBytes);
    this.#context = {
      prefix,
      database,
      ttlMs: limits.roomTtlMs,
      backlog: this.#backlog,
      onInput,
      mayBegin: () =>
        this.#standing.losses === 0 || performance.now() - this.#upAtMs >= RECOVERY_MS,
      onAppended: (log) => this.#appended(log),
    };
    this.#liveness = new Liveness({
      prefix,
      instance,
      ttlMs: limits.instanceTtlMs,
      others: foreignInstances,
      onGone: (gone) => {
        logger.warn({ instance: gone }, 'another instance gives no sign of life');
        onInput({ kind: 'instance-gone', now: now(), instance: gone });
      },
    });
  }

  /**
   * Joins the other instances. Rejects with `SignalingServerError`: `REDIS_INVALID`,
   * `REDIS_UNAVAILABLE` or `INVALID_OPTION`. Once connected it outlives any loss of Redis.
   */
  static async connect(options: RoomLogsOptions): Promise<RoomLogs> {
    const limits = clusterLimits(options);
    const address = redisAddress(options.url);
    const logs = new RoomLogs(options, limits, address.database);
    logs.#standing = await StandingLink.open({
      address,
      answerTimeoutMs: limits.instanceTtlMs * ANSWER_PER_TTL,
      onMessage: (channel, message) => logs.#channels.get(channel)?.receive(message),
      onUp: (link) => logs.#up(link),
      onDown: () => logs.#down(),
      logger: options.logger,
    });
    const beatMs = limits.instanceTtlMs / BEATS_PER_TTL;
    logs.#heartbeat = setInterval(() => logs.#beat(logs.#standing.link), beatMs);
    return logs;
  }

  /** Whether rooms can be changed: Redis is there, and not too much waits for it. */
  get isReady(): boolean {
    return this.#standing.link !== undefined && !this.#isOverflowing && this.#closed === undefined;
  }

  snapshot(): RoomLogsSnapshot {
    return {
      waiting: this.#backlog.entries,
      overflowed: this.#overflowed,
      lostLinks: this.#standing.losses,
    };
  }

  /** Does what the hub wants; what it needs Redis for while Redis is away is done later. */
  perform(output: RoomLogOutput): void {
    if (this.#closed !== undefined) return;
    switch (output.kind) {
      case 'load':
        this.#room(output.room).follow();
        return;
      case 'unload':
        this.#unload(this.#rooms.get(output.room));
        return;
      case 'commit':
        this.#commit(output.room, output.entry);
        return;
      case 'snapshot':
        this.#rooms.get(output.room)?.keep(output.position, output.state);
    }
  }

  /**
   * Waits half a second for what is to be appended, lets the other instances know that this one
   * ends, and leaves Redis. Idempotent.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#heartbeat);
    const { link } = this.#standing;
    if (link !== undefined) {
      // Where this fails or takes too long, the others find out by themselves.
      const farewell = this.#drain().then(() => this.#liveness.end(link));
      const tooLate = new AbortController();
      await Promise.race([
        farewell.catch(() => undefined),
        link.ended,
        delay(DRAIN_MS, undefined, tooLate).catch(() => undefined),
      ]);
      tooLate.abort();
    }
    await this.#standing.close();
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#backlog.entries === 0) resolve();
      else this.#onDrained = resolve;
    });
  }

  #up(link: RedisLink): void {
    this.#upAtMs = performance.now();
    for (const log of this.#rooms.values()) log.attach(link);
    this.#beat(link);
  }

  #down(): void {
    for (const log of this.#rooms.values()) log.detach();
  }

  #beat(link: RedisLink | undefined): void {
    if (link === undefined) return;
    // A failure of Redis is told by the link.
    this.#liveness.beat(link).catch((error: unknown) => {
      if (link.isOpen) throw error;
    });
    const atMs = performance.now();
    for (const log of this.#rooms.values()) log.visit(atMs);
  }

  #room(room: string): RoomLog {
    const known = this.#rooms.get(room);
    if (known !== undefined) return known;
    const log = new RoomLog(room, this.#context);
    this.#rooms.set(room, log);
    this.#channels.set(log.channel, log);
    const { link } = this.#standing;
    if (link !== undefined) log.attach(link);
    return log;
  }

  #unload(log: RoomLog | undefined): void {
    log?.unfollow();
    this.#forgetIdle(log);
  }

  #forgetIdle(log: RoomLog | undefined): void {
    if (log === undefined || !log.isIdle || this.#rooms.get(log.room) !== log) return;
    this.#rooms.delete(log.room);
    this.#channels.delete(log.channel);
  }

  #commit(room: string, entry: string): void {
    if (!this.#isOverflowing && this.#backlog.add(entry)) {
      this.#room(room).append(entry);
      return;
    }
    this.#overflowed++;
    if (this.#isOverflowing) return;
    this.#isOverflowing = true;
    this.#options.logger.error('too much waits for Redis; what comes now is dropped');
    this.#options.onOverflow(true);
  }

  #appended(log: RoomLog): void {
    this.#forgetIdle(log);
    if (this.#backlog.entries > 0) return;
    this.#onDrained?.();
    if (!this.#isOverflowing) return;
    this.#isOverflowing = false;
    const { instance, onInput, onOverflow } = this.#options;
    onInput({ kind: 'instance-gone', now: now(), instance });
    onOverflow(false);
  }
}
