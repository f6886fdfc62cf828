import { ErrorCode } from '../../error-codes.js';
import type { RpcCall, RpcOutcome } from '../../json-rpc/index.js';
import { decodeValue, isSessionDescription, METHODS } from '../../messages/index.js';
import type { ClientParams } from '../../messages/index.js';
import type * as z from 'zod';
import type { Drops } from '../drops.js';
import type { End } from '../end.js';
import { BUSY, errorOf, faultOf, FAULTS, GIVES_WAY, NO_SESSION, REPLACED } from './errors.js';
import { withNote, withoutNote } from './note.js';
import { invited } from './params.js';
import type { invite } from './params.js';
import type { Offer, Session, Sessions } from './sessions.js';

/** Candidates kept for a session that is not open yet. */
const MAX_CANDIDATES = 64;

/** What {@link Invites} stands on. */
export interface InvitesContext {
  readonly client: End;
  readonly hub: End;
  readonly sessions: Sessions;
  readonly drops: Drops;
  /** Whether the peer is an ONVIF one, who reads notes. */
  readonly readsNotes: (peer: string) => boolean;
  /** Sends `connect` to the client for a session that a peer began. */
  readonly callClient: (session: Session, done: (outcome: RpcOutcome) => void) => void;
  readonly newId: () => string;
}

/** Offers and candidates, both ways: `invite` and `trickle` here, `peer.*` in the hub. */
export class Invites {
  readonly #with: InvitesContext;
  #count = 0;

  constructor(context: InvitesContext) {
    this.#with = context;
  }

  /** Passes the client's invitation on; it takes precedence over what its peer has offered. */
  make(
    { session: id, offer, subprotocols }: z.output<typeof invite>,
    call: RpcCall | undefined,
  ): void {
    const { client, hub, sessions, readsNotes } = this.#with;
    const session = sessions.get(id);
    if (session === undefined || !isSessionDescription(offer)) {
      client.reject(call, session === undefined ? NO_SESSION : BAD_OFFER);
      return;
    }
    for (const offered of this.#unanswered(session)) hub.reject(offered, GIVES_WAY);
    session.state = 'open';
    // Those that were kept are of the offer that has just given way.
    session.candidates.length = 0;
    const carriesNote = subprotocols !== undefined && readsNotes(session.peer);
    const params = {
      to: session.peer,
      sdp: carriesNote ? withNote({ subprotocols }, offer) : offer,
      can_trickle_ice_candidates: true,
      request_id: `invite-${++this.#count}`,
    };
    hub.ask('peer.offer', params, (outcome) => {
      const result = outcome.ok
        ? decodeValue(METHODS['peer.offer'].result, outcome.result, 'the answer')
        : outcome;
      if (!result.ok) {
        client.reject(call, faultOf(FAULTS.invite, result.error));
        return;
      }
      const { sdp, note } = withoutNote(result.value.sdp);
      client.respond(call, { answer: sdp, subprotocols: note.subprotocols });
    });
  }

  /** Takes an offer from the hub; without a session the client is called first. */
  take(offer: Offer): void {
    const { hub, sessions, callClient, newId } = this.#with;
    const { from } = offer.params;
    const known = sessions.withPeer(from);
    if (known?.state === 'open') {
      this.#deliver(known, offer);
      return;
    }
    if (known?.held !== undefined) hub.reject(known.held.call, REPLACED);
    const session = known ?? sessions.open(newId(), from, 'called');
    if (session === undefined) {
      hub.reject(offer.call, BUSY);
      return;
    }
    session.held = offer;
    session.candidates.length = 0;
    if (known !== undefined) return;
    callClient(session, (outcome) => {
      if (outcome.ok) this.open(session);
      else if (outcome.error.code === ErrorCode.METHOD_NOT_FOUND) {
        if (session.state === 'called') session.state = 'awaited';
      } else if (session.state === 'called') {
        sessions.remove(session);
        if (session.held !== undefined) hub.reject(session.held.call, errorOf(outcome.error));
      }
    });
  }

  /** Both sides know of the session now; what was kept for it goes out. */
  open(session: Session): void {
    session.state = 'open';
    const { held } = session;
    session.held = undefined;
    if (held !== undefined && this.#with.hub.isPending(held.call)) this.#deliver(session, held);
    for (const candidate of session.candidates.splice(0)) this.#trickle(session, candidate);
  }

  /** Takes a candidate from the hub. */
  takeCandidate(candidate: ClientParams<'peer.ice_candidate'>): void {
    const { sessions, drops } = this.#with;
    const session = sessions.withPeer(candidate.from);
    if (session === undefined) drops.add('no-session');
    else if (session.state === 'open') this.#trickle(session, candidate);
    else if (session.candidates.length >= MAX_CANDIDATES) drops.add('too-many-candidates');
    else session.candidates.push(candidate);
  }

  /** Fails the offers of a session that is over; `peerIsGone`: nobody waits for that any more. */
  end(session: Session, peerIsGone = false): void {
    const { hub } = this.#with;
    for (const call of this.#unanswered(session)) {
      if (peerIsGone) hub.forget(call);
      else hub.reject(call, REPLACED);
    }
  }

  #deliver(session: Session, { call, params }: Offer): void {
    const { client, hub, readsNotes } = this.#with;
    const { sdp, note } = withoutNote(params.sdp);
    const { request_id } = params;
    session.unanswered.add(call);
    const request = { session: session.id, offer: sdp, subprotocols: note.subprotocols };
    client.ask('invite', request, (outcome) => {
      session.unanswered.delete(call);
      const answer = outcome.ok ? decodeValue(invited, outcome.result, 'the answer') : outcome;
      if (!answer.ok) {
        const code = outcome.ok ? ErrorCode.ANSWER_INVALID : answer.error.code;
        hub.reject(call, errorOf({ ...answer.error, code }));
        return;
      }
      const { answer: answered, subprotocols } = answer.value;
      const carriesNote = subprotocols !== undefined && readsNotes(session.peer);
      hub.respond(call, {
        sdp: carriesNote ? withNote({ subprotocols }, answered) : answered,
        can_trickle_ice_candidates: true,
        request_id,
      });
    });
  }

  #trickle({ id }: Session, params: ClientParams<'peer.ice_candidate'>): void {
    const { candidate, sdp_mid, sdp_m_line_index, user_fragment } = params;
    const where = { sdpMid: sdp_mid, sdpMLineIndex: sdp_m_line_index };
    this.#with.client.tell('trickle', {
      session: id,
      candidate: { candidate, ...where, usernameFragment: user_fragment },
    });
  }

  /** Takes from the session every offer of its peer that has no answer yet. */
  #unanswered(session: Session): RpcCall[] {
    const calls = [...session.unanswered];
    if (session.held !== undefined) calls.push(session.held.call);
    session.held = undefined;
    session.unanswered.clear();
    return calls;
  }
}

const BAD_OFFER = {
  code: NO_SESSION.code,
  message: 'the offer is no session description; it must begin with v=0',
};
