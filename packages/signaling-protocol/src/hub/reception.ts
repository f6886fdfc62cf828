import { ErrorCode } from '../error-codes.js';
import type { IncomingMessage, JsonRpcError, JsonRpcId } from '../json-rpc/index.js';
import { decodeForHub, isMethod, isRequest } from '../messages/index.js';
import type { HubCall, HubParams } from '../messages/index.js';
import { openRpcDocument } from '../openrpc/document.js';
import type { Micros } from '../time.js';
import type { Connection } from './connection.js';
import {
  ALREADY_ANNOUNCED,
  ASKED_IN_BATCH,
  DRAINING,
  forbidden,
  NOT_ANNOUNCED,
  rateLimited,
  RESUME_IN_BATCH,
  TOO_MANY_ROOMS,
} from './errors.js';
import { announcementRefusal } from './grant.js';
import { iceServersParams } from './ice-servers.js';
import type { HubDrop } from './io.js';
import type { RoomMessage } from './room-entry.js';
import { writtenParams, writtenResult } from './pass-through.js';
import type { Rooms } from './rooms.js';
import type { ServerInfo } from './server-info.js';
import type { Tally } from './tally.js';

/** Where a message goes on to. */
export type Received =
  /** To the connection's own room, or back to a connection that is in none. */
  | { readonly to: 'own-room'; readonly message: RoomMessage }
  /** To the room that the connection announces itself to. */
  | {
      readonly to: 'new-room';
      readonly room: string;
      readonly message: RoomMessage;
      readonly params: HubParams<'peer.announce'>;
    }
  /** To another room, on behalf of an admin. */
  | {
      readonly to: 'other-room';
      readonly room: string;
      readonly call: HubCall;
      readonly id: JsonRpcId;
    };

type Calling = Extract<IncomingMessage, { readonly kind: 'request' | 'notification' }>;

/** Looks at every message that arrives: lets it pass to its room, answers it, or drops it. */
export class Reception {
  readonly #info: ServerInfo;
  readonly #rooms: Rooms;
  readonly #tally: Tally;
  isDraining = false;

  constructor(info: ServerInfo, rooms: Rooms, tally: Tally) {
    this.#info = info;
    this.#rooms = rooms;
    this.#tally = tally;
  }

  /**
   * `undefined` if the message ends here, unanswered. It is within its socket's rate; `text` is it
   * alone, if what is written there may be passed on.
   */
  examine(
    now: Micros,
    connection: Connection,
    message: IncomingMessage,
    isBatch: boolean,
    text: string | undefined,
  ): Received | undefined {
    const { seq } = message;
    switch (message.kind) {
      case 'request':
      case 'notification':
        return this.#examineCall(now, connection, message, isBatch, text);
      case 'result': {
        const { id, result } = message;
        const outcome = { ok: true, result } as const;
        const written = text === undefined ? undefined : writtenResult(text, id, seq);
        return this.#response(connection, { kind: 'response', id, outcome, seq, written });
      }
      case 'error': {
        const outcome = { ok: false, error: message.error } as const;
        return this.#response(connection, { kind: 'response', id: message.id, outcome, seq });
      }
      case 'invalid': {
        this.#tally.drop('invalid-request');
        const error = { code: ErrorCode.INVALID_REQUEST, message: message.message };
        return answered({ kind: 'answered', id: message.id, answer: { error }, seq });
      }
      case 'broken-response':
        this.#tally.drop('broken-response');
        return undefined;
    }
  }

