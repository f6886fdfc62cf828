import { notificationText } from '../json-rpc/index.js';
import type { RpcCall } from '../json-rpc/index.js';
import type { HubParams, LeaveReason, ResultOf, WirePeerInfo } from '../messages/index.js';
import { after, NEVER } from '../time.js';
import type { Micros } from '../time.js';
import { Member } from './connection.js';
import type { Connection, Resumption } from './connection.js';
import { joinError, RESUME_IN_BATCH } from './errors.js';
import { announcementRefusal } from './grant.js';
import type { OfferExchange } from './offer-exchange.js';
import type { HubLimits, HubOptions } from './options.js';
import { Outbox } from '../outbox.js';
import type { Outlet } from './outlet.js';
import type { Room, Rooms } from './rooms.js';

/** Who has a place in which room, from the announcement to the leaving, connections lost included. */
export class Seating {
  readonly #limits: HubLimits;
  readonly #wallClock: HubOptions['wallClock'];
  readonly #randomToken: HubOptions['randomToken'];
  readonly #rooms: Rooms;
  readonly #offers: OfferExchange;
  readonly #outlet: Outlet;
  readonly #takeOver: (stale: Connection) => void;
  /** Members without a connection and when they lose their places, the soonest first. */
  readonly #away = new Map<Member, Micros>();
  #size = 0;

  /** `takeOver` is to close a connection whose member has come back on another. */
  constructor(
    limits: HubLimits,
    { wallClock, randomToken }: HubOptions,
    rooms: Rooms,
    offers: OfferExchange,
    outlet: Outlet,
    takeOver: (stale: Connection) => void,
  ) {
    this.#limits = limits;
    this.#wallClock = wallClock;
    this.#randomToken = randomToken;
    this.#rooms = rooms;
    this.#offers = offers;
    this.#outlet = outlet;
    this.#takeOver = takeOver;
  }

  /** Members, those away included. */
  get size(): number {
    return this.#size;
  }

  get away(): number {
    return this.#away.size;
  }

  get nextDeadline(): Micros {
    for (const deadline of this.#away.values()) return deadline;
    return NEVER;
  }

  /** Seats the peer of a connection that has none, new or come back, or says why not. */
  announce(
    now: Micros,
    connection: Connection,
    params: HubParams<'peer.announce'>,
    call: RpcCall,
  ): void {
    const refusal = announcementRefusal(connection.grant, params);
    if (refusal !== undefined) this.#outlet.reject(connection, call, refusal);
    // The rest of the batch would be answered to the old requests' table, or out of number.
    else if (params.resume === true && call.batch !== undefined) {
      this.#outlet.reject(connection, call, RESUME_IN_BATCH);
    } else if (!this.#resume(now, connection, params, call)) {
      this.#join(now, connection, params, call);
    }
  }

  /** The connection of `member` is gone; `goodbye` if its peer wanted it so. */
  disconnected(now: Micros, member: Member, goodbye: boolean): void {
    member.connection = undefined;
    if (goodbye) this.leave(member, 'left');
    else if (member.resumption === undefined) this.leave(member, 'connection-lost');
    else this.#away.set(member, after(now, this.#limits.resumeWindow));
  }

  leave(member: Member, reason: LeaveReason): void {
    if (member.connection !== undefined) member.connection.member = undefined;
    member.connection = undefined;
    this.#away.delete(member);
    this.#size--;
    const room = this.#rooms.leave(member);
    this.#offers.end(member);
    if (room === undefined) return;
    const { peer_id } = member.peer;
    const text = notificationText('peer.left', { peer_id, reason, version: room.version });
    for (const other of room.members.values()) other.send(text);
  }

  /** Takes their places from those who were away for too long. */
  expire(now: Micros): void {
    for (const [member, deadline] of this.#away) {
      if (deadline > now) break;
      this.leave(member, 'connection-lost');
    }
  }

  /** True if the announcement came with the token of a member, who then goes on as it was. */
  #resume(
    now: Micros,
    connection: Connection,
    { room: name, peer_id, resume_token, last_seq }: HubParams<'peer.announce'>,
    call: RpcCall,
  ): boolean {
    const member = this.#rooms.find(name, peer_id);
    const room = this.#rooms.get(name);
    if (resume_token === undefined || room === undefined) return false;
    if (member?.resumption?.token !== resume_token) return false;
    if (member.connection !== undefined) this.#takeOver(member.connection);
    const missed = member.resumption.outbox.after(last_seq ?? 0);
    if (missed === undefined) {
      this.leave(member, 'connection-lost');
      return false;
    }
    const result = this.#result(now, name, room, peer_id, resume_token, true);
    this.#outlet.respond(connection, call, result);
    this.#away.delete(member);
    member.connection = connection;
    connection.member = member;
    for (const text of missed) connection.sendUnnumbered(text);
    return true;
  }

  #join(
    now: Micros,
    connection: Connection,
    params: HubParams<'peer.announce'>,
    call: RpcCall,
  ): void {
    const { peer_id, room: name, capabilities, user_data, resume } = params;
    const refusal = this.#rooms.refusal(name, peer_id);
    if (refusal !== undefined) {
      this.#outlet.reject(connection, call, joinError(refusal, params));
      return;
    }
    const resumption = resume === true ? this.#newResumption() : undefined;
    const peer = { peer_id, capabilities, user_data };
    const member = new Member(name, peer, connection, resumption);
    const room = this.#rooms.join(member);
    this.#size++;
    const result = this.#result(now, name, room, peer_id, resumption?.token, false);
    // Before the connection has its member, whose messages are numbered: this one is not.
    this.#outlet.respond(connection, call, result);
    connection.member = member;
    const text = notificationText('peer.announced', { ...peer, version: room.version });
    for (const other of room.members.values()) if (other !== member) other.send(text);
  }

  #result(
    now: Micros,
    name: string,
    room: Room,
    peerId: string,
    token: string | undefined,
    resumed: boolean,
  ): ResultOf<'peer.announce'> {
    return {
      status: 'registered',
      registered_at: this.#wallClock(now),
      room: name,
      peers: peersOf(room, peerId),
      presence_version: room.version,
      ...(token === undefined ? {} : { resume_token: token, resumed }),
    };
  }

  #newResumption(): Resumption | undefined {
    const token = this.#randomToken?.();
    if (token === undefined) return undefined;
    const { maxKeptMessages: messages, maxKeptCharacters: characters } = this.#limits;
    return { token, outbox: new Outbox({ messages, characters }) };
  }
}

/** The peers of `room` as they are on the wire, without the one that is `exceptId`. */
export function peersOf(room: Room, exceptId: string | undefined): WirePeerInfo[] {
  const peers: WirePeerInfo[] = [];
  for (const { peer } of room.members.values()) if (peer.peer_id !== exceptId) peers.push(peer);
  return peers;
}
