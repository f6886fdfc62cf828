import type { RpcOutcome } from '../json-rpc/index.js';
import { decodeValue, METHODS } from '../messages/index.js';
import type { LeaveReason, WirePeerInfo } from '../messages/index.js';
import type { EngineEvent } from './engine-io.js';
import type { PeerInfo } from './types.js';
import { peerInfoFrom } from './wire.js';

/** What a received change amounts to: an event, nothing new, or that one before it is missing. */
export type PresenceChange = EngineEvent | 'known' | 'gap';

/** Who is in the room, as a snapshot and the versioned changes since. */
export class Presence {
  #peers = new Map<string, PeerInfo>();
  /** Unknown with servers that number no changes; then every change is believed. */
  #version: number | undefined;
  #isBehind = false;

  get peers(): PeerInfo[] {
    return [...this.#peers.values()];
  }

  /** Whether a change is known to be missing. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Begins anew with a snapshot; no events come of it. */
  reset(peers: readonly WirePeerInfo[], version: number | undefined): void {
    this.#peers = new Map(peers.map((peer) => [peer.peer_id, peerInfoFrom(peer)]));
    this.#version = version;
    this.#isBehind = false;
  }

  announced(peer: PeerInfo, version: number | undefined): PresenceChange {
    const step = this.#step(version);
    if (step !== 'next') return step;
    this.#peers.set(peer.peerId, peer);
    return announcedEvent(peer);
  }

  left(peerId: string, reason: LeaveReason, version: number | undefined): PresenceChange {
    const step = this.#step(version);
    if (step !== 'next') return step;
    this.#peers.delete(peerId);
    return leftEvent(peerId, reason);
  }

  /** Catches up with the result of `peer.list`; returns the events that were missing. */
  catchUp(outcome: RpcOutcome): EngineEvent[] {
    if (!outcome.ok) return [];
    const list = decodeValue(METHODS['peer.list'].result, outcome.result, 'peer.list');
    if (!list.ok) return [];
    const { peers, presence_version: version } = list.value;
    if (this.#version !== undefined && version < this.#version) return [];
    const before = this.#peers;
    this.reset(peers, version);
    const left = [...before.keys()].filter((peerId) => !this.#peers.has(peerId));
    const come = this.peers.filter(({ peerId }) => !before.has(peerId));
    return [
      ...left.map((peerId) => leftEvent(peerId, 'connection-lost')),
      ...come.map((peer) => announcedEvent(peer)),
    ];
  }

  #step(version: number | undefined): 'next' | 'known' | 'gap' {
    if (version === undefined || this.#version === undefined) return 'next';
    if (version <= this.#version) return 'known';
    if (version > this.#version + 1) {
      this.#isBehind = true;
      return 'gap';
    }
    this.#version = version;
    return 'next';
  }
}

const announcedEvent = (peer: PeerInfo): EngineEvent => ({
  kind: 'event',
  name: 'peer-announced',
  event: peer,
});

const leftEvent = (peerId: string, reason: LeaveReason): EngineEvent => ({
  kind: 'event',
  name: 'peer-left',
  event: { peerId, reason },
});
