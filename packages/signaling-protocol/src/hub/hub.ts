import { notificationText } from '../json-rpc/index.js';
import { OutputQueue } from '../output-queue.js';
import type { Micros } from '../time.js';
import { CloseCode } from '../close-code.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { EVERYTHING_BUT_ADMIN } from './grant.js';
import type { Grant } from './grant.js';
import { Intake } from './intake.js';
import type { HubInput, HubOutput, HubSnapshot, SocketId } from './io.js';
import { HubOptionError, hubLimits, MAX_DRAIN_SPREAD_MS } from './options.js';
import type { HubLimits, HubOptions } from './options.js';
import { TokenBucket } from './rate.js';
import { Reception } from './reception.js';
import { Rooms } from './rooms.js';
import { serverInfo } from './server-info.js';
import { Tally } from './tally.js';

/** Where rooms are not shared, nobody asks for the name of the one instance. */
const ONLY_INSTANCE = '';

/**
 * The brain of a signaling server, without I/O: rooms, presence and routing. Feed it with
 * {@link handle}, then {@link poll} until nothing comes, and give it the time at
 * {@link nextDeadline}. Rooms do not see each other; messages between two peers keep their order.
 */
export class Hub {
  readonly #limits: HubLimits;
  readonly #outputs = new OutputQueue<HubOutput>();
  readonly #tally = new Tally();
  readonly #connections: Connections;
  readonly #rooms: Rooms;
  readonly #reception: Reception;
  readonly #intake: Intake;
  #now = 0 as Micros;

  /** Throws {@link HubOptionError} for a limit that is no positive whole number. */
  constructor(options: HubOptions) {
    this.#limits = hubLimits(options);
    const instance = options.instance ?? ONLY_INSTANCE;
    const isShared = options.instance !== undefined;
    this.#connections = new Connections(instance, this.#outputs, this.#tally, options.iceServers);
    this.#rooms = new Rooms(this.#limits, this.#connections, instance, isShared, this.#outputs);
    this.#reception = new Reception(serverInfo(options, this.#limits), this.#rooms, this.#tally);
    this.#intake = new Intake(
      options,
      this.#limits,
      this.#connections,
      this.#rooms,
      this.#reception,
      this.#tally,
      (connection, code, reason) => this.#expel(connection, code, reason),
    );
  }

  /** When the hub next wants to be told the time; `NEVER` while nothing waits. */
  get nextDeadline(): Micros {
    return Math.min(this.#rooms.nextDeadline, this.#connections.nextExpiry) as Micros;
  }

  /** Other instances whose peers are in the rooms here; `instance-gone` is to tell of their end. */
  get foreignInstances(): ReadonlySet<string> {
    return this.#rooms.foreignInstances();
  }

  /**
   * Takes one input; throws {@link SocketIdInUseError} if an open socket is opened again, and
   * {@link HubOptionError} for a drain that is spread over no time or too much.
   */
  handle(input: HubInput): void {
    if (input.now > this.#now) this.#now = input.now;
    switch (input.kind) {
      case 'opened':
        this.#open(input.socket, input.grant ?? EVERYTHING_BUT_ADMIN);
        return;
      case 'text':
        this.#receive(input.socket, input.text);
        return;
      case 'closed':
        // Who leaves a draining server does as it was told, and means to be back.
        this.#closed(input.socket, input.clean && !this.#reception.isDraining ? 'goodbye' : 'lost');
        return;
      case 'ice-servers':
        this.#giveIceServers(input);
        return;
      case 'drain':
        this.#drain(input.spreadMs);
        return;
      case 'time':
        this.#rooms.expire(this.#now);
        this.#expireTokens();
        return;
      case 'loaded':
        if (this.#rooms.loaded(this.#now, input.room, input.state)) this.#restart(input.room);
        return;
      case 'log-lost':
        this.#rooms.logLost(input.room);
        return;
      case 'committed':
        this.#rooms.committed(this.#now, input.room, input.position, input.entry);
        return;
      case 'instance-gone':
        this.#rooms.instanceGone(this.#now, input.instance);
    }
  }

  /** The next thing to do, removed; `undefined` when all is done. */
  poll(): HubOutput | undefined {
    return this.#outputs.poll();
  }

  snapshot(): HubSnapshot {
    return {
      connections: this.#connections.size,
      ...this.#rooms.figures(),
      dropped: this.#tally.dropped,
      calls: this.#tally.calls,
    };
  }

  #open(socket: SocketId, grant: Grant): void {
    const { messagesPerSecond, messageBurst } = this.#limits;
    this.#connections.open(socket, grant, {
      rate: new TokenBucket(messagesPerSecond, messageBurst),
      excess: new TokenBucket(messagesPerSecond, messageBurst),
    });
  }

  #receive(socket: SocketId, text: string): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) this.#tally.drop('unknown-socket');
    else this.#intake.receive(this.#now, connection, text);
  }

  #giveIceServers({
    socket,
    servers,
    ttlSeconds,
  }: Extract<HubInput, { readonly kind: 'ice-servers' }>): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) {
      this.#tally.drop('unknown-socket');
      return;
    }
    connection.giveIceServers(this.#now, { servers, ttlSeconds });
    this.#connections.tellIceServers(this.#now, connection);
  }

  #drain(spreadMs: number): void {
    if (!Number.isSafeInteger(spreadMs) || spreadMs < 1 || spreadMs > MAX_DRAIN_SPREAD_MS) {
      throw new HubOptionError('spreadMs', spreadMs, MAX_DRAIN_SPREAD_MS);
    }
    this.#reception.isDraining = true;
    const step = spreadMs / this.#connections.size;
    let nth = 0;
    for (const connection of this.#connections.all()) {
      const reconnect_after_ms = Math.floor(step * nth++);
      connection.send(notificationText('server.draining', { reconnect_after_ms }));
    }
  }

  #expireTokens(): void {
    for (;;) {
      const connection = this.#connections.takeExpired(this.#now);
      if (connection === undefined) return;
      const { room } = connection;
      this.#connections.shut(
        connection,
        CloseCode.TOKEN_EXPIRED,
        'the token has expired; bring a fresh one',
      );
      this.#tellClosed(connection, room, 'lost');
    }
  }

  /** Closes a socket that broke the rules; its peer is gone at once. */
  #expel(connection: Connection, code: number, reason: string): void {
    const { room } = connection;
    this.#connections.shut(connection, code, reason);
    this.#tellClosed(connection, room, 'expelled');
  }

  #closed(socket: SocketId, how: 'goodbye' | 'lost'): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    const { room } = connection;
    this.#connections.forget(connection);
    this.#tellClosed(connection, room, how);
  }

  /** Closes the sockets that have to do with a room that is no longer as they know it. */
  #restart(name: string): void {
    for (const connection of this.#connections.of(name)) {
      const { room } = connection;
      this.#connections.shut(connection, CloseCode.SERVICE_RESTART, 'connect again and resume');
      this.#tellClosed(connection, room, 'lost');
    }
    this.#connections.giveUpAsking(name);
  }

  #tellClosed(
    { home }: Connection,
    room: string | undefined,
    how: 'goodbye' | 'lost' | 'expelled',
  ): void {
    if (room !== undefined) this.#rooms.commit(this.#now, room, { kind: 'closed', home, how });
  }
}
