import type { JsonRpcError, RpcCall } from '../../json-rpc/index.js';
import { decodeForHub, decodeValue, isSessionDescription, METHODS } from '../../messages/index.js';
import type { End } from '../end.js';
import type { Roster } from '../roster.js';
import { addressee, offerParams } from './params.js';
import type { Fields } from './params.js';
import type { Wording } from './wording.js';

/** A client's request to offer. */
export interface OfferRequest {
  /** Peer id of the caller, if it has announced one. */
  readonly self: string | undefined;
  readonly fields: Fields;
  readonly call: RpcCall | undefined;
  /** Whether the answer is to be the result, and not a notification after an acknowledgement. */
  readonly answerIsResult: boolean;
}

/** Offers of a RemoteMedia client: acknowledged at once, their answers come by notification. */
export class OutgoingOffers {
  readonly #client: End;
  readonly #hub: End;
  readonly #roster: Roster;
  #count = 0;

  constructor(client: End, hub: End, roster: Roster) {
    this.#client = client;
    this.#hub = hub;
    this.#roster = roster;
  }

  make({ self = '', fields, call, answerIsResult }: OfferRequest, wording: Wording): void {
    const offerId = `offer-${++this.#count}`;
    const params = offerParams(fields, offerId);
    const to = String(addressee(fields));
    let unanswered = call;
    const acknowledge = (): void => {
      this.#client.respond(unanswered, wording.offerTaken(to, offerId));
      unanswered = undefined;
    };
    // What the hub refuses at once is refused to the request itself; later news is a notice.
    if (this.#isWelcome(params, to)) {
      this.#roster.touch(to);
      if (!answerIsResult) acknowledge();
    }
    this.#hub.ask('peer.offer', params, (outcome) => {
      const answer = outcome.ok
        ? decodeValue(METHODS['peer.offer'].result, outcome.result, 'the answer')
        : outcome;
      if (!answer.ok) {
        const failure = { from: to, to: self, offerId, error: answer.error };
        this.#fail(unanswered, failure, wording);
        return;
      }
      const notice = wording.answer(to, self, answer.value.sdp);
      if (answerIsResult && unanswered !== undefined) {
        this.#client.respond(unanswered, { type: 'answer', ...notice.params });
        return;
      }
      if (unanswered !== undefined) acknowledge();
      this.#client.tell(notice.method, notice.params);
    });
  }

  #isWelcome(params: Fields, to: string): boolean {
    const { ok } = decodeForHub('peer.offer', params);
    return ok && isSessionDescription(String(params['sdp'])) && this.#roster.get(to) !== undefined;
  }

  #fail(
    unanswered: RpcCall | undefined,
    failure: { from: string; to: string; offerId: string; error: JsonRpcError },
    wording: Wording,
  ): void {
    const { from, to, offerId, error } = failure;
    const code = wording.errorCode(error.code);
    if (unanswered !== undefined) this.#client.reject(unanswered, { ...error, code });
    else {
      const notice = wording.offerFailed({ from, to, offerId, code, message: error.message });
      this.#client.tell(notice.method, notice.params);
    }
  }
}
