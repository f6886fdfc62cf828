import { randomBytes, randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { milliseconds } from '@rm/signaling-protocol';
import { Hub } from '@rm/signaling-protocol/hub';
import type { HubInput, HubOptions } from '@rm/signaling-protocol/hub';
import type { Logger } from 'pino';
import { AddressLimits } from './address-limits.js';
import { Door, refusal } from './admission.js';
import { jwtGate } from './auth/gate.js';
import type { JwtGate } from './auth/gate.js';
import { now } from './clock.js';
import type { ClusterOptions } from './cluster/options.js';
import { RoomLogs } from './cluster/room-logs.js';
import { IceServers } from './ice/ice-servers.js';
import { Metrics } from './metrics.js';
import type { CommonOptions, ServerLimits } from './options.js';
import { Sockets } from './sockets.js';
import { Upgrades } from './upgrades.js';
import { version } from './version.js';

/** How much longer than the spread of a drain clients may take to leave, in ms. */
const DRAIN_GRACE_MS = 1_000;

/** What {@link Signaling.serve} needs. */
export interface ServeOptions {
  readonly http: Server;
  /** The only path for WebSockets; any if undefined. */
  readonly path: string | undefined;
  /** Whether other machines are kept out. */
  readonly loopbackOnly: boolean;
}

/** Rooms, and the WebSockets of whose peers are in them, on an HTTP server of somebody else. */
export class Signaling {
  readonly metrics: Metrics;
  readonly #options: CommonOptions;
  readonly #limits: ServerLimits;
  readonly #logger: Logger;
  readonly #addresses: AddressLimits;
  readonly #gate: JwtGate | undefined;
  readonly #iceServers: IceServers | undefined;
  /** Names this instance among those that share its rooms. */
  readonly #instance: string = randomUUID();
  readonly #hub: Hub;
  readonly #sockets: Sockets;
  readonly #hurry = new AbortController();
  #roomLogs: RoomLogs | undefined;
  #upgrades: Upgrades | undefined;
  #draining = false;

  /** Rejects with `SignalingServerError` (`JWT_KEYS_INVALID`, `ICE_SERVERS_INVALID`, `REDIS_…`). */
  static async create(
    options: CommonOptions,
    limits: ServerLimits,
    logger: Logger,
  ): Promise<Signaling> {
    const { auth } = options;
    const gate = auth && (await jwtGate(auth, logger, limits.fileCheckIntervalMs));
    let signaling: Signaling | undefined;
    try {
      signaling = new Signaling(options, limits, logger, gate);
      if (options.redis !== undefined) await signaling.#share(options.redis);
      return signaling;
    } catch (error) {
      signaling?.release();
      gate?.release();
      throw error;
    }
  }

  private constructor(
    options: CommonOptions,
    limits: ServerLimits,
    logger: Logger,
    gate: JwtGate | undefined,
  ) {
    this.#options = options;
    this.#limits = limits;
    this.#logger = logger;
    this.#gate = gate;
    this.#addresses = new AddressLimits(
      limits.maxConnectionsPerAddress,
      limits.maxMessagesPerSecond,
    );
    const tell = (input: HubInput): void => this.#sockets.feed(input);
    const { iceServers } = options;
    this.#iceServers =
      iceServers && new IceServers(iceServers, logger, limits.fileCheckIntervalMs, tell);
    const hub = hubWith(
      limits,
      options.redis && this.#instance,
      iceServers && ((peerId) => this.#iceServers?.for(peerId)),
    );
    this.#hub = hub;
    this.metrics = new Metrics(() => ({
      hub: hub.snapshot(),
      connections: this.#sockets.size,
      roomLogs: this.#roomLogs?.snapshot(),
    }));
    this.#sockets = new Sockets({
      ...limits,
      hub,
      logger,
      addresses: this.#addresses,
      metrics: this.metrics,
      onNews: (news) => this.#iceServers?.onNews(news),
      onRoomLog: (output) => this.#roomLogs?.perform(output),
    });
  }

  /** Whether new clients are let in. */
  get isReady(): boolean {
    return this.#upgrades !== undefined && !this.#draining && (this.#roomLogs?.isReady ?? true);
  }

  /** Begins to take the WebSockets of an HTTP server. */
  serve({ http, path, loopbackOnly }: ServeOptions): void {
    const door = new Door({
      gate: this.#gate,
      addresses: this.#addresses,
      allowedOrigins: this.#options.allowedOrigins,
      loopbackOnly,
      maxConnections: this.#limits.maxConnections,
    });
    this.#upgrades = new Upgrades({
      http,
      path,
      door,
      logger: this.#logger,
      metrics: this.metrics,
      maxMessageBytes: this.#limits.maxMessageBytes,
      accept: (socket, arrival) => this.#sockets.add(socket, arrival),
    });
  }

  /**
   * Lets nobody in any more and asks clients to go, one after another within `spreadMs`; resolves
   * when they are gone, 1 s after that time, or at {@link hurry}.
   */
  async drain(spreadMs: number): Promise<void> {
    this.#draining = true;
    const forMs = spreadMs + DRAIN_GRACE_MS;
    this.#upgrades?.refuseAll(
      refusal(503, 'the server shuts down; use another', Math.ceil(forMs / 1_000)),
    );
    if (spreadMs === 0) return;
    this.#sockets.feed({ kind: 'drain', now: now(), spreadMs });
    void this.#upgrades?.empty().then(() => this.hurry());
    await delay(forMs, undefined, { signal: this.#hurry.signal }).catch(() => undefined);
  }

  /** Ends a drain, now or later. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Closes every WebSocket with 1001; resolves when all are closed. */
  async close(): Promise<void> {
    this.release();
    this.#upgrades?.close(1001, 'the server shuts down');
    await Promise.all([this.#upgrades?.empty(), this.#roomLogs?.close()]);
    this.#upgrades?.detach();
  }

  /** Cuts off every WebSocket that is left. */
  terminate(): void {
    this.#upgrades?.terminate();
  }

  /** Ends timers and looks at no file any more. Idempotent. */
  release(): void {
    this.#gate?.release();
    this.#iceServers?.release();
    this.#sockets.release();
    void this.#roomLogs?.close();
  }

  /** Shares the rooms with the other instances that are joined to this Redis. */
  async #share(redis: ClusterOptions): Promise<void> {
    this.#roomLogs = await RoomLogs.connect({
      ...redis,
      instance: this.#instance,
      foreignInstances: () => this.#hub.foreignInstances,
      onInput: (input) => this.#sockets.feed(input),
      onOverflow: (isOverflowing) => this.#overflow(isOverflowing),
      logger: this.#logger,
    });
  }

  /** What clients say while more waits for Redis than may is lost, so none are to be there. */
  #overflow(isOverflowing: boolean): void {
    if (!this.#draining) this.#upgrades?.refuseAll(isOverflowing ? OVERFLOWING : undefined);
    if (isOverflowing) this.#upgrades?.close(1013, OVERFLOWING.reason);
  }
}

