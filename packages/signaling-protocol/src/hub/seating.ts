import { notificationText } from '../json-rpc/index.js';
import type { JsonRpcError } from '../json-rpc/index.js';
import type { HubParams, LeaveReason, ResultOf } from '../messages/index.js';
import { after } from '../time.js';
import type { Micros } from '../time.js';
import { reject, respond } from './call.js';
import type { Call, Party } from './call.js';
import { CloseCode } from '../close-code.js';
import { joinError } from './errors.js';
import { Member } from './member.js';
import type { Resumption } from './member.js';
import type { OfferExchange } from './offer-exchange.js';
import type { HubLimits } from './options.js';
import { Outbox } from '../outbox.js';
import type { Admission, Home } from './room-entry.js';
import type { RoomIo } from './room-io.js';
import { Seats } from './seats.js';

type Announcement = HubParams<'peer.announce'>;

/** Who takes which seat of a room, comes back to it, and leaves it. */
export class Seating {
  readonly seats: Seats = new Seats();
  readonly #room: string;
  readonly #limits: HubLimits;
  readonly #io: RoomIo;
  readonly #offers: OfferExchange;

  constructor(room: string, limits: HubLimits, io: RoomIo, offers: OfferExchange) {
    this.#room = room;
    this.#limits = limits;
    this.#io = io;
    this.#offers = offers;
  }

  /** Seats a peer, new or come back, or says to `party`, who is at `home`, why not. */
  announce(
    now: Micros,
    home: Home,
    party: Party,
    params: Announcement,
    call: Call,
    admission: Admission,
  ): void {
    const { peer_id, resume_token, last_seq } = params;
    const holder = this.seats.find(peer_id);
    if (holder !== undefined) {
      const hasToken = resume_token !== undefined && resume_token === holder.resumption?.token;
      // Who knows what it has received is the very peer; another process of the same owner waits.
      const mayReplace =
        (hasToken && last_seq !== undefined) ||
        ((hasToken || admission.isOwner) && holder.home === undefined);
      if (!mayReplace) {
        const waitFor = this.seats.timeLeft(holder, now);
        this.#refuse(home, party, call, joinError('peer-id-taken', params, waitFor));
        return;
      }
      if (holder.home !== undefined) {
        this.#io.close(holder.home, CloseCode.TAKEN_OVER, 'the peer is back on another connection');
      }
      const missed =
        hasToken && last_seq !== undefined ? holder.resumption?.outbox.after(last_seq) : undefined;
      if (missed !== undefined) {
        this.#resume(now, home, party, holder, call, admission, missed);
        return;
      }
      this.leave(holder, 'connection-lost');
    }
    this.#join(now, home, party, params, call, admission);
  }

  /** The socket of `member` is gone, and not because its peer wanted it. */
  lost(now: Micros, member: Member): void {
    if (member.resumption === undefined) {
      this.leave(member, 'connection-lost');
      return;
    }
    this.seats.disconnect(member);
    member.absences++;
    this.seats.expect(member, after(now, this.#limits.resumeWindow));
  }

  leave(member: Member, reason: LeaveReason): void {
    const { home } = member;
    this.seats.remove(member);
    this.#offers.end(member);
    this.seats.version++;
    this.#io.left(this.#room, member.id, member.instance, home, reason);
    const { id: peer_id } = member;
    const version = this.seats.version;
    this.#tellOthers(member, notificationText('peer.left', { peer_id, reason, version }));
  }

  #resume(
    now: Micros,
    home: Home,
    party: Party,
    member: Member,
    call: Call,
    { registeredAt }: Admission,
    missed: readonly string[],
  ): void {
    this.seats.connect(member, home);
    this.#io.count(home.instance, 'peer.announce', 'ok');
    respond(party, call, {
      ...this.#result(now, home, member, registeredAt),
      resumed: true,
      received_seq: member.receivedSeq,
    });
    for (const text of missed) this.#io.send(home, text);
    this.#io.joined(this.#room, member.id, home, true);
  }

  #join(
    now: Micros,
    home: Home,
    party: Party,
    params: Announcement,
    call: Call,
    { registeredAt, token }: Admission,
  ): void {
    const { peer_id, capabilities, user_data } = params;
    if (this.seats.size >= this.#limits.maxPeersPerRoom) {
      this.#refuse(home, party, call, joinError('too-many-peers', params));
      return;
    }
    const resumption = this.#resumption(token);
    const peer = { peer_id, capabilities, user_data };
    const member = new Member(this.#io, peer, resumption, home, home.instance);
    this.seats.add(member);
    this.seats.version++;
    this.#io.count(home.instance, 'peer.announce', 'ok');
    const result = this.#result(now, home, member, registeredAt);
    // To the connection, not the member, whose messages are numbered: this one is not.
    respond(party, call, resumption === undefined ? result : { ...result, resumed: false });
    this.#io.joined(this.#room, member.id, home, false);
    const news = { ...peer, version: this.seats.version };
    this.#tellOthers(member, notificationText('peer.announced', news));
  }

  #refuse(home: Home, party: Party, call: Call, error: JsonRpcError): void {
    this.#io.refused(home);
    this.#io.count(home.instance, 'peer.announce', error.code);
    reject(party, call, error);
  }

  #result(
    now: Micros,
    home: Home,
    { id, resumption }: Member,
    registered_at: string,
  ): ResultOf<'peer.announce'> {
    const ice = this.#io.iceServers(now, home, id);
    return {
      status: 'registered',
      registered_at,
      room: this.#room,
      peers: this.seats.peers(id),
      presence_version: this.seats.version,
      ...(resumption && { resume_token: resumption.token }),
      ...(ice && { ice }),
    };
  }

  #resumption(token: string | undefined): Resumption | undefined {
    if (token === undefined) return undefined;
    const { maxKeptMessages: messages, maxKeptBytes: bytes } = this.#limits;
    return { token, outbox: new Outbox({ messages, bytes }) };
  }

  #tellOthers(member: Member, text: string): void {
    for (const other of this.seats.members()) if (other !== member) other.send(text);
  }
}
