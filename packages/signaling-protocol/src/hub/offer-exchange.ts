import type { RpcCall, RpcOutcome } from '../json-rpc/index.js';
import { decodeValue, isSessionDescription, METHODS } from '../messages/index.js';
import type { HubParams } from '../messages/index.js';
import type { Micros } from '../time.js';
import type { Member } from './connection.js';
import {
  answerInvalid,
  NO_ANSWER,
  OFFER_INVALID,
  peerNotFound,
  TOO_MANY_OFFERS,
} from './errors.js';
import type { Outlet } from './outlet.js';
import { PendingOffers } from './pending-offers.js';

/** Passes offers on as requests of the hub's own, and their answers back. */
export class OfferExchange {
  readonly #pending = new PendingOffers();
  readonly #maxPending: number;
  readonly #outlet: Outlet;

  constructor(maxPending: number, outlet: Outlet) {
    this.#maxPending = maxPending;
    this.#outlet = outlet;
  }

  get size(): number {
    return this.#pending.size;
  }

  get nextDeadline(): Micros {
    return this.#pending.nextDeadline;
  }

  pass(
    now: Micros,
    caller: Member,
    call: RpcCall,
    params: HubParams<'peer.offer'>,
    target: Member,
  ): void {
    if (!isSessionDescription(params.sdp)) {
      this.#outlet.reject(caller, call, OFFER_INVALID);
      return;
    }
    const from = caller.peer.peer_id;
    const request =
      this.#pending.size < this.#maxPending
        ? target.rpc.request(now, 'peer.offer', { ...params, from })
        : undefined;
    if (request === undefined) {
      this.#outlet.reject(caller, call, TOO_MANY_OFFERS);
      return;
    }
    const { id: forwardedId, deadline } = request;
    const requestId = params.request_id;
    this.#pending.add({ caller, call, requestId, target, forwardedId, deadline });
    target.send(request.text);
  }

  /** Carries an answer, or the target's own error as it is, back to the caller. */
  passAnswer(target: Member, forwardedId: number, outcome: RpcOutcome): void {
    const offer = this.#pending.take(target, forwardedId);
    if (offer === undefined) return;
    const { caller, call, requestId } = offer;
    if (!outcome.ok) {
      this.#outlet.reject(caller, call, outcome.error);
      return;
    }
    const answer = decodeValue(METHODS['peer.offer'].result, outcome.result, 'the answer');
    if (!answer.ok) {
      this.#outlet.reject(caller, call, answerInvalid(answer.error.message));
    } else if (answer.value.request_id !== requestId) {
      this.#outlet.reject(caller, call, answerInvalid('the answer names another request_id'));
    } else if (!isSessionDescription(answer.value.sdp)) {
      this.#outlet.reject(caller, call, answerInvalid('the answer is no session description'));
    } else this.#outlet.respond(caller, call, answer.value);
  }

  /** Gives up what `member` has offered, and fails what was offered to it. */
  end(member: Member): void {
    for (const { target, forwardedId } of this.#pending.takeFrom(member)) {
      target.rpc.forget(forwardedId);
    }
    for (const { caller, call } of this.#pending.takeTo(member)) {
      this.#outlet.reject(caller, call, peerNotFound(member.peer.peer_id, member.room));
    }
  }

  expire(now: Micros): void {
    for (const target of this.#pending.overdue(now)) {
      for (const timeout of target.rpc.expire(now)) {
        if (timeout.kind !== 'request-timeout') continue;
        const offer = this.#pending.take(target, timeout.id);
        if (offer !== undefined) this.#outlet.reject(offer.caller, offer.call, NO_ANSWER);
      }
    }
  }
}
