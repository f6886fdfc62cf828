import type { IceCandidate, SessionDescription } from '../session/peer-connection.js';

/** What happened. `token` tells apart the remote offers that are to be answered. */
export type NegotiationInput =
  /** The transport wants a new offer. */
  | { readonly kind: 'needed' }
  | { readonly kind: 'offer-received'; readonly token: number; readonly sdp: string }
  /** The answer to the offer last sent. */
  | { readonly kind: 'answer-received'; readonly sdp: string }
  /**
   * The offer last sent was not taken: `glare` when the other side goes on with its own, `unanswered` when it said
   * nothing in time.
   */
  | {
      readonly kind: 'offer-refused';
      readonly cause: 'glare' | 'unanswered' | 'refused';
      readonly reason: string;
    }
  | { readonly kind: 'candidate-received'; readonly candidate: IceCandidate }
  /** `set-local` is done. */
  | { readonly kind: 'local-set'; readonly description: SessionDescription }
  /** `set-remote` is done. */
  | { readonly kind: 'remote-set' }
  /** The `set-local` or `set-remote` under way failed. */
  | { readonly kind: 'failed'; readonly reason: string };

/** What to do. At most one `set-local` or `set-remote` is under way at a time. */
export type NegotiationOutput =
  | { readonly kind: 'set-local' }
  | { readonly kind: 'set-remote'; readonly description: SessionDescription }
  | { readonly kind: 'add-candidate'; readonly candidate: IceCandidate }
  | { readonly kind: 'send-offer'; readonly sdp: string }
  | { readonly kind: 'send-answer'; readonly token: number; readonly sdp: string }
  | {
      readonly kind: 'refuse-offer';
      readonly token: number;
      readonly cause: 'glare' | 'superseded' | 'invalid';
      readonly reason: string;
    }
  /** The negotiation cannot go on; the connection is to be made anew. */
  | { readonly kind: 'give-up'; readonly reason: string };

type State =
  | 'stable'
  | 'making-offer'
  | 'offer-sent'
  | 'setting-answer'
  | 'setting-offer'
  | 'making-answer';

/** Candidates kept while no remote description is set; a peer trickles a few dozen at most. */
const MAX_EARLY_CANDIDATES = 128;

/**
 * Perfect negotiation (W3C WebRTC §10.7) as a pure state machine.
 *
 * When both sides offer at once the polite one takes its offer back and answers; the impolite one refuses the
 * other's offer. Candidates that come before their description wait for it.
 */
export class Negotiation {
  readonly #polite: boolean;
  #state: State = 'stable';
  #needed = false;
  #hasRemote = false;
  /** The remote offer being answered. */
  #answering: number | undefined;
  /** A remote offer that waits for the step under way. */
  #waiting: { readonly token: number; readonly sdp: string } | undefined;
  #early: IceCandidate[] = [];
  #droppedCandidates = 0;

  constructor(options: { readonly polite: boolean }) {
    this.#polite = options.polite;
  }

  /** Whether no offer or answer is under way. */
  get stable(): boolean {
    return this.#state === 'stable';
  }

  /** Early candidates beyond the 128 that are kept. */
  get droppedCandidates(): number {
    return this.#droppedCandidates;
  }

