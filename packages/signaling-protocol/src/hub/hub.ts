import { notificationText, RpcPeer } from '../json-rpc/index.js';
import type { JsonRpcParams, RpcCall, RpcEvent } from '../json-rpc/index.js';
import { decodeForHub, isRequest } from '../messages/index.js';
import type { HubCall } from '../messages/index.js';
import { after } from '../time.js';
import type { Micros } from '../time.js';
import { CloseCode } from './close-code.js';
import { Connection } from './connection.js';
import { Deadlines } from './deadlines.js';
import {
  ALREADY_ANNOUNCED,
  DRAINING,
  FALSE_SENDER,
  forbidden,
  NOT_ANNOUNCED,
  peerNotFound,
  rateLimited,
  TO_SELF,
} from './errors.js';
import { EVERYTHING_BUT_ADMIN } from './grant.js';
import type { Grant } from './grant.js';
import { iceServersParams } from './ice-servers.js';
import { SocketIdInUseError } from './io.js';
import type { HubInput, HubOutput, HubSnapshot, SocketId } from './io.js';
import { OfferExchange } from './offer-exchange.js';
import { HubOptionError, hubLimits, MAX_DRAIN_SPREAD_MS } from './options.js';
import type { HubLimits, HubOptions } from './options.js';
import { Outlet } from './outlet.js';
import { TokenBucket } from './rate.js';
import { Rooms } from './rooms.js';
import { peersOf, Seating } from './seating.js';
import { serverInfo } from './server-info.js';
import type { ServerInfo } from './server-info.js';

/** What is addressed to another peer. */
type RoutedCall = Extract<HubCall, { readonly params: { readonly to: string } }>;

/**
 * The brain of a signaling server, without I/O: rooms, presence and routing. Feed it with
 * {@link handle}, then {@link poll} until nothing comes, and give it the time at
 * {@link nextDeadline}. Rooms do not see each other; messages between two peers keep their order.
 */
export class Hub {
  readonly #limits: HubLimits;
  readonly #info: ServerInfo;
  readonly #connections = new Map<SocketId, Connection>();
  readonly #expiries = new Deadlines<Connection>();
  readonly #outlet = new Outlet();
  readonly #rooms: Rooms;
  readonly #offers: OfferExchange;
  readonly #seating: Seating;
  #draining = false;
  #now = 0 as Micros;

