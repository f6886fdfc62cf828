import { ErrorCode, type IncomingOffer, RpcError } from '@rm/signaling-protocol';
import type { IceCandidate, PeerConnection } from '../session/peer-connection.js';
import { Negotiation, type NegotiationInput, type NegotiationOutput } from './negotiation.js';
import { sessionIdOf } from './session-id.js';

/** What a negotiator is made with. */
export interface NegotiatorOptions {
  /** Whether this side makes the first offer; otherwise it offers only after it has answered once. */
  readonly initiator: boolean;
  /** Whether this side gives way when both offer at once; the two sides must differ. */
  readonly polite: boolean;
  readonly connection: Pick<
    PeerConnection,
    'setLocalDescription' | 'setRemoteDescription' | 'addIceCandidate' | 'checkNegotiationNeeded'
  >;
  /** Sends an offer; resolves with the SDP of the answer. */
  readonly sendOffer: (sdp: string) => Promise<string>;
  /** Calls `fn` once what has come in with what is handled now has been handled too. */
  readonly afterIo: (fn: () => void) => void;
  /** The negotiation cannot go on. */
  readonly giveUp: (reason: string) => void;
}

/** Carries out what {@link Negotiation} decides, on a peer connection and the signaling. */
export class Negotiator {
  readonly #options: NegotiatorOptions;
  readonly #negotiation: Negotiation;
  readonly #offers = new Map<number, IncomingOffer>();
  #mayOffer: boolean;
  /** An offer is due that this side may not make yet. */
  #held = false;
  #token = 0;
  #awaitsAnswer = false;
  /** What came while an answer was awaited, in order, if anything did. */
  #waiting: NegotiationInput[] | undefined;
  #remoteSession: string | undefined;
  #closed = false;

  constructor(options: NegotiatorOptions) {
    this.#options = options;
    this.#negotiation = new Negotiation({ polite: options.polite });
    this.#mayOffer = options.initiator;
  }

  /** Id of the other side's session (SDP `o=` line); undefined before its first description. */
  get remoteSession(): string | undefined {
    return this.#remoteSession;
  }

  /** Whether no offer or answer is under way. */
  get stable(): boolean {
    return this.#negotiation.stable;
  }

  needed(): void {
    if (this.#mayOffer) this.#handle({ kind: 'needed' });
    else this.#held = true;
  }

  offerReceived(offer: IncomingOffer): void {
    const token = ++this.#token;
    this.#offers.set(token, offer);
    this.#received({ kind: 'offer-received', token, sdp: offer.sdp });
  }

  candidateReceived(candidate: IceCandidate): void {
    this.#received({ kind: 'candidate-received', candidate });
  }

  /** Refuses what is not answered yet; nothing happens afterwards. */
  close(): void {
    this.#closed = true;
    for (const offer of this.#offers.values())
      offer.reject(ErrorCode.CONNECTION_FAILED, 'the connection was closed');
    this.#offers.clear();
  }

  /**
   * The answer to our offer comes by promises, an offer that was sent right after it at once: the offer waits for the
   * end of the turn, or it would be taken for one that meets ours. Candidates stay behind it.
   */
  #received(input: NegotiationInput): void {
    if (this.#waiting !== undefined) this.#waiting.push(input);
    else if (!this.#awaitsAnswer || input.kind !== 'offer-received') this.#handle(input);
    else {
      this.#waiting = [input];
      this.#options.afterIo(() => {
        const waiting = this.#waiting ?? [];
        this.#waiting = undefined;
        for (const each of waiting) this.#handle(each);
      });
    }
  }

  #handle(input: NegotiationInput): void {
    if (this.#closed) return;
    for (const output of this.#negotiation.handle(input)) this.#carryOut(output);
  }

  #carryOut(output: NegotiationOutput): void {
    const { connection } = this.#options;
    const failed = (error: unknown): void => this.#handle({ kind: 'failed', reason: text(error) });
    switch (output.kind) {
      case 'set-local':
        connection
          .setLocalDescription()
          .then((description) => this.#handle({ kind: 'local-set', description }), failed);
        break;
      case 'set-remote':
        this.#remoteSession = sessionIdOf(output.description.sdp) ?? this.#remoteSession;
        connection
          .setRemoteDescription(output.description)
          .then(() => this.#handle({ kind: 'remote-set' }), failed);
        break;
      case 'add-candidate':
        void connection.addIceCandidate(output.candidate);
        break;
      case 'send-offer':
        this.#awaitsAnswer = true;
        this.#options.sendOffer(output.sdp).then(
          (sdp) => {
            this.#awaitsAnswer = false;
            this.#handle({ kind: 'answer-received', sdp });
          },
          (error: unknown) => {
            this.#awaitsAnswer = false;
            this.#handle({
              kind: 'offer-refused',
              cause: causeOf(error),
              reason: text(error),
            });
          },
        );
        break;
      case 'send-answer':
        this.#mayOffer = true;
        this.#reply(output.token, (offer) => offer.answer({ sdp: output.sdp, canTrickle: true }));
        if (this.#held) {
          this.#held = false;
          // Where the answer brought it already nothing is needed any more.
          this.#options.connection.checkNegotiationNeeded();
        }
        break;
      case 'refuse-offer': {
        const code =
          output.cause === 'invalid' ? ErrorCode.OFFER_INVALID : ErrorCode.NEGOTIATION_IN_PROGRESS;
        this.#reply(output.token, (offer) => offer.reject(code, output.reason));
        break;
      }
      case 'give-up':
        this.#options.giveUp(output.reason);
    }
  }

  #reply(token: number, send: (offer: IncomingOffer) => boolean): void {
    const offer = this.#offers.get(token);
    this.#offers.delete(token);
    if (offer === undefined) return;
    try {
      send(offer);
    } catch (error) {
      // The signaling does not carry what the backend made, such as an SDP beyond its size limit.
      this.#options.giveUp(text(error));
    }
  }
}

function causeOf(error: unknown): 'glare' | 'unanswered' | 'refused' {
  if (!(error instanceof RpcError)) return 'refused';
  if (error.code === ErrorCode.NEGOTIATION_IN_PROGRESS) return 'glare';
  return error.code === ErrorCode.TIMEOUT ? 'unanswered' : 'refused';
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
