import type { WirePeerInfo } from '../messages/index.js';
import type { Drops } from './drops.js';

/** Peers that a dialect remembers; hubs seat fewer in a room unless told otherwise. */
const MAX_PEERS = 1_024;

/** Another peer of the room, as one socket knows it. */
export interface KnownPeer {
  readonly info: WirePeerInfo;
  /** Since when this socket knows of it, in milliseconds since 1970. */
  readonly sinceEpochMs: number;
  /** Whether offers have passed between the two. */
  inTouch: boolean;
}

/** Who else is in the room, as the hub's presence messages tell one socket. */
export class Roster {
  readonly #peers = new Map<string, KnownPeer>();
  readonly #drops: Drops;

  constructor(drops: Drops) {
    this.#drops = drops;
  }

  add(info: WirePeerInfo, sinceEpochMs: number): void {
    if (this.#peers.size >= MAX_PEERS && !this.#peers.has(info.peer_id)) {
      this.#drops.add('roster-full');
      return;
    }
    this.#peers.set(info.peer_id, { info, sinceEpochMs, inTouch: false });
  }

  get(peerId: string): KnownPeer | undefined {
    return this.#peers.get(peerId);
  }

  remove(peerId: string): void {
    this.#peers.delete(peerId);
  }

  touch(peerId: string): void {
    const peer = this.#peers.get(peerId);
    if (peer !== undefined) peer.inTouch = true;
  }

  /** Ids of the peers that offers have passed with. */
  inTouch(): string[] {
    const ids: string[] = [];
    for (const [id, peer] of this.#peers) if (peer.inTouch) ids.push(id);
    return ids;
  }
}
