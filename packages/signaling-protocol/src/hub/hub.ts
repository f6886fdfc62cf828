import { notificationText, RpcPeer } from '../json-rpc/index.js';
import type {
  JsonRpcError,
  JsonRpcParams,
  RpcCall,
  RpcEvent,
  RpcOutcome,
} from '../json-rpc/index.js';
import {
  decodeForHub,
  decodeValue,
  isRequest,
  isSessionDescription,
  METHODS,
} from '../messages/index.js';
import type { HubCall, HubParams, LeaveReason, ResultOf } from '../messages/index.js';
import { OutputQueue } from '../output-queue.js';
import type { Micros } from '../time.js';
import type { Connection, SocketId } from './connection.js';
import {
  ALREADY_ANNOUNCED,
  answerInvalid,
  FALSE_SENDER,
  joinError,
  NO_ANSWER,
  NOT_ANNOUNCED,
  OFFER_INVALID,
  peerNotFound,
  TO_SELF,
  TOO_MANY_OFFERS,
} from './errors.js';
import { SocketIdInUseError } from './io.js';
import type { HubDrop, HubInput, HubOutput, HubSnapshot } from './io.js';
import { hubLimits } from './options.js';
import type { HubLimits, HubOptions } from './options.js';
import { PendingOffers } from './pending-offers.js';
import { Rooms } from './rooms.js';

/**
 * The brain of a signaling server, without I/O: rooms, presence and routing. Feed it with
 * {@link handle}, then {@link poll} until nothing comes, and give it the time at
 * {@link nextDeadline}. Rooms do not see each other; messages between two peers keep their order.
 */
export class Hub {
  readonly #limits: HubLimits;
  readonly #wallClock: (now: Micros) => string;
  readonly #connections = new Map<SocketId, Connection>();
  readonly #rooms: Rooms;
  readonly #offers = new PendingOffers();
  readonly #outputs = new OutputQueue<HubOutput>();
  readonly #dropped = new Map<HubDrop, number>();
  #peers = 0;
  #now = 0 as Micros;

  /** Throws {@link HubOptionError} for a limit that is no positive whole number. */
  constructor(options: HubOptions) {
    this.#limits = hubLimits(options);
    this.#wallClock = options.wallClock;
    this.#rooms = new Rooms(this.#limits.maxRooms, this.#limits.maxPeersPerRoom);
  }

  /** When the hub next wants to be told the time; `NEVER` while nothing waits. */
  get nextDeadline(): Micros {
    return this.#offers.nextDeadline;
  }

  /** Takes one input; throws {@link SocketIdInUseError} if an open socket is opened again. */
  handle(input: HubInput): void {
    if (input.now > this.#now) this.#now = input.now;
    switch (input.kind) {
      case 'opened':
        this.#open(input.socket);
        return;
      case 'text':
        this.#receive(input.socket, input.text);
        return;
      case 'closed':
        this.#forget(input.socket, input.clean ? 'left' : 'connection-lost');
        return;
      case 'time':
        this.#expireOffers();
    }
  }

  /** The next thing to do, removed; `undefined` when all is done. */
  poll(): HubOutput | undefined {
    return this.#outputs.poll();
  }

  snapshot(): HubSnapshot {
    return {
      connections: this.#connections.size,
      peers: this.#peers,
      rooms: this.#rooms.size,
      pendingOffers: this.#offers.size,
      dropped: Object.fromEntries(this.#dropped),
    };
  }

  #open(socket: SocketId): void {
    if (this.#connections.has(socket)) throw new SocketIdInUseError(socket);
    const rpc = new RpcPeer({
      limits: this.#limits.messageLimits,
      maxPendingRequests: this.#limits.maxPendingPerConnection,
      maxPendingCalls: this.#limits.maxPendingPerConnection,
      requestTimeout: this.#limits.offerTimeout,
    });
    this.#connections.set(socket, { socket, rpc, membership: undefined });
  }

  #receive(socket: SocketId, text: string): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) {
      this.#drop('unknown-socket');
      return;
    }
    for (const event of connection.rpc.receive(this.#now, text)) this.#take(connection, event);
  }

  #take(connection: Connection, event: RpcEvent): void {
    switch (event.kind) {
      case 'request':
        this.#perform(connection, event.method, event.params, event.call);
        return;
      case 'notification':
        this.#perform(connection, event.method, event.params, undefined);
        return;
      case 'response':
        this.#passAnswer(connection, event.id, event.outcome);
        return;
      case 'send':
        this.#send(connection, event.text);
        return;
      case 'dropped':
        this.#drop(event.reason);
        if (event.reason === 'message-too-large') this.#expel(connection, 1009, event.reason);
    }
  }

  #perform(
    connection: Connection,
    method: string,
    params: JsonRpcParams | undefined,
    call: RpcCall | undefined,
  ): void {
    const decoded = decodeForHub(method, params);
    if (!decoded.ok) this.#reject(connection, call, decoded.error);
    else if (call === undefined && isRequest(decoded.value.method))
      this.#drop('request-without-id');
    else if (decoded.value.method === 'peer.announce') {
      this.#announce(connection, decoded.value.params, call);
    } else this.#route(connection, decoded.value, call);
  }