  handle(input: NegotiationInput): readonly NegotiationOutput[] {
    switch (input.kind) {
      case 'needed':
        this.#needed = true;
        return this.#proceed();
      case 'offer-received':
        return this.#offerReceived(input.token, input.sdp);
      case 'answer-received':
        if (this.#state !== 'offer-sent') return [];
        this.#state = 'setting-answer';
        return [{ kind: 'set-remote', description: { type: 'answer', sdp: input.sdp } }];
      case 'offer-refused':
        return this.#offerRefused(input);
      case 'candidate-received':
        return this.#candidateReceived(input.candidate);
      case 'local-set':
        return this.#localSet(input.description);
      case 'remote-set':
        return this.#remoteSet();
      case 'failed':
        return this.#failed(input.reason);
    }
  }

  #offerReceived(token: number, sdp: string): readonly NegotiationOutput[] {
    const collision = this.#state === 'making-offer' || this.#state === 'offer-sent';
    if (collision && !this.#polite)
      return [refuse(token, 'glare', 'an offer of this side is under way')];
    const outputs: NegotiationOutput[] = [];
    if (this.#waiting !== undefined)
      outputs.push(refuse(this.#waiting.token, 'superseded', 'a newer offer came'));
    this.#waiting = { token, sdp };
    // Mid-step the offer waits; `offer-sent` is taken back by setting the remote offer.
    if (this.#state === 'offer-sent') this.#state = 'stable';
    return [...outputs, ...this.#proceed()];
  }

  #offerRefused({
    cause,
    reason,
  }: Extract<NegotiationInput, { kind: 'offer-refused' }>): readonly NegotiationOutput[] {
    // With glare the other side's offer is on its way, or here already.
    if (this.#state !== 'offer-sent' || (cause === 'glare' && this.#polite)) return [];
    if (cause !== 'unanswered' || !this.#hasRemote)
      return [{ kind: 'give-up', reason: `the offer was refused: ${reason}` }];
    // Who answered before may be without network: whether it is still there is not decided here.
    this.#state = 'stable';
    this.#needed = true;
    return this.#proceed();
  }

  #candidateReceived(candidate: IceCandidate): readonly NegotiationOutput[] {
    if (this.#hasRemote && this.#state !== 'setting-offer' && this.#waiting === undefined)
      return [{ kind: 'add-candidate', candidate }];
    if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(candidate);
    else this.#droppedCandidates++;
    return [];
  }

  #localSet(description: SessionDescription): readonly NegotiationOutput[] {
    if (this.#state === 'making-answer') {
      const token = this.#answering!;
      this.#answering = undefined;
      this.#state = 'stable';
      return [{ kind: 'send-answer', token, sdp: description.sdp }, ...this.#proceed()];
    }
    if (this.#state !== 'making-offer') return [];
    if (this.#waiting !== undefined) {
      // The other side's offer came meanwhile and this side is polite: ours is never sent.
      this.#state = 'stable';
      return this.#proceed();
    }
    this.#state = 'offer-sent';
    return [{ kind: 'send-offer', sdp: description.sdp }];
  }

  #remoteSet(): readonly NegotiationOutput[] {
    const outputs: NegotiationOutput[] = [];
    this.#hasRemote = true;
    for (const candidate of this.#early) outputs.push({ kind: 'add-candidate', candidate });
    this.#early = [];
    if (this.#state === 'setting-offer') {
      this.#state = 'making-answer';
      outputs.push({ kind: 'set-local' });
      return outputs;
    }
    this.#state = 'stable';
    return [...outputs, ...this.#proceed()];
  }

  #failed(reason: string): readonly NegotiationOutput[] {
    const outputs: NegotiationOutput[] = [];
    const token = this.#answering;
    this.#answering = undefined;
    if (token !== undefined) outputs.push(refuse(token, 'invalid', reason));
    // A bad offer leaves this side as it was; without its own step it cannot go on.
    if (this.#state !== 'setting-offer') outputs.push({ kind: 'give-up', reason });
    this.#state = 'stable';
    return [...outputs, ...this.#proceed()];
  }

  /** Starts what waits, when nothing is under way. */
  #proceed(): readonly NegotiationOutput[] {
    if (this.#state !== 'stable') return [];
    if (this.#waiting !== undefined) {
      const { token, sdp } = this.#waiting;
      this.#waiting = undefined;
      this.#answering = token;
      this.#state = 'setting-offer';
      return [{ kind: 'set-remote', description: { type: 'offer', sdp } }];
    }
    if (!this.#needed) return [];
    this.#needed = false;
    this.#state = 'making-offer';
    return [{ kind: 'set-local' }];
  }
}

const refuse = (
  token: number,
  cause: 'glare' | 'superseded' | 'invalid',
  reason: string,
): NegotiationOutput => ({ kind: 'refuse-offer', token, cause, reason });
