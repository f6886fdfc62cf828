import { errorText, parseFailureError, parseJsonRpc } from '../json-rpc/index.js';
import type { IncomingMessage } from '../json-rpc/index.js';
import type { Micros } from '../time.js';
import { Batch, callOf, endReading, pass } from './call.js';
import { CloseCode } from '../close-code.js';
import type { Connection } from './connection.js';
import type { Connections } from './connections.js';
import { rateLimited } from './errors.js';
import type { HubLimits, HubOptions } from './options.js';
import type { Received, Reception } from './reception.js';
import type { Admission, RoomEntry, RoomMessage } from './room-entry.js';
import type { Rooms } from './rooms.js';
import type { Tally } from './tally.js';

/** What sockets send, on its way in: parsed, held to its rate, examined, and given to rooms. */
export class Intake {
  readonly #options: HubOptions;
  readonly #limits: HubLimits;
  readonly #connections: Connections;
  readonly #rooms: Rooms;
  readonly #reception: Reception;
  readonly #tally: Tally;
  readonly #expel: (connection: Connection, code: number, reason: string) => void;
  #now = 0 as Micros;

  /** `expel` closes a socket that broke the rules. */
  constructor(
    options: HubOptions,
    limits: HubLimits,
    connections: Connections,
    rooms: Rooms,
    reception: Reception,
    tally: Tally,
    expel: (connection: Connection, code: number, reason: string) => void,
  ) {
    this.#options = options;
    this.#limits = limits;
    this.#connections = connections;
    this.#rooms = rooms;
    this.#reception = reception;
    this.#tally = tally;
    this.#expel = expel;
  }

  /** Takes one text of `connection`. */
  receive(now: Micros, connection: Connection, text: string): void {
    this.#now = now;
    const { messageLimits } = this.#limits;
    const parsed = parseJsonRpc(text, messageLimits);
    if (parsed.ok) {
      const { messages, batch } = parsed.value;
      // In a log the text would be there twice, and all instances are to write the same.
      const written = batch || this.#options.instance !== undefined ? undefined : text;
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
      // A token of the peer's own choice is one it knows though the answer be lost.
      token:
        params.resume === true && randomToken !== undefined
          ? (params.resume_token ?? randomToken())
          : undefined,
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
      if (message.kind === 'answered') pass(connection, callOf(message.id, batch), message.answer);
    }
    if (batch !== undefined) endReading(connection, batch);
  }
}