  #announce(
    connection: Connection,
    params: HubParams<'peer.announce'>,
    call: RpcCall | undefined,
  ): void {
    const { peer_id, room, capabilities, user_data } = params;
    if (connection.membership !== undefined) {
      this.#reject(connection, call, ALREADY_ANNOUNCED);
      return;
    }
    const refusal = this.#rooms.join(room, peer_id, connection);
    if (refusal !== undefined) {
      this.#reject(connection, call, joinError(refusal, params));
      return;
    }
    const peer = { peer_id, capabilities, user_data };
    connection.membership = { room, peer };
    this.#peers++;
    const others = [...this.#rooms.members(room)].filter((member) => member !== connection);
    const result: ResultOf<'peer.announce'> = {
      status: 'registered',
      registered_at: this.#wallClock(this.#now),
      room,
      peers: others.flatMap((member) => member.membership?.peer ?? []),
    };
    this.#respond(connection, call, result);
    const text = notificationText('peer.announced', peer);
    for (const member of others) this.#send(member, text);
  }

  /** Passes a message on to the peer it names, in the sender's room and under the sender's id. */
  #route(
    connection: Connection,
    message: Exclude<HubCall, { readonly method: 'peer.announce' }>,
    call: RpcCall | undefined,
  ): void {
    const { membership } = connection;
    if (membership === undefined) {
      this.#reject(connection, call, NOT_ANNOUNCED);
      return;
    }
    const { from, to } = message.params;
    const self = membership.peer.peer_id;
    const target = this.#rooms.find(membership.room, to);
    if (from !== undefined && from !== self) this.#reject(connection, call, FALSE_SENDER);
    else if (to === self) this.#reject(connection, call, TO_SELF);
    else if (target === undefined) this.#reject(connection, call, peerNotFound(to, membership));
    else if (message.method === 'peer.offer') {
      if (call !== undefined) this.#passOffer(connection, self, message.params, target, call);
    } else {
      this.#send(target, notificationText(message.method, { ...message.params, from: self }));
      this.#respond(connection, call, null);
    }
  }

  #passOffer(
    caller: Connection,
    from: string,
    params: HubParams<'peer.offer'>,
    target: Connection,
    call: RpcCall,
  ): void {
    if (!isSessionDescription(params.sdp)) {
      this.#reject(caller, call, OFFER_INVALID);
      return;
    }
    const request =
      this.#offers.size < this.#limits.maxPendingOffers
        ? target.rpc.request(this.#now, 'peer.offer', { ...params, from })
        : undefined;
    if (request === undefined) {
      this.#reject(caller, call, TOO_MANY_OFFERS);
      return;
    }
    const { id: forwardedId, deadline } = request;
    const requestId = params.request_id;
    this.#offers.add({ caller, call, requestId, target, forwardedId, deadline });
    this.#send(target, request.text);
  }

  /** Carries an answer, or the target's own error as it is, back to the caller. */
  #passAnswer(target: Connection, forwardedId: number, outcome: RpcOutcome): void {
    const offer = this.#offers.take(target, forwardedId);
    if (offer === undefined) return;
    const { caller, call, requestId } = offer;
    if (!outcome.ok) {
      this.#reject(caller, call, outcome.error);
      return;
    }
    const answer = decodeValue(METHODS['peer.offer'].result, outcome.result, 'the answer');
    if (!answer.ok) {
      this.#reject(caller, call, answerInvalid(answer.error.message));
    } else if (answer.value.request_id !== requestId) {
      this.#reject(caller, call, answerInvalid('the answer names another request_id'));
    } else if (!isSessionDescription(answer.value.sdp)) {
      this.#reject(caller, call, answerInvalid('the answer is no session description'));
    } else this.#respond(caller, call, answer.value);
  }

  #expireOffers(): void {
    for (const target of this.#offers.overdue(this.#now)) {
      for (const timeout of target.rpc.expire(this.#now)) {
        if (timeout.kind !== 'request-timeout') continue;
        const offer = this.#offers.take(target, timeout.id);
        if (offer !== undefined) this.#reject(offer.caller, offer.call, NO_ANSWER);
      }
    }
  }

  /** Closes a socket that broke the rules; its peer is gone at once. */
  #expel(connection: Connection, code: number, reason: string): void {
    this.#outputs.push({ kind: 'close', socket: connection.socket, code, reason });
    this.#forget(connection.socket, 'connection-lost');
  }

  #forget(socket: SocketId, reason: LeaveReason): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    this.#connections.delete(socket);
    const { membership } = connection;
    if (membership === undefined) return;
    connection.membership = undefined;
    const { room, peer } = membership;
    this.#rooms.leave(room, peer.peer_id);
    this.#peers--;
    for (const { target, forwardedId } of this.#offers.takeFrom(connection)) {
      target.rpc.forget(forwardedId);
    }
    for (const { caller, call } of this.#offers.takeTo(connection)) {
      this.#reject(caller, call, peerNotFound(peer.peer_id, membership));
    }
    const text = notificationText('peer.left', { peer_id: peer.peer_id, reason });
    for (const member of this.#rooms.members(room)) this.#send(member, text);
  }

  #respond(connection: Connection, call: RpcCall | undefined, result: unknown): void {
    if (call === undefined) return;
    const text = connection.rpc.respond(call, result);
    if (text !== undefined) this.#send(connection, text);
  }

  /** Answers a request with an error; a notification has no answer, so it is only counted. */
  #reject(connection: Connection, call: RpcCall | undefined, error: JsonRpcError): void {
    if (call === undefined) {
      this.#drop('refused-notification');
      return;
    }
    const text = connection.rpc.reject(call, error);
    if (text !== undefined) this.#send(connection, text);
  }

  #send(connection: Connection, text: string): void {
    this.#outputs.push({ kind: 'send', socket: connection.socket, text });
  }

  #drop(reason: HubDrop): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }
}
