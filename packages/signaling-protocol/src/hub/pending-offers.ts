import { NEVER } from '../time.js';
import type { Micros } from '../time.js';
import type { Call } from './call.js';
import type { Member } from './member.js';

/** An offer that was passed on and waits for its answer. */
export interface PendingOffer {
  readonly caller: Member;
  readonly call: Call;
  readonly requestId: string;
  readonly target: Member;
  /** Id of the request that was sent to `target`. */
  readonly forwardedId: number;
  readonly deadline: Micros;
}

/** The offers under way, found by either end; every deadline is as far ahead as any other. */
export class PendingOffers {
  /** In the order they were made, which is the order of their deadlines. */
  readonly #all = new Set<PendingOffer>();
  readonly #byTarget = new Map<Member, Map<number, PendingOffer>>();
  readonly #byCaller = new Map<Member, Set<PendingOffer>>();

  get size(): number {
    return this.#all.size;
  }

  get nextDeadline(): Micros {
    for (const offer of this.#all) return offer.deadline;
    return NEVER;
  }

  add(offer: PendingOffer): void {
    this.#all.add(offer);
    const incoming = this.#byTarget.get(offer.target);
    if (incoming === undefined) {
      this.#byTarget.set(offer.target, new Map([[offer.forwardedId, offer]]));
    } else incoming.set(offer.forwardedId, offer);
    const outgoing = this.#byCaller.get(offer.caller);
    if (outgoing === undefined) this.#byCaller.set(offer.caller, new Set([offer]));
    else outgoing.add(offer);
  }

  /** Offers that `member` has made. */
  countFrom(member: Member): number {
    return this.#byCaller.get(member)?.size ?? 0;
  }

  /** Offers that `member` is to answer. */
  countTo(member: Member): number {
    return this.#byTarget.get(member)?.size ?? 0;
  }

  /** Removes and returns the offer that was sent to `target` under `forwardedId`. */
  take(target: Member, forwardedId: number): PendingOffer | undefined {
    const offer = this.#byTarget.get(target)?.get(forwardedId);
    if (offer !== undefined) this.#remove(offer);
    return offer;
  }

  /** Removes and returns every offer that `target` was to answer. */
  takeTo(target: Member): PendingOffer[] {
    const offers = [...(this.#byTarget.get(target)?.values() ?? [])];
    for (const offer of offers) this.#remove(offer);
    return offers;
  }

  /** Removes every offer that `caller` has made. */
  dropFrom(caller: Member): void {
    for (const offer of this.#byCaller.get(caller) ?? []) this.#remove(offer);
  }

  /** Those whose time is over, the oldest first; they stay. */
  overdue(now: Micros): PendingOffer[] {
    const overdue: PendingOffer[] = [];
    for (const offer of this.#all) {
      if (offer.deadline > now) break;
      overdue.push(offer);
    }
    return overdue;
  }

  /** All, the oldest first. */
  values(): IterableIterator<PendingOffer> {
    return this.#all.values();
  }

  #remove(offer: PendingOffer): void {
    this.#all.delete(offer);
    const incoming = this.#byTarget.get(offer.target);
    incoming?.delete(offer.forwardedId);
    if (incoming?.size === 0) this.#byTarget.delete(offer.target);
    const outgoing = this.#byCaller.get(offer.caller);
    outgoing?.delete(offer);
    if (outgoing?.size === 0) this.#byCaller.delete(offer.caller);
  }
}