const OVERFLOWING = refusal(503, 'too much waits for Redis; try again later', 1);

const hubWith = (
  limits: ServerLimits,
  instance: string | undefined,
  iceServers: HubOptions['iceServers'],
): Hub =>
  new Hub({
    instance,
    iceServers,
    server: { name: 'rm-signaling-server', version },
    wallClock: () => new Date().toISOString(),
    maxPeersPerRoom: limits.maxPeersPerRoom,
    offerTimeout: milliseconds(limits.offerTimeoutMs),
    messageLimits: { maxMessageBytes: limits.maxMessageBytes },
    messagesPerSecond: limits.socketMessagesPerSecond,
    messageBurst: 2 * limits.socketMessagesPerSecond,
    roomMessagesPerSecond: limits.roomMessagesPerSecond,
    roomMessageBurst: 10 * limits.roomMessagesPerSecond,
    maxKeptMessages: limits.maxKeptMessages,
    maxKeptBytes: limits.maxKeptBytes,
    ...(limits.resumeWindowMs > 0 && {
      resumeWindow: milliseconds(limits.resumeWindowMs),
      randomToken: () => randomBytes(TOKEN_BYTES).toString('base64url'),
    }),
  });

/** 128 bits cannot be guessed. */
const TOKEN_BYTES = 16;
