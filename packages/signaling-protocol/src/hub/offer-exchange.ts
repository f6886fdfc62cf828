import { requestText } from '../json-rpc/index.js';
import type { JsonRpcError, RpcOutcome } from '../json-rpc/index.js';
import { decodeAnswer, isSessionDescription } from '../messages/index.js';
import type { HubParams } from '../messages/index.js';
import { after } from '../time.js';
import type { Micros } from '../time.js';
import { reject, respond } from './call.js';
import type { Call } from './call.js';
import {
  answerInvalid,
  NO_ANSWER,
  OFFER_INVALID,
  peerNotFound,
  TOO_MANY_OFFERS,
} from './errors.js';
import type { Member } from './member.js';
import type { HubLimits } from './options.js';
import { haveSameCount, writtenCall } from './pass-through.js';
import { PendingOffers } from './pending-offers.js';
import type { PendingOffer } from './pending-offers.js';
import type { RoomIo } from './room-io.js';

/** Passes the offers of one room on as requests of the hub's own, and their answers back. */
export class OfferExchange {
  readonly pending: PendingOffers = new PendingOffers();
  readonly #room: string;
  readonly #limits: HubLimits;
  readonly #io: RoomIo;

  constructor(room: string, limits: HubLimits, io: RoomIo) {
    this.#room = room;
    this.#limits = limits;
    this.#io = io;
  }

  pass(
    now: Micros,
    caller: Member,
    call: Call,
    params: HubParams<'peer.offer'>,
    written: string | undefined,
    target: Member,
  ): void {
    const refusal = this.#refusal(caller, params, target);
    if (refusal !== undefined) {
      this.#fail(caller, call, refusal);
      return;
    }
    const forwardedId = ++target.lastRequestId;
    const deadline = after(now, this.#limits.offerTimeout);
    const requestId = params.request_id;
    this.pending.add({ caller, call, requestId, target, forwardedId, deadline });
    if (written === undefined) {
      target.send(requestText(forwardedId, 'peer.offer', { ...params, from: caller.id }));
    } else {
      const offer = writtenCall('peer.offer', caller.id, params.from, written);
      target.sendOpen(`${offer},"id":${forwardedId}`);
    }
  }

  /**
   * Carries an answer, or the target's own error as it is, back to the caller; false if nothing
   * was asked under this id.
   */
  passAnswer(
    target: Member,
    forwardedId: number,
    outcome: RpcOutcome,
    written: string | undefined,
  ): boolean {
    const offer = this.pending.take(target, forwardedId);
    if (offer === undefined) return false;
    if (outcome.ok) this.#passResult(offer, outcome.result, written);
    else this.#fail(offer.caller, offer.call, outcome.error);
    return true;
  }

  /** Gives up what `member` has offered, and fails what was offered to it. */
  end(member: Member): void {
    this.pending.dropFrom(member);
    for (const { caller, call } of this.pending.takeTo(member)) {
      this.#fail(caller, call, peerNotFound(member.id, this.#room));
    }
  }

  /** Fails an offer that waits for `target`. */
  timeOut(target: Member, forwardedId: number): void {
    const offer = this.pending.take(target, forwardedId);
    if (offer !== undefined) this.#fail(offer.caller, offer.call, NO_ANSWER);
  }

  #refusal(
    caller: Member,
    { sdp }: HubParams<'peer.offer'>,
    target: Member,
  ): JsonRpcError | undefined {
    if (!isSessionDescription(sdp)) return OFFER_INVALID;
    const { maxPendingOffers, maxPendingPerConnection: most } = this.#limits;
    const isFull =
      this.pending.size >= maxPendingOffers ||
      this.pending.countFrom(caller) >= most ||
      this.pending.countTo(target) >= most;
    return isFull ? TOO_MANY_OFFERS : undefined;
  }

  #passResult(
    { caller, call, requestId }: PendingOffer,
    result: unknown,
    written: string | undefined,
  ): void {
    const answer = decodeAnswer(result);
    if (!answer.ok) this.#fail(caller, call, answerInvalid(answer.error.message));
    else if (answer.value.request_id !== requestId) {
      this.#fail(caller, call, answerInvalid('the answer names another request_id'));
    } else if (!isSessionDescription(answer.value.sdp)) {
      this.#fail(caller, call, answerInvalid('the answer is no session description'));
    } else {
      this.#io.count(caller.instance, 'peer.offer', 'ok');
      const isSame =
        written !== undefined &&
        call.batch === undefined &&
        haveSameCount(result as object, answer.value);
      if (!isSame) respond(caller, call, answer.value);
      else {
        const id = JSON.stringify(call.id);
        caller.sendOpen(`{"jsonrpc":"2.0","result":{${written}},"id":${id}`);
      }
    }
  }

  #fail(caller: Member, call: Call, error: JsonRpcError): void {
    this.#io.count(caller.instance, 'peer.offer', error.code);
    reject(caller, call, error);
  }
}
