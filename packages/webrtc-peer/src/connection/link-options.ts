import type { AudioPathReport, CodecDescription } from '@rm/codecs';
import type { Micros } from '@rm/rtp-sync';
import type { Backend, IceServer } from '../backend/transport.js';
import type { FlightRecorder } from '../capture/flight-recorder.js';
import type { Clock } from '../clock/clock.js';
import type { JsonValue } from '../data/control-message.js';
import type { DataChannel } from '../data/data-channel.js';
import type { PeerMediaOptions } from '../media/peer-media.js';
import type { IceCandidate, PeerConnectionStates } from '../session/peer-connection.js';

/**
 * Where a connection to one peer stands. `restoring` is one that has fallen silent and may come back: what is sent
 * still goes out.
 */
export type LinkState = 'connecting' | 'connected' | 'restoring' | 'closed';

/**
 * Why a connection ended: `closed` by this side, `peer-left` the room, `peer-closed` this connection, `replaced`
 * by a new one of the same peer, `timeout` before it was connected, `silent` for too long, or `failed`.
 */
export type LinkCloseReason =
  | 'closed'
  | 'peer-left'
  | 'peer-closed'
  | 'replaced'
  | 'timeout'
  | 'silent'
  | 'failed';

/** How a link reaches the other side before it is connected. */
export interface LinkSignaling {
  /** Sends an offer; resolves with the SDP of the answer. */
  offer(sdp: string): Promise<string>;
  sendCandidate(candidate: IceCandidate): void;
  sendStates(states: PeerConnectionStates): void;
  /** Asks the signaling server for a sign of life; resolves when it came, rejects when it does not. */
  probe(): Promise<unknown>;
}

/** What a link tells its owner. */
export interface LinkEvents {
  /** Media and messages can flow, for the first time or again. */
  connected(): void;
  /** Nothing has been heard of the peer for four seconds. The link tries to come back by itself. */
  lost(detail: string): void;
  /** The last event. `detail` says more than the reason, for a log. */
  closed(reason: LinkCloseReason, detail: string): void;
  message(payload: JsonValue): void;
  /** The peer opened a data channel, which is open. */
  channelOpened(channel: DataChannel): void;
  /** What the peer reports of the path to it. */
  reported(report: AudioPathReport): void;
}

/** What a link is made with. */
export interface LinkOptions extends Pick<
  PeerMediaOptions,
  'cname' | 'opus' | 'videoCodecs' | 'policy' | 'alignment' | 'encodedVideo'
> {
  /** Whether this side makes the first offer. */
  readonly initiator: boolean;
  /** Whether this side gives way when both offer at once; the two sides must differ. */
  readonly polite: boolean;
  readonly backend: Backend;
  readonly iceServers: readonly IceServer[];
  readonly clock: Clock;
  readonly random: () => number;
  /** Longest time to `connected`. */
  readonly connectTimeout: Micros;
  /** Where what is received is remembered for a later look, under the peer's id. */
  readonly flightRecorder?: FlightRecorder | undefined;
  /** Which pictures are taken and sent, in order of preference. */
  readonly videoFormats: readonly CodecDescription[];
  /** Who is at the other side. */
  readonly peerId: string;
  readonly signaling: LinkSignaling;
  readonly events: LinkEvents;
}
