import { errorText, notificationText, parseFailureError, parseJsonRpc } from '../json-rpc/index.js';
import type { IncomingMessage } from '../json-rpc/index.js';
import { OutputQueue } from '../output-queue.js';
import type { Micros } from '../time.js';
import { Batch, callOf, endReading, reject, respond } from './call.js';
import { CloseCode } from './close-code.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { rateLimited } from './errors.js';
import { EVERYTHING_BUT_ADMIN } from './grant.js';
import type { Grant } from './grant.js';
import type { HubInput, HubOutput, HubSnapshot, SocketId } from './io.js';
import { HubOptionError, hubLimits, MAX_DRAIN_SPREAD_MS } from './options.js';
import type { HubLimits, HubOptions } from './options.js';
import { TokenBucket } from './rate.js';
import { Reception } from './reception.js';
import type { Received } from './reception.js';
import type { Admission, RoomEntry, RoomMessage } from './room-entry.js';
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
  readonly #options: HubOptions;
  readonly #limits: HubLimits;
  readonly #isShared: boolean;
  readonly #outputs = new OutputQueue<HubOutput>();
  readonly #tally = new Tally();
  readonly #connections: Connections;
  readonly #rooms: Rooms;
  readonly #reception: Reception;
  #now = 0 as Micros;

  /** Throws {@link HubOptionError} for a limit that is no positive whole number. */
  constructor(options: HubOptions) {
    this.#options = options;
    this.#limits = hubLimits(options);
    const instance = options.instance ?? ONLY_INSTANCE;
    this.#isShared = options.instance !== undefined;
    this.#connections = new Connections(instance, this.#outputs, this.#tally, options.iceServers);
    this.#rooms = new Rooms(
      this.#limits,
      this.#connections,
      instance,
      this.#isShared,
      this.#outputs,
    );
    this.#reception = new Reception(serverInfo(options, this.#limits), this.#rooms, this.#tally);
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
    if (connection === undefined) {
      this.#tally.drop('unknown-socket');
      return;
    }
    const { messageLimits } = this.#limits;
    const parsed = parseJsonRpc(text, messageLimits);
    if (parsed.ok) {
      const { messages, batch } = parsed.value;
      // In a log the text would be there twice, and all instances are to write the same.
      const written = batch || this.#isShared ? undefined : text;
      this.#read(connection, messages, batch, written);
      return;
    }
    const { reason } = parsed;
    this.#tally.drop(reason);
    if (reason === 'message-too-large') {
      connection.send(errorText(null, parseFailureError(reason, messageLimits)));
      this.#expel(connection, CloseCode.MESSAGE_TOO_LARGE, reason);
    } else if (this.#charge(connection)) {
      const error = parseFailureError(reason, messageLimits);
      this.#pass(connection, [{ kind: 'answered', id: null, answer: { error } }], false, undefined);
    }
  }

  #read(
    connection: Connection,
    messages: readonly IncomingMessage[],
    isBatch: boolean,
    text: string | undefined,
  ): void {
    const passed: RoomMessage[] = [];
    let admission: Admission | undefined;
    for (const message of messages) {
      const received = this.#admit(connection, message, isBatch, text);
      // Expelled: what else it sent is void.
      if (this.#connections.get(connection.home.socket) !== connection) return;
      if (received === undefined) continue;
      if (received.to === 'other-room') this.#ask(connection, received);
      else {
        passed.push(received.message);
        if (received.to === 'new-room') admission = this.#enter(connection, received);
      }
    }
    this.#pass(connection, passed, isBatch, admission);
  }

  /** Where a message goes on to, if it is within the rate of its socket. */
  #admit(
    connection: Connection,
    message: IncomingMessage,
    isBatch: boolean,
    text: string | undefined,
  ): Received | undefined {
    if (this.#charge(connection)) {
      return this.#reception.examine(this.#now, connection, message, isBatch, text);
    }
    if (message.kind === 'request' || message.kind === 'notification') {
      const error = rateLimited(connection.allowance.rate.retryAfterMs(this.#now));
      return this.#reception.refuse(message, message.method, error, 'rate-limited');
    }
    this.#tally.drop('rate-limited');
    return undefined;
  }

  /** Counts a message against its socket's rate; false beyond it, and far beyond it expels. */
  #charge(connection: Connection): boolean {
    const { rate, excess } = connection.allowance;
    if (rate.take(this.#now)) return true;
    if (!excess.take(this.#now)) this.#expel(connection, CloseCode.FLOODING, 'send less');
    return false;
  }

  #enter(
    connection: Connection,
    { room, params }: Extract<Received, { readonly to: 'new-room' }>,
  ): Admission {
    const { wallClock, randomToken } = this.#options;
    this.#connections.enter(connection, room);
    return {
      registeredAt: wallClock(this.#now),
      token: params.resume === true ? randomToken?.() : undefined,
      isOwner: connection.grant.peerId === params.peer_id,
    };
  }

  #ask(
    connection: Connection,
    { room, call, id }: Extract<Received, { readonly to: 'other-room' }>,
  ): void {
    this.#connections.ask(connection, room);
    const { home } = connection;
    this.#rooms.commit(this.#now, room, { kind: 'asked', home, call, id });
  }

  /** Gives messages to the connection's room; who is in none is answered here. */
  #pass(
    connection: Connection,
    messages: readonly RoomMessage[],
    isBatch: boolean,
    admission: Admission | undefined,
  ): void {
    if (messages.length === 0) return;
    const { room, home } = connection;
    if (room !== undefined) {
      const entry: RoomEntry = { kind: 'messages', home, isBatch, messages, admission };
      this.#rooms.commit(this.#now, room, entry);
      return;
    }
    const batch = isBatch ? new Batch() : undefined;
    for (const message of messages) {
      if (message.kind === 'answered') answer(connection, message, batch);
    }
    if (batch !== undefined) endReading(connection, batch);
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

function answer(
  connection: Connection,
  message: Extract<RoomMessage, { readonly kind: 'answered' }>,
  batch: Batch | undefined,
): void {
  const call = callOf(message.id, batch);
  if (message.answer.error === undefined) respond(connection, call, message.answer.result);
  else reject(connection, call, message.answer.error);
}
