import { ErrorCode } from '../../error-codes.js';
import type { JsonRpcError, RpcCall } from '../../json-rpc/index.js';
import { decodeValue, isSessionDescription, METHODS } from '../../messages/index.js';
import type { ClientParams } from '../../messages/index.js';
import type { End } from '../end.js';
import type { Wording } from './wording.js';

/** An offer that the hub has passed on and that its addressee has not answered. */
interface IncomingOffer {
  readonly call: RpcCall;
  readonly params: ClientParams<'peer.offer'>;
}

/** How a client gets an offer: as a request whose result is the answer, or as a notification. */
export type Delivery = 'request' | Wording;

/**
 * Offers to one client that wait for its answers. A `peer.answer` names its caller and no offer,
 * so a client that is told by notification gets one offer of a caller at a time, and an answer is
 * that of the caller's oldest. The bound is that of requests of the hub to one socket.
 */
export class IncomingOffers {
  readonly #client: End;
  readonly #hub: End;
  readonly #responded: () => void;
  readonly #byCaller = new Map<string, IncomingOffer[]>();

  /** `responded` hears that the client has answered a request, as the protocol wants it. */
  constructor(client: End, hub: End, responded: () => void) {
    this.#client = client;
    this.#hub = hub;
    this.#responded = responded;
  }

  /** Takes an offer from the hub. */
  add(call: RpcCall, params: ClientParams<'peer.offer'>, delivery: Delivery): void {
    const offer = { call, params };
    const offers = this.#byCaller.get(params.from);
    if (offers === undefined) this.#byCaller.set(params.from, [offer]);
    else offers.push(offer);
    if (delivery === 'request') this.#ask(offer);
    else if (offers === undefined) this.#tell(offer, delivery);
  }

  /** Matches an answer to the oldest offer of `caller`; returns why it could not. */
  answer(caller: string, sdp: unknown, delivery: Delivery): JsonRpcError | undefined {
    const offer = this.#byCaller.get(caller)?.[0];
    if (offer === undefined) return NO_OFFER;
    // The client cannot mean the next one, which it has not got.
    if (!this.#hub.isPending(offer.call)) {
      this.#remove(offer, delivery);
      return TOO_LATE;
    }
    const { request_id } = offer.params;
    const answer = { sdp, can_trickle_ice_candidates: true, request_id };
    const checked = decodeValue(METHODS['peer.offer'].result, answer, 'the answer');
    if (!checked.ok) return checked.error;
    if (!isSessionDescription(checked.value.sdp)) return NO_DESCRIPTION;
    this.#hub.respond(offer.call, answer);
    this.#remove(offer, delivery);
    return undefined;
  }

  /** Forgets the offers of a caller that is gone. */
  forget(caller: string): void {
    for (const { call } of this.#byCaller.get(caller) ?? []) this.#hub.forget(call);
    this.#byCaller.delete(caller);
  }

  /** Drops what the hub no longer waits for; who comes next has its turn. */
  prune(delivery: Delivery): void {
    for (const offers of this.#byCaller.values()) {
      for (const offer of offers) {
        if (!this.#hub.isPending(offer.call)) this.#remove(offer, delivery);
      }
    }
  }

  #ask(offer: IncomingOffer): void {
    this.#client.ask('peer.offer', offer.params, (outcome) => {
      if (!this.#hub.isPending(offer.call)) return;
      this.#responded();
      if (outcome.ok) this.#hub.respond(offer.call, outcome.result);
      else this.#hub.reject(offer.call, outcome.error);
      this.#remove(offer, 'request');
    });
  }

  #tell({ params }: IncomingOffer, wording: Wording): void {
    const { method, params: worded } = wording.offer(params);
    this.#client.tell(method, worded);
  }

  #remove(offer: IncomingOffer, delivery: Delivery): void {
    const { from } = offer.params;
    const [first, ...rest] = this.#byCaller.get(from) ?? [];
    if (first === offer) {
      if (rest.length === 0) this.#byCaller.delete(from);
      else this.#byCaller.set(from, rest);
      const [next] = rest;
      if (next !== undefined && delivery !== 'request') this.#tell(next, delivery);
    } else if (first !== undefined) {
      this.#byCaller.set(from, [first, ...rest.filter((each) => each !== offer)]);
    }
  }
}

const NO_OFFER: JsonRpcError = {
  code: ErrorCode.ANSWER_INVALID,
  message: 'no offer of this peer waits for an answer; wait for its offer',
};

const TOO_LATE: JsonRpcError = {
  code: ErrorCode.ANSWER_INVALID,
  message: 'the time to answer this offer is over; wait for the next',
};

const NO_DESCRIPTION: JsonRpcError = {
  code: ErrorCode.ANSWER_INVALID,
  message: 'the answer is no session description; it must begin with v=0',
};
