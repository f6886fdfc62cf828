import type * as z from 'zod';
import type { JsonRpcError, RpcCall, RpcOutcome } from '../../json-rpc/index.js';
import { decodeValue, METHODS } from '../../messages/index.js';
import type { ClientParams, IceServer } from '../../messages/index.js';
import { after } from '../../time.js';
import type { Micros } from '../../time.js';
import type { End } from '../end.js';
import { BUSY, errorOf, faultOf, FAULTS, NOT_EXTENDABLE, TOO_MANY_SESSIONS } from './errors.js';
import type { Invites } from './invites.js';
import { withNote, withoutNote } from './note.js';
import { connected } from './params.js';
import type { connect, Note } from './params.js';
import type { Offer, Session, Sessions } from './sessions.js';

/** Capability of sessions that can be made to last longer. */
const EXTEND = 'extend';

/** What {@link Connects} stands on. */
export interface ConnectsContext {
  readonly client: End;
  readonly hub: End;
  readonly sessions: Sessions;
  readonly invites: Invites;
  /** Whether the peer is an ONVIF one, who reads notes. */
  readonly readsNotes: (peer: string) => boolean;
  readonly newId: () => string;
}

/**
 * How sessions come to be and last. Between two ONVIF ends `connect` and `extend` travel as notes
 * in offers without media; other peers know nothing of sessions.
 */
export class Connects {
  readonly #with: ConnectsContext;
  #iceServers: readonly IceServer[] = [];
  #iceServersExpireAt = 0 as Micros;
  #now = 0 as Micros;

  constructor(context: ConnectsContext) {
    this.#with = context;
  }

  advance(now: Micros): void {
    this.#now = now;
  }

  /** Remembers ICE servers for the sessions to come. */
  giveIceServers({ ice_servers, ttl_seconds }: ClientParams<'server.ice_servers'>): void {
    this.#iceServers = ice_servers;
    this.#iceServersExpireAt = after(this.#now, (ttl_seconds * 1_000_000) as Micros);
  }

  /** Answers the client's `connect` to a peer that is there. */
  connect({ peer, profile }: z.output<typeof connect>, call: RpcCall | undefined): void {
    const { client, sessions, invites, readsNotes, newId } = this.#with;
    if (readsNotes(peer)) {
      this.#connectEnd(peer, profile, call);
      return;
    }
    // Such a peer offers by itself: perhaps it has, else it will, or the client may invite it.
    const session = sessions.withPeer(peer) ?? sessions.open(newId(), peer, 'open');
    if (session === undefined) {
      client.reject(call, TOO_MANY_SESSIONS);
      return;
    }
    sessions.extend(session);
    client.respond(call, { ...this.#info(session.id), capabilities: [EXTEND] });
    invites.open(session);
  }

  /** Calls the client for a session that a peer of another kind has begun. */
  callClient({ id }: Session, done: (outcome: RpcOutcome) => void): void {
    this.#with.client.ask('connect', this.#info(id), done);
  }

  /** Takes a `connect` of another ONVIF end to the client. */
  takeConnect(
    { session: id, profile }: NonNullable<Note['connect']>,
    { call, params }: Offer,
  ): void {
    const { client, hub, sessions } = this.#with;
    const session = this.#replace(id, params.from);
    if (session === undefined) {
      hub.reject(call, BUSY);
      return;
    }
    client.ask('connect', { ...this.#info(id), profile }, (outcome) => {
      const result = outcome.ok
        ? decodeValue(connected, outcome.result ?? {}, 'the result of connect')
        : outcome;
      if (result.ok) hub.respond(call, answerTo(params, result.value));
      else {
        sessions.remove(session);
        hub.reject(call, errorOf(result.error));
      }
    });
  }

  /** Lets the session last longer, on both ends if the other has it too. */
  extend(id: string, call: RpcCall | undefined): void {
    const { client, hub, sessions, readsNotes } = this.#with;
    const session = sessions.get(id);
    if (session === undefined) {
      client.reject(call, NOT_EXTENDABLE);
      return;
    }
    sessions.extend(session);
    const result = { expiryTimeSeconds: sessions.lifetimeSeconds };
    if (!readsNotes(session.peer)) {
      client.respond(call, result);
      return;
    }
    hub.ask('peer.offer', noteTo(session.peer, id, { extend: id }), (outcome) => {
      if (outcome.ok) client.respond(call, result);
      else client.reject(call, faultOf(FAULTS.extend, outcome.error));
    });
  }

  /** Takes the `extend` of another ONVIF end; a client that can is told. */
  takeExtend(id: string, { call, params }: Offer, capabilities: readonly string[]): void {
    const { client, hub, sessions } = this.#with;
    const session = sessions.get(id);
    if (session === undefined || session.peer !== params.from) {
      hub.reject(call, GONE);
      return;
    }
    sessions.extend(session);
    hub.respond(call, answerTo(params, {}));
    if (!capabilities.includes(EXTEND)) return;
    const expiryTimeSeconds = sessions.lifetimeSeconds;
    // The session lasts whatever the client says to it.
    client.ask('extend', { session: id, expiryTimeSeconds }, () => undefined);
  }

  #connectEnd(peer: string, profile: string | undefined, call: RpcCall | undefined): void {
    const { client, hub, sessions, newId } = this.#with;
    if (sessions.isFull && sessions.withPeer(peer) === undefined) {
      client.reject(call, TOO_MANY_SESSIONS);
      return;
    }
    const id = newId();
    hub.ask('peer.offer', noteTo(peer, id, { connect: { session: id, profile } }), (outcome) => {
      const { result: schema } = METHODS['peer.offer'];
      const result = outcome.ok ? decodeValue(schema, outcome.result, 'the answer') : outcome;
      if (!result.ok) client.reject(call, faultOf(FAULTS.connect, result.error));
      else if (this.#replace(id, peer) === undefined) client.reject(call, TOO_MANY_SESSIONS);
      else {
        const { capabilities = [] } = withoutNote(result.value.sdp).note;
        const both = [...new Set([...capabilities, EXTEND])];
        client.respond(call, { ...this.#info(id), capabilities: both });
      }
    });
  }

  /** A session under an id that one of two ONVIF ends made, in place of what they had before. */
  #replace(id: string, peer: string): Session | undefined {
    const { sessions, invites } = this.#with;
    const earlier = sessions.withPeer(peer);
    if (earlier !== undefined) {
      invites.end(earlier);
      sessions.remove(earlier);
    }
    return sessions.open(id, peer, 'open');
  }

  /** What both sides are told of a session. */
  #info(session: string): Readonly<Record<string, unknown>> {
    const known = this.#now < this.#iceServersExpireAt ? this.#iceServers : [];
    return {
      session,
      ...(known.length === 0 ? {} : { iceServers: known }),
      expiryTimeSeconds: this.#with.sessions.lifetimeSeconds,
    };
  }
}

const GONE: JsonRpcError = { ...NOT_EXTENDABLE, code: errorOf(NOT_EXTENDABLE).code };

/** Parameters of an offer that is only a note. */
const noteTo = (to: string, requestId: string, note: Note): Readonly<Record<string, unknown>> => ({
  to,
  sdp: withNote(note),
  can_trickle_ice_candidates: false,
  request_id: requestId,
});

const answerTo = (
  { request_id }: ClientParams<'peer.offer'>,
  note: Note,
): Readonly<Record<string, unknown>> => ({
  sdp: withNote(note),
  can_trickle_ice_candidates: false,
  request_id,
});
