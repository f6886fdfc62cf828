import type { RpcCall } from '../../json-rpc/index.js';
import type { ClientParams } from '../../messages/index.js';
import { after } from '../../time.js';
import type { Micros } from '../../time.js';

/** An offer of the other side. */
export interface Offer {
  readonly call: RpcCall;
  readonly params: ClientParams<'peer.offer'>;
}

/** What one socket has to do with one peer. */
export interface Session {
  readonly id: string;
  readonly peer: string;
  expiresAt: Micros;
  /**
   * `called`: the client has been asked to connect and has not said yes; `awaited`: it takes no
   * such calls, so the peer waits until it connects by itself; `open`: both sides know of it.
   */
  state: 'called' | 'awaited' | 'open';
  /** The offer that is kept until the session is open. */
  held: Offer | undefined;
  /** Candidates that came after it. */
  readonly candidates: ClientParams<'peer.ice_candidate'>[];
  /** Offers that the client has and has not answered. */
  readonly unanswered: Set<RpcCall>;
}

/** The sessions of one socket: at most one with each peer, and so many in all. */
export class Sessions {
  readonly #lifetime: Micros;
  readonly #max: number;
  readonly #byId = new Map<string, Session>();
  readonly #byPeer = new Map<string, Session>();
  #now = 0 as Micros;

  constructor(lifetime: Micros, max: number) {
    this.#lifetime = lifetime;
    this.#max = max;
  }

  /** Seconds that a session has from now on when it is opened or extended. */
  get lifetimeSeconds(): number {
    return Math.floor(this.#lifetime / 1_000_000);
  }

  get isFull(): boolean {
    return this.#byId.size >= this.#max;
  }

  /** Moves the clock; returns the sessions that have expired, removed. */
  advance(now: Micros): Session[] {
    if (now > this.#now) this.#now = now;
    const expired: Session[] = [];
    for (const session of this.#byId.values()) {
      if (session.expiresAt <= this.#now) expired.push(session);
    }
    for (const session of expired) this.remove(session);
    return expired;
  }

  get(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  withPeer(peer: string): Session | undefined {
    return this.#byPeer.get(peer);
  }

  /** A new session; `undefined` if there are too many, or one of its id or peer. */
  open(id: string, peer: string, state: Session['state']): Session | undefined {
    if (this.isFull || this.#byId.has(id) || this.#byPeer.has(peer)) return undefined;
    const session: Session = {
      id,
      peer,
      expiresAt: after(this.#now, this.#lifetime),
      state,
      held: undefined,
      candidates: [],
      unanswered: new Set(),
    };
    this.#byId.set(id, session);
    this.#byPeer.set(peer, session);
    return session;
  }

  extend(session: Session): void {
    session.expiresAt = after(this.#now, this.#lifetime);
  }

  remove(session: Session): void {
    this.#byId.delete(session.id);
    this.#byPeer.delete(session.peer);
  }
}
