import { NEVER } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import type { SocketId } from '@rm/signaling-protocol/hub';

/** Where a peer is, and on which socket. */
export interface SeatedPeer {
  readonly socket: SocketId;
  readonly room: string;
  readonly peerId: string;
}

interface Renewal {
  readonly peer: SeatedPeer;
  readonly due: Micros;
}

/** Which peers are to be given something anew, each the same time after it was last given. */
export class Renewals {
  readonly #interval: Micros;
  /** The soonest first, as all wait equally long. */
  readonly #renewals = new Map<string, Renewal>();

  /** `interval` of at least 1 µs. */
  constructor(interval: Micros) {
    this.#interval = interval;
  }

  get nextDeadline(): Micros {
    for (const { due } of this.#renewals.values()) return due;
    return NEVER;
  }

  /** `peer` was given it now; replaces what was noted of the same peer in the same room. */
  given(now: Micros, peer: SeatedPeer): void {
    const key = keyOf(peer);
    this.#renewals.delete(key);
    this.#renewals.set(key, { peer, due: (now + this.#interval) as Micros });
  }

  forget(peer: Pick<SeatedPeer, 'room' | 'peerId'>): void {
    this.#renewals.delete(keyOf(peer));
  }

  /** Takes out the peers that are due. */
  takeDue(now: Micros): readonly SeatedPeer[] {
    const peers: SeatedPeer[] = [];
    for (const [key, { peer, due }] of this.#renewals) {
      if (due > now) break;
      this.#renewals.delete(key);
      peers.push(peer);
    }
    return peers;
  }
}

/** No room and no peer has a slash in its name. */
const keyOf = ({ room, peerId }: Pick<SeatedPeer, 'room' | 'peerId'>): string =>
  `${room}/${peerId}`;