  #response(connection: Connection, message: RoomMessage): Received | undefined {
    if (connection.room !== undefined) return { to: 'own-room', message };
    this.#tally.drop('unmatched-response');
    return undefined;
  }

  #examineCall(
    now: Micros,
    connection: Connection,
    calling: Calling,
    isBatch: boolean,
    text: string | undefined,
  ): Received | undefined {
    const { method, params } = calling;
    const room = connection.room === undefined ? undefined : this.#rooms.rate(connection.room);
    if (room !== undefined && !room.take(now)) {
      return this.refuse(calling, method, rateLimited(room.retryAfterMs(now)), 'rate-limited');
    }
    const decoded = decodeForHub(method, params);
    if (!decoded.ok) return this.refuse(calling, method, decoded.error);
    if (calling.kind === 'notification' && isRequest(decoded.value.method)) {
      this.#tally.drop('request-without-id');
      return undefined;
    }
    return this.#direct(now, connection, calling, decoded.value, isBatch, text);
  }

  /** Answers what concerns no room; sends the rest to the room it concerns. */
  #direct(
    now: Micros,
    connection: Connection,
    calling: Calling,
    call: HubCall,
    isBatch: boolean,
    text: string | undefined,
  ): Received | undefined {
    const { seq, params } = calling;
    const id = calling.kind === 'request' ? calling.id : undefined;
    const written =
      text === undefined || params === undefined || !('to' in call.params)
        ? undefined
        : writtenParams(text, call, params, id, seq);
    const message: RoomMessage = { kind: 'call', call, id, seq, written };
    switch (call.method) {
      case 'peer.announce': {
        const refusal = this.#announcementRefusal(connection, call.params, isBatch);
        if (refusal !== undefined) return this.refuse(calling, call.method, refusal);
        return { to: 'new-room', room: call.params.room, message, params: call.params };
      }
      case 'server.info':
        return this.#answer(calling, call.method, this.#info);
      case 'rpc.discover':
        return this.#answer(calling, call.method, openRpcDocument());
      case 'server.ice_servers':
        if (connection.room === undefined) return this.refuse(calling, call.method, NOT_ANNOUNCED);
        return this.#answer(calling, call.method, iceServersParams(connection.iceServers, now));
      case 'admin.rooms':
        if (!connection.grant.admin) return this.#forbid(calling, call.method, 'list rooms');
        return this.#answer(calling, call.method, { rooms: this.#rooms.sizes() });
      case 'admin.kick':
        return this.#ask(connection, calling, call, call.params.room, 'remove peers', isBatch);
      case 'admin.close_room':
        return this.#ask(connection, calling, call, call.params.room, 'close rooms', isBatch);
      case 'peer.list': {
        const room = call.params.room ?? connection.room;
        if (room === undefined) return this.refuse(calling, call.method, NOT_ANNOUNCED);
        if (room === connection.room) return { to: 'own-room', message };
        const what = `list the peers of room ${room}`;
        return this.#ask(connection, calling, call, room, what, isBatch);
      }
      case 'peer.offer':
      case 'peer.ice_candidate':
      case 'peer.state_changed':
      case 'peer.disconnect':
        if (connection.room === undefined) return this.refuse(calling, call.method, NOT_ANNOUNCED);
        if (connection.grant.maySend) return { to: 'own-room', message };
        return this.#forbid(calling, call.method, 'send to other peers');
    }
  }

  #ask(
    { grant }: Connection,
    calling: Calling,
    call: HubCall,
    room: string,
    what: string,
    isBatch: boolean,
  ): Received | undefined {
    if (calling.kind !== 'request') return undefined;
    if (!grant.admin) return this.#forbid(calling, call.method, what);
    // Its answer comes from elsewhere, and would keep those of the rest waiting.
    if (isBatch) return this.refuse(calling, call.method, ASKED_IN_BATCH);
    if (this.#rooms.isOneTooMany(room)) {
      return this.refuse(calling, call.method, TOO_MANY_ROOMS);
    }
    return { to: 'other-room', room, call, id: calling.id };
  }

  #announcementRefusal(
    { room, grant }: Connection,
    params: HubParams<'peer.announce'>,
    isBatch: boolean,
  ): JsonRpcError | undefined {
    if (this.isDraining) return DRAINING;
    if (room !== undefined) return ALREADY_ANNOUNCED;
    // What else the batch asks would be answered under numbers of the place taken again.
    if (params.resume === true && isBatch) return RESUME_IN_BATCH;
    if (this.#rooms.isOneTooMany(params.room)) return TOO_MANY_ROOMS;
    return announcementRefusal(grant, params);
  }

  #answer(calling: Calling, method: string, result: unknown): Received | undefined {
    this.#tally.count(method, 'ok');
    if (calling.kind === 'notification') return undefined;
    const { id, seq } = calling;
    return answered({ kind: 'answered', id, answer: { result }, seq });
  }

  #forbid(calling: Calling, method: string, what: string): Received | undefined {
    return this.refuse(calling, method, forbidden(what));
  }

  /** Answers a request with an error; a notification has no answer, so it is only counted. */
  refuse(
    calling: Calling,
    method: string,
    error: JsonRpcError,
    unanswered: HubDrop = 'refused-notification',
  ): Received | undefined {
    this.#tally.count(isMethod(method) ? method : 'unknown', error.code);
    if (calling.kind === 'notification') {
      this.#tally.drop(unanswered);
      return undefined;
    }
    const { id, seq } = calling;
    return answered({ kind: 'answered', id, answer: { error }, seq });
  }
}

const answered = (message: RoomMessage): Received => ({ to: 'own-room', message });
