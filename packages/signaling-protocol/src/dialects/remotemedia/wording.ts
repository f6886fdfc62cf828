import type { ClientCall, ClientParams, ResultOf, WirePeerInfo } from '../../messages/index.js';
import type { HostInfo } from '../dialect.js';
import type { Roster } from '../roster.js';

/** A notification before it is a text. */
export interface Notice {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Why an offer that was acknowledged came to nothing. */
export interface OfferFailure {
  readonly from: string;
  readonly to: string;
  readonly offerId: string;
  readonly code: number;
  readonly message: string;
}

/** What a client knows of itself and its room, where an answer needs more than the hub's result. */
export interface Surroundings {
  readonly self: WirePeerInfo | undefined;
  readonly selfSinceEpochMs: number;
  readonly roster: Roster;
}

/** How one kind of client is spoken to: the shapes of results and notifications. */
export interface Wording {
  readonly announced: (result: ResultOf<'peer.announce'>, self: WirePeerInfo) => unknown;
  readonly listed: (result: ResultOf<'peer.list'>, around: Surroundings) => unknown;
  readonly info: (result: ResultOf<'server.info'>, host: HostInfo) => unknown;
  readonly offerTaken: (to: string, offerId: string) => unknown;
  /** An answer or a candidate was passed on. */
  readonly passedOn: (to: string) => unknown;
  readonly disconnected: (peerId: string) => unknown;
  /** What the hub's own notification becomes; nothing if this kind of client knows nothing like it. */
  readonly notices: (
    call: Exclude<ClientCall, { method: 'peer.offer' }>,
    epochMs: number,
  ) => Notice[];
  readonly offer: (params: ClientParams<'peer.offer'>) => Notice;
  readonly answer: (from: string, to: string, sdp: string) => Notice;
  readonly offerFailed: (failure: OfferFailure) => Notice;
  readonly errorCode: (code: number) => number;
}
