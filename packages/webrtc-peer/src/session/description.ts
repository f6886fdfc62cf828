import type { MediaSection } from '@rm/codecs';
import type { TransportParameters } from '../backend/transport.js';

/** Media that travels by RTP. */
export type MediaKind = 'audio' | 'video';

/** Which way media flows, as seen by the side that says it (RFC 8829 §4.2.4). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** The streams of one media section that its sender has announced. */
export interface AnnouncedStreams {
  /** SSRC of the media. */
  readonly ssrc: number;
  /** SSRC of its retransmissions, where they have a stream of their own. */
  readonly rtxSsrc: number | undefined;
}

/** One media section (`m=`) of a description. */
export interface MediaDescription {
  /** `other` for what is not known here, which is rejected. */
  readonly kind: MediaKind | 'application' | 'other';
  readonly mid: string;
  /** Transport protocol of the `m=` line, which an answer repeats. */
  readonly protocol: string;
  /** Port 0 without `bundle-only`: not part of the session (RFC 8829 §5.2.2). */
  readonly rejected: boolean;
  readonly direction: Direction;
  /** What is received with, `rtx` among it. */
  readonly section: MediaSection;
  /** Ids of header extensions by URI. */
  readonly extensions: ReadonlyMap<string, number>;
  readonly streams: AnnouncedStreams | undefined;
  /** Ids of the streams that the sent track belongs to (`a=msid`), and of the track. */
  readonly streamIds: readonly string[];
  readonly trackId: string | undefined;
  /** RTP and RTCP on one port (RFC 5761), without which nothing goes here. */
  readonly rtcpMux: boolean;
  /** Feedback may go without a report (RFC 5506). */
  readonly reducedSize: boolean;
}

/** An offer or answer, apart from its type. */
export interface SessionContent {
  /** Of the origin line: the session's id, constant for the life of a peer connection, and its version. */
  readonly sessionId: string;
  readonly version: number;
  readonly media: readonly MediaDescription[];
  readonly transport: TransportParameters;
  /** MIDs of the sections that share the transport, the first one giving its parameters. */
  readonly bundle: readonly string[];
  /** Canonical name of the side's streams (RFC 8834 §4.9). */
  readonly cname: string | undefined;
}

/** The direction in which media can flow when one side says `ours` and the other `theirs` (RFC 3264 §6.1). */
export function commonDirection(ours: Direction, theirs: Direction): Direction {
  return directionOf(sends(ours) && receives(theirs), receives(ours) && sends(theirs));
}

/** The direction of a side that sends, or not, and receives, or not. */
export const directionOf = (isSending: boolean, isReceiving: boolean): Direction => {
  if (isSending) return isReceiving ? 'sendrecv' : 'sendonly';
  return isReceiving ? 'recvonly' : 'inactive';
};

export const sends = (direction: Direction): boolean =>
  direction === 'sendrecv' || direction === 'sendonly';

export const receives = (direction: Direction): boolean =>
  direction === 'sendrecv' || direction === 'recvonly';