  /** Throws {@link HubOptionError} for a limit that is no positive whole number. */
  constructor(options: HubOptions) {
    this.#limits = hubLimits(options);
    this.#info = serverInfo(options, this.#limits);
    this.#rooms = new Rooms(this.#limits);
    this.#offers = new OfferExchange(this.#limits.maxPendingOffers, this.#outlet);
    this.#seating = new Seating(
      this.#limits,
      options,
      this.#rooms,
      this.#offers,
      this.#outlet,
      (stale) => this.#takeOver(stale),
    );
  }

  /** When the hub next wants to be told the time; `NEVER` while nothing waits. */
  get nextDeadline(): Micros {
    const waiting = [this.#offers.nextDeadline, this.#seating.nextDeadline, this.#expiries.next];
    return Math.min(...waiting) as Micros;
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
        this.#closed(input.socket, input.clean && !this.#draining);
        return;
      case 'ice-servers':
        this.#giveIceServers(input);
        return;
      case 'drain':
        this.#drain(input.spreadMs);
        return;
      case 'loaded':
      case 'committed':
      case 'instance-gone':
        return;
      case 'time':
        this.#offers.expire(this.#now);
        this.#seating.expire(this.#now);
        this.#expireTokens();
    }
  }

  /** The next thing to do, removed; `undefined` when all is done. */
  poll(): HubOutput | undefined {
    return this.#outlet.outputs.poll();
  }

  snapshot(): HubSnapshot {
    return {
      connections: this.#connections.size,
      peers: this.#seating.size,
      away: this.#seating.away,
      rooms: this.#rooms.size,
      pendingOffers: this.#offers.size,
      dropped: this.#outlet.dropped,
      calls: {},
    };
  }

  #open(socket: SocketId, grant: Grant): void {
    if (this.#connections.has(socket)) throw new SocketIdInUseError(socket);
    const { messageLimits, maxPendingPerConnection, offerTimeout } = this.#limits;
    const { messagesPerSecond, messageBurst } = this.#limits;
    const rpc = new RpcPeer({
      limits: messageLimits,
      maxPendingRequests: maxPendingPerConnection,
      maxPendingCalls: maxPendingPerConnection,
      requestTimeout: offerTimeout,
    });
    const allowance = {
      rate: new TokenBucket(messagesPerSecond, messageBurst),
      excess: new TokenBucket(messagesPerSecond, messageBurst),
    };
    const connection = new Connection(socket, grant, allowance, rpc, this.#outlet.outputs);
    this.#connections.set(socket, connection);
    if (grant.expiresAt !== undefined) this.#expiries.set(connection, grant.expiresAt);
  }

  #receive(socket: SocketId, text: string): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) {
      this.#outlet.drop('unknown-socket');
      return;
    }
    for (const event of connection.rpc.receive(this.#now, text)) {
      this.#take(connection, event);
      // Expelled: what else it sent is void.
      if (this.#connections.get(socket) !== connection) return;
    }
  }

  #take(connection: Connection, event: RpcEvent): void {
    switch (event.kind) {
      case 'request':
        if (this.#admit(connection, event.call)) {
          this.#perform(connection, event.method, event.params, event.call);
        }
        return;
      case 'notification':
        if (this.#admit(connection, undefined)) {
          this.#perform(connection, event.method, event.params, undefined);
        }
        return;
      case 'response':
        if (connection.member !== undefined) {
          this.#offers.passAnswer(connection.member, event.id, event.outcome);
        }
        return;
      case 'send':
        connection.send(event.text);
        return;
      case 'dropped':
        this.#outlet.drop(event.reason);
        if (event.reason === 'message-too-large') {
          this.#expel(connection, CloseCode.MESSAGE_TOO_LARGE, event.reason);
        } else this.#charge(connection);
    }
  }

  /** Whether a message is within the rates of its socket and its room; refuses it if not. */
  #admit(connection: Connection, call: RpcCall | undefined): boolean {
    const room = connection.member && this.#rooms.get(connection.member.room);
    let full: TokenBucket | undefined;
    if (!this.#charge(connection)) full = connection.allowance.rate;
    else if (room !== undefined && !room.rate.take(this.#now)) full = room.rate;
    if (full === undefined) return true;
    const error = rateLimited(full.retryAfterMs(this.#now));
    if (this.#connections.has(connection.socket)) {
      this.#outlet.reject(connection, call, error, 'rate-limited');
    }
    return false;
  }

  /** Counts a message against its socket's rate; false beyond it, and far beyond it expels. */
  #charge(connection: Connection): boolean {
    const { rate, excess } = connection.allowance;
    if (rate.take(this.#now)) return true;
    if (!excess.take(this.#now)) this.#expel(connection, CloseCode.FLOODING, 'send less');
    return false;
  }

  #perform(
    connection: Connection,
    method: string,
    params: JsonRpcParams | undefined,
    call: RpcCall | undefined,
  ): void {
    const decoded = decodeForHub(method, params);
    if (!decoded.ok) this.#outlet.reject(connection, call, decoded.error);
    else if (call !== undefined) this.#dispatch(connection, decoded.value, call);
    else if (isRequest(decoded.value.method)) this.#outlet.drop('request-without-id');
    else this.#dispatch(connection, decoded.value, call);
  }

  #dispatch(connection: Connection, message: HubCall, call: RpcCall | undefined): void {
    switch (message.method) {
      case 'peer.announce':
        if (call === undefined) return;
        if (this.#draining) this.#outlet.reject(connection, call, DRAINING);
        else if (connection.member !== undefined) {
          this.#outlet.reject(connection, call, ALREADY_ANNOUNCED);
        } else {
          this.#seating.announce(this.#now, connection, message.params, call);
          this.#tellIceServers(connection);
        }
        return;
      case 'peer.list':
        this.#list(connection, message.params.room, call);
        return;
      case 'server.info':
        this.#outlet.respond(connection, call, this.#info);
        return;
      case 'server.ice_servers':
        if (connection.member === undefined) this.#outlet.reject(connection, call, NOT_ANNOUNCED);
        else {
          const servers = iceServersParams(connection.iceServers, this.#now);
          this.#outlet.respond(connection, call, servers);
        }
        return;
      case 'peer.offer':
      case 'peer.ice_candidate':
      case 'peer.state_changed':
      case 'peer.disconnect':
        this.#route(connection, message, call);
    }
  }

  /** Passes a message on to the peer it names, in the sender's room and under the sender's id. */
  #route(connection: Connection, message: RoutedCall, call: RpcCall | undefined): void {
    const { member, grant } = connection;
    const outlet = this.#outlet;
    if (member === undefined) {
      outlet.reject(connection, call, NOT_ANNOUNCED);
      return;
    }
    const { from, to } = message.params;
    const self = member.peer.peer_id;
    const target = this.#rooms.find(member.room, to);
    if (!grant.maySend) outlet.reject(member, call, forbidden('send to other peers'));
    else if (from !== undefined && from !== self) outlet.reject(member, call, FALSE_SENDER);
    else if (to === self) outlet.reject(member, call, TO_SELF);
    else if (target === undefined) outlet.reject(member, call, peerNotFound(to, member.room));
    else if (message.method === 'peer.offer') {
      if (call !== undefined) this.#offers.pass(this.#now, member, call, message.params, target);
    } else {
      target.send(notificationText(message.method, { ...message.params, from: self }));
      outlet.respond(member, call, null);
    }
  }

  #list(connection: Connection, asked: string | undefined, call: RpcCall | undefined): void {
    const { member, grant } = connection;
    const name = asked ?? member?.room;
    if (name === undefined) this.#outlet.reject(connection, call, NOT_ANNOUNCED);
    else if (name !== member?.room && !grant.admin) {
      this.#outlet.reject(connection, call, forbidden(`list the peers of room ${name}`));
    } else {
      const room = this.#rooms.get(name);
      const self = name === member?.room ? member.peer.peer_id : undefined;
      const peers = room === undefined ? [] : peersOf(room, self);
      this.#outlet.respond(connection, call, { peers, presence_version: room?.version ?? 0 });
    }
  }

  #giveIceServers({
    socket,
    servers,
    ttlSeconds,
  }: Extract<HubInput, { readonly kind: 'ice-servers' }>): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) {
      this.#outlet.drop('unknown-socket');
      return;
    }
    const expiresAt = after(this.#now, Math.round(ttlSeconds * 1_000_000) as Micros);
    connection.iceServers = { servers, expiresAt };
    this.#tellIceServers(connection);
  }

  #tellIceServers(connection: Connection): void {
    if (connection.iceServers === undefined || connection.member === undefined) return;
    const params = iceServersParams(connection.iceServers, this.#now);
    connection.send(notificationText('server.ice_servers', params));
  }

  #drain(spreadMs: number): void {
    if (!Number.isSafeInteger(spreadMs) || spreadMs < 1 || spreadMs > MAX_DRAIN_SPREAD_MS) {
      throw new HubOptionError('spreadMs', spreadMs, MAX_DRAIN_SPREAD_MS);
    }
    this.#draining = true;
    const step = spreadMs / this.#connections.size;
    let nth = 0;
    for (const connection of this.#connections.values()) {
      const reconnect_after_ms = Math.floor(step * nth++);
      connection.send(notificationText('server.draining', { reconnect_after_ms }));
    }
  }

  #expireTokens(): void {
    for (;;) {
      const connection = this.#expiries.takeDue(this.#now);
      if (connection === undefined) return;
      this.#close(connection, CloseCode.TOKEN_EXPIRED, 'the token has expired; bring a fresh one');
      this.#closed(connection.socket, false);
    }
  }

  /** Closes a socket that broke the rules; its peer is gone at once. */
  #expel(connection: Connection, code: number, reason: string): void {
    if (connection.member !== undefined) this.#seating.leave(connection.member, 'connection-lost');
    this.#close(connection, code, reason);
    this.#closed(connection.socket, false);
  }

  #takeOver(stale: Connection): void {
    stale.member = undefined;
    this.#close(stale, CloseCode.TAKEN_OVER, 'the peer is back on another connection');
    this.#closed(stale.socket, false);
  }

  #close({ socket }: Connection, code: number, reason: string): void {
    this.#outlet.outputs.push({ kind: 'close', socket, code, reason });
  }

  #closed(socket: SocketId, goodbye: boolean): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    this.#connections.delete(socket);
    this.#expiries.delete(connection);
    const { member } = connection;
    connection.member = undefined;
    if (member !== undefined) this.#seating.disconnected(this.#now, member, goodbye);
  }
}
