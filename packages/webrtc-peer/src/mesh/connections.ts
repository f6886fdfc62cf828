import type { AudioPathReport } from '@rm/codecs';
import type { Micros } from '@rm/rtp-sync';
import {
  ErrorCode,
  type IncomingOffer,
  type LeaveReason,
  type SignalingClient,
} from '@rm/signaling-protocol';
import type { CircuitBreaker } from '../connection/circuit-breaker.js';
import { Link } from '../connection/link.js';
import type { LinkCloseReason, LinkOptions } from '../connection/link-options.js';
import { PublishedStates } from '../connection/published-states.js';
import type { JsonValue } from '../data/control-message.js';
import type { DataChannel } from '../data/data-channel.js';
import { sessionIdOf } from '../negotiation/session-id.js';
import type { IceCandidate, PeerConnectionStates } from '../session/peer-connection.js';
import { BOTH_WAYS, changedDirections, type PeerDirections } from './directions.js';
import { Member } from './member.js';
import { type LinkStatistics, linkStatistics } from './statistics.js';

/** What the connections tell their owner. */
export interface ConnectionEvents {
  connected(peerId: string): void;
  /** `last` is what the link had measured. */
  disconnected(last: LinkStatistics, reason: LinkCloseReason, detail: string): void;
  message(from: string, payload: JsonValue): void;
  channelOpened(channel: DataChannel): void;
  /** A link was made, not connected yet: what is to be sent can be part of its first offer. */
  opened(peerId: string, link: Link): void;
  /** A link is gone. */
  ended(peerId: string): void;
  encodedVideo(from: string, ...video: Parameters<LinkOptions['encodedVideo']>): void;
  reported(from: string, report: AudioPathReport): void;
}

/** The part of a link's options that is the same for all. */
export type LinkSettings = Pick<
  LinkOptions,
  | 'backend'
  | 'opus'
  | 'iceServers'
  | 'cname'
  | 'videoCodecs'
  | 'videoFormats'
  | 'alignment'
  | 'flightRecorder'
  | 'clock'
  | 'random'
  | 'connectTimeout'
> & {
  readonly policy: () => LinkOptions['policy'];
  /** Keeps from calling a peer in vain; one for each. */
  readonly breaker: () => CircuitBreaker;
};

/** How it is said that a peer has left. */
const DEPARTURES: Readonly<Record<LeaveReason, string>> = {
  left: 'it left the room',
  'connection-lost': 'its signaling was lost',
  removed: 'it was removed from the room',
};

/**
 * The members of the room and the link to each: who connects to whom, when a lost link is made again, and which
 * link a message of the signaling is for.
 *
 * The peer that joins makes the links to those that are there. A link lost to the network is made again by the
 * same side, at growing intervals, as long as the peer is in the room.
 */
export class Connections {
  readonly #signaling: SignalingClient;
  readonly #settings: LinkSettings;
  readonly #events: ConnectionEvents;
  readonly #members = new Map<string, Member>();
  #iceServers: LinkSettings['iceServers'];
  /** Of the peers that media does not go both ways with, whether they are there or not. */
  readonly #directions = new Map<string, PeerDirections>();
  readonly #closing = new Set<Promise<void>>();
  #closed = false;
  #reachable = true;
  #unsendable = 0;

  constructor(signaling: SignalingClient, settings: LinkSettings, events: ConnectionEvents) {
    this.#signaling = signaling;
    this.#settings = settings;
    this.#iceServers = settings.iceServers;
    this.#events = events;
  }

  /** All members of the room that are known, and those who left it and are still connected. */
  get members(): Iterable<Member> {
    return this.#members.values();
  }

  /** A peer that was in the room before this node: this side connects. */
  found(peerId: string, since: Micros): void {
    const member = this.#member(peerId, true, since);
    // After the signaling was lost and found again the links of before are still good.
    if (member.link === undefined) this.#open(member, true);
  }

  /** A peer that came into the room after this node: it connects. */
  announced(peerId: string, now: Micros): void {
    this.#member(peerId, false, now);
  }

  /** Whether the signaling is there; without it nobody is called. */
  set reachable(reachable: boolean) {
    this.#reachable = reachable;
  }

