import { notificationText } from '../json-rpc/index.js';
import type { JsonRpcError } from '../json-rpc/index.js';
import type { HubCall, ResultOf } from '../messages/index.js';
import type { Micros } from '../time.js';
import { Batch, callOf, endReading, pass, reject, respond } from './call.js';
import type { Call, Party } from './call.js';
import { CloseCode } from '../close-code.js';
import { FALSE_SENDER, NOT_ANNOUNCED, peerNotFound, TO_SELF } from './errors.js';
import type { Member } from './member.js';
import { OfferExchange } from './offer-exchange.js';
import type { HubLimits } from './options.js';
import type { Admission, Home, RoomEntry, RoomMessage } from './room-entry.js';
import type { RoomIo } from './room-io.js';
import { writtenCall } from './pass-through.js';
import { Seating } from './seating.js';
import type { Seats } from './seats.js';

type Entry<Kind extends RoomEntry['kind']> = Extract<RoomEntry, { readonly kind: Kind }>;
type Read = Entry<'messages'>;

type CallMessage = Extract<RoomMessage, { readonly kind: 'call' }>;

/** What is addressed to another peer. */
export type RoutedCall = Extract<HubCall, { readonly params: { readonly to: string } }>;

/**
 * A room: who is in it and what they say to one another. It is made of nothing but its entries, so
 * instances that apply the same entries have the same room; `now` only decides when it finds
 * something overdue, which then is an entry too.
 */
export class Room {
  readonly name: string;
  readonly offers: OfferExchange;
  readonly seating: Seating;
  readonly #io: RoomIo;

  constructor(name: string, limits: HubLimits, io: RoomIo) {
    this.name = name;
    this.#io = io;
    this.offers = new OfferExchange(name, limits, io);
    this.seating = new Seating(name, limits, io, this.offers);
  }

  get seats(): Seats {
    return this.seating.seats;
  }

  /** When {@link overdue} next has something to tell; `NEVER` while nothing waits. */
  get nextDeadline(): Micros {
    return Math.min(this.offers.pending.nextDeadline, this.seats.nextDeadline) as Micros;
  }

  /** The entry by which what is overdue ends; `undefined` if nothing is. */
  overdue(now: Micros): Entry<'overdue'> | undefined {
    const offers = this.offers.pending.overdue(now);
    const away = this.seats.overdue(now);
    if (offers.length === 0 && away.length === 0) return undefined;
    return {
      kind: 'overdue',
      offers: offers.map(({ target, forwardedId }) => [target.id, forwardedId]),
      away: away.map(({ id, absences }) => [id, absences]),
    };
  }

  apply(now: Micros, entry: RoomEntry): void {
    switch (entry.kind) {
      case 'messages':
        this.#read(now, entry);
        return;
      case 'asked':
        this.#answerAdmin(entry);
        return;
      case 'closed': {
        const member = this.seats.at(entry.home);
        if (member === undefined) return;
        if (entry.how === 'lost') this.seating.lost(now, member);
        else this.seating.leave(member, entry.how === 'goodbye' ? 'left' : 'connection-lost');
        return;
      }
      case 'overdue':
        this.#giveUp(entry);
        return;
      case 'instance-gone':
        for (const member of this.seats.of(entry.instance)) {
          // Heard only by an instance that was taken for dead and is not.
          if (member.home !== undefined) {
            this.#io.close(member.home, CloseCode.SERVICE_RESTART, 'connect again and resume');
          }
          this.seating.lost(now, member);
        }
    }
  }

  #read(now: Micros, { home, isBatch, messages, admission }: Read): void {
    const batch = isBatch ? new Batch() : undefined;
    for (const message of messages) this.#take(now, home, message, batch, admission);
    if (batch !== undefined) endReading(this.#partyAt(home), batch);
  }