  /** For the links to come, and the ICE restarts of those that are. */
  set iceServers(servers: LinkSettings['iceServers']) {
    this.#iceServers = servers;
    for (const { link } of this.#members.values())
      if (link !== undefined) link.iceServers = servers;
  }

  /** @throws ArgumentError (`BAD_ARGUMENT`) for what is no direction. */
  direct(peerId: string, directions: Partial<PeerDirections>): void {
    const { audio, video } = changedDirections(
      this.#directions.get(peerId) ?? BOTH_WAYS,
      directions,
    );
    if (audio === BOTH_WAYS.audio && video === BOTH_WAYS.video) this.#directions.delete(peerId);
    else this.#directions.set(peerId, { audio, video });
    this.#members.get(peerId)?.link?.media.direct(audio, video);
  }

  /** A peer is not in the room any more. */
  left(peerId: string, reason: LeaveReason): void {
    const member = this.#members.get(peerId);
    if (member === undefined) return;
    member.gone = true;
    member.retryAt = undefined;
    if (member.link === undefined) this.#members.delete(peerId);
    // Media does not need the signaling: a link that works stays until it is silent.
    else if (reason !== 'connection-lost' || member.link.state !== 'connected')
      member.link.close('peer-left', DEPARTURES[reason]);
  }

  offered(offer: IncomingOffer, now: Micros): void {
    if (this.#closed) {
      offer.reject(ErrorCode.CONNECTION_FAILED, 'this node is leaving');
      return;
    }
    const member = this.#members.get(offer.from) ?? this.#member(offer.from, false, now);
    const session = member.link?.remoteSession;
    if (session !== undefined && session !== sessionIdOf(offer.sdp))
      member.link?.close('replaced', 'the peer made a new connection');
    (member.link ?? this.#open(member, false)).offerReceived(offer);
  }

  candidate(from: string, candidate: IceCandidate): void {
    this.#members.get(from)?.link?.candidateReceived(candidate);
  }

  /** The peer ended the connection, and wants no other. */
  ended(from: string, detail: string): void {
    const member = this.#members.get(from);
    if (member?.link === undefined) return;
    member.initiator = false;
    member.link.close('peer-closed', detail);
  }

  tick(now: Micros): void {
    for (const member of this.#members.values()) {
      member.link?.tick(now);
      member.states?.poll(now);
      const due = member.retryAt !== undefined && now >= member.retryAt;
      // Without the signaling nobody would hear of the call.
      if (due && this.#reachable) this.#open(member, true);
    }
  }

  /** Closes every link; resolves when all they held is released. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { link } of this.#members.values()) link?.close('closed', 'this node left');
    this.#members.clear();
    await Promise.all(this.#closing);
  }

  #member(peerId: string, initiator: boolean, since: Micros): Member {
    let member = this.#members.get(peerId);
    if (member === undefined) {
      member = new Member(peerId, initiator, since, this.#settings.breaker());
      this.#members.set(peerId, member);
    }
    member.gone = false;
    member.initiator = initiator;
    return member;
  }

  #open(member: Member, initiator: boolean): Link {
    const { peerId } = member;
    const { policy, breaker: _, ...settings } = this.#settings;
    const abort = new AbortController();
    const { clock } = settings;
    const states = new PublishedStates(
      (each) => this.#send(() => this.#signaling.sendState(peerId, onTheWire(each))),
      clock.now(),
    );
    member.retryAt = undefined;
    const link = new Link({
      ...settings,
      peerId,
      iceServers: this.#iceServers,
      encodedVideo: (...video) => this.#events.encodedVideo(peerId, ...video),
      policy: policy(),
      initiator,
      polite: this.#signaling.peerId > peerId,
      signaling: {
        offer: async (sdp) => {
          const answer = await this.#signaling.offer(
            peerId,
            { sdp, canTrickle: true },
            { signal: abort.signal },
          );
          return answer.sdp;
        },
        sendCandidate: (candidate) =>
          this.#send(() => this.#signaling.sendCandidate(peerId, candidate)),
        sendStates: (each) => states.update(each, clock.now()),
        probe: () => this.#signaling.peers({ signal: abort.signal }),
      },
      events: {
        connected: () => {
          member.connected();
          this.#events.connected(peerId);
        },
        lost: (detail) => this.#events.disconnected(linkStatistics(member, link), 'silent', detail),
        closed: (reason, detail) => {
          abort.abort(new Error(`the link was closed: ${reason}`));
          this.#linkClosed(member, link, reason, detail);
        },
        message: (payload) => this.#events.message(peerId, payload),
        channelOpened: (channel) => this.#events.channelOpened(channel),
        reported: (report) => this.#events.reported(peerId, report),
      },
    });
    const { audio, video } = this.#directions.get(peerId) ?? BOTH_WAYS;
    link.media.direct(audio, video);
    member.link = link;
    member.states = states;
    this.#events.opened(peerId, link);
    return link;
  }

  #linkClosed(member: Member, link: Link, reason: LinkCloseReason, detail: string): void {
    const last = linkStatistics(member, link);
    member.link = undefined;
    member.states = undefined;
    this.#events.ended(member.peerId);
    const closing = link.closed.finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    if (member.gone) this.#members.delete(member.peerId);
    else if (!this.#closed && member.initiator)
      member.retry(this.#settings.clock.now(), this.#settings.random);
    // What was lost before was told of then.
    if (!link.lost) this.#events.disconnected(last, reason, detail);
  }

  /** Signaling refuses what a backend should never give (an oversized candidate); the connection can do without. */
  #send(send: () => boolean): void {
    try {
      send();
    } catch {
      this.#unsendable++;
    }
  }

  /** Candidates and states the signaling refused to send. */
  get unsendable(): number {
    return this.#unsendable;
  }
}

const onTheWire = (states: PeerConnectionStates): Parameters<SignalingClient['sendState']>[1] => ({
  connectionState: states.connection,
  iceConnectionState: states.iceConnection,
  iceGatheringState: states.iceGathering,
  signalingState: states.signaling,
});