  #take(
    now: Micros,
    home: Home,
    message: RoomMessage,
    batch: Batch | undefined,
    admission: Admission | undefined,
  ): void {
    const member = this.seats.at(home);
    const { seq } = message;
    if (seq !== undefined && member !== undefined) {
      if (seq <= member.receivedSeq) {
        this.#io.drop(home.instance, 'duplicate');
        return;
      }
      member.receivedSeq = seq;
    }
    switch (message.kind) {
      case 'answered': {
        pass(member ?? this.#partyAt(home), callOf(message.id, batch), message.answer);
        return;
      }
      case 'response': {
        const { id, outcome, written } = message;
        const isMatched =
          member !== undefined &&
          typeof id === 'number' &&
          this.offers.passAnswer(member, id, outcome, written);
        if (!isMatched) this.#io.drop(home.instance, 'unmatched-response');
        return;
      }
      case 'call': {
        const call = message.id === undefined ? undefined : callOf(message.id, batch);
        const party = member ?? this.#partyAt(home);
        if (message.call.method !== 'peer.announce') {
          this.#perform(now, home, member, party, message, call);
        } else if (call !== undefined && admission !== undefined) {
          this.seating.announce(now, home, party, message.call.params, call, admission);
        }
      }
    }
  }

  /** Does what a peer asks of the room, or passes it on to the peer it names. */
  #perform(
    now: Micros,
    { instance }: Home,
    member: Member | undefined,
    party: Party,
    { call: message, written }: CallMessage,
    call: Call | undefined,
  ): void {
    const { method } = message;
    if (member === undefined) this.#reject(party, instance, method, call, NOT_ANNOUNCED);
    else if (method === 'peer.list') {
      this.#respond(party, instance, method, call, this.#list(member.id));
    } else if (isRouted(message)) this.#route(now, instance, member, message, written, call);
  }

  /** Passes a message on to the peer it names under the sender's id. */
  #route(
    now: Micros,
    instance: string,
    member: Member,
    { method, params }: RoutedCall,
    written: string | undefined,
    call: Call | undefined,
  ): void {
    const { from, to } = params;
    const target = this.seats.find(to);
    if (from !== undefined && from !== member.id) {
      this.#reject(member, instance, method, call, FALSE_SENDER);
    } else if (target === member) this.#reject(member, instance, method, call, TO_SELF);
    else if (target === undefined) {
      this.#reject(member, instance, method, call, peerNotFound(to, this.name));
    } else if (method === 'peer.offer') {
      if (call !== undefined) this.offers.pass(now, member, call, params, written, target);
    } else {
      if (written === undefined) {
        target.send(notificationText(method, { ...params, from: member.id }));
      } else target.sendOpen(writtenCall(method, member.id, from, written));
      this.#respond(member, instance, method, call, null);
    }
  }

  #answerAdmin({ home, call: { method, params }, id }: Entry<'asked'>): void {
    const call: Call = { id, batch: undefined };
    const party = this.#partyAt(home);
    const { instance } = home;
    if (method === 'peer.list') {
      this.#respond(party, instance, method, call, this.#list(undefined));
    } else if (method === 'admin.kick') {
      const member = this.seats.find(params.peer_id);
      if (member === undefined) {
        this.#reject(party, instance, method, call, peerNotFound(params.peer_id, this.name));
      } else {
        this.#remove(member, params.reason);
        this.#respond(party, instance, method, call, null);
      }
    } else if (method === 'admin.close_room') {
      const members = [...this.seats.members()];
      for (const member of members) this.#remove(member, params.reason);
      this.#respond(party, instance, method, call, { removed: members.length });
    }
    this.#io.asked(this.name, home);
  }

  #remove(member: Member, reason: string): void {
    const { home } = member;
    this.seating.leave(member, 'removed');
    if (home !== undefined) this.#io.close(home, CloseCode.REMOVED, reason);
  }

  /** Each ends only if it is still what it was when it was found overdue. */
  #giveUp({ offers, away }: Entry<'overdue'>): void {
    for (const [peerId, requestId] of offers) {
      const target = this.seats.find(peerId);
      if (target !== undefined) this.offers.timeOut(target, requestId);
    }
    for (const [peerId, absences] of away) {
      const member = this.seats.find(peerId);
      if (member === undefined || member.home !== undefined) continue;
      if (member.absences === absences) this.seating.leave(member, 'connection-lost');
    }
  }

  #list(exceptId: string | undefined): ResultOf<'peer.list'> {
    return { peers: this.seats.peers(exceptId), presence_version: this.seats.version };
  }

  #respond(
    party: Party,
    instance: string,
    method: string,
    call: Call | undefined,
    result: unknown,
  ): void {
    this.#io.count(instance, method, 'ok');
    if (call !== undefined) respond(party, call, result);
  }

  /** Answers a request with an error; a notification has no answer, so it is only counted. */
  #reject(
    party: Party,
    instance: string,
    method: string,
    call: Call | undefined,
    error: JsonRpcError,
  ): void {
    this.#io.count(instance, method, error.code);
    if (call === undefined) this.#io.drop(instance, 'refused-notification');
    else reject(party, call, error);
  }

  /** Who speaks from `home`: a member, or whoever is not one there. */
  #partyAt(home: Home): Party {
    return this.seats.at(home) ?? { send: (text) => this.#io.send(home, text) };
  }
}

const isRouted = (message: HubCall): message is RoutedCall => 'to' in message.params;
