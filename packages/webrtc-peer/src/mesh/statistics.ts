import type { Link } from '../connection/link.js';
import type { LinkState } from '../connection/link-options.js';
import type { AudioReceiverStatistics } from '../media/audio-receiver.js';
import type { AudioSenderStatistics } from '../media/audio-sender.js';
import type { VideoConnectionStatistics } from '../media/video-connection.js';
import type { VideoSenderStatistics } from '../media/video-sender.js';
import type { Direction } from '../session/description.js';
import type { Quality } from '../quality/quality-meter.js';
import type { RtpSessionStatistics } from '../rtp/rtp-session.js';
import type { AudioOutputStatistics } from './audio-output.js';
import type { Member } from './member.js';
import type { VideoOutputStatistics } from './video-output.js';

/** The connection to one peer, both directions. A field that was not measured is absent. */
export interface LinkStatistics {
  readonly peerId: string;
  readonly state: LinkState;
  /** From the moment both peers were announced to the first audio played, in ms. */
  readonly connectMs?: number;
  readonly roundTripMs?: number;
  /** Which way sound goes, as both sides have agreed, seen from this one. */
  readonly audioDirection?: Direction;
  /** What is heard of the peer. */
  readonly received?: AudioReceiverStatistics;
  /** What is sent to the peer. */
  readonly sent: AudioSenderStatistics;
  /** Picture streams of the peer. */
  readonly receivedVideo: readonly VideoConnectionStatistics[];
  /** Picture streams to the peer. */
  readonly sentVideo: readonly VideoSenderStatistics[];
  /** RTP and RTCP of all media together. */
  readonly rtp: RtpSessionStatistics;
  /** How good the connection has been in the last seconds. */
  readonly quality?: Quality;
  /** How much later the sound is heard than its picture is seen, in ms. */
  readonly lipSyncMs?: number;
  /** Control messages that could not be read. */
  readonly messagesMalformed: number;
  /** Control messages that could not be sent. */
  readonly messagesDropped: number;
}

/** A mesh node and all its connections. */
export interface MeshStatistics {
  readonly peerId: string;
  readonly links: readonly LinkStatistics[];
  readonly outputs: readonly AudioOutputStatistics[];
  readonly videoOutputs: readonly VideoOutputStatistics[];
  /** Ticks of the media clock that were skipped after stalls of the thread. */
  readonly ticksSkipped: number;
}

/** What `link` has measured, the connection to `member`. */
export function linkStatistics(member: Member, link: Link): LinkStatistics {
  const { receiver, roundTrip, media } = link;
  const { videos, lipSyncResidual, quality } = media;
  const direction = media.audio.transceiver.negotiated?.direction;
  const firstPlayed = receiver?.firstPlayed;
  return {
    peerId: member.peerId,
    state: link.state,
    ...(firstPlayed !== undefined && { connectMs: (firstPlayed - member.knownSince) / 1000 }),
    ...(roundTrip !== undefined && { roundTripMs: roundTrip / 1000 }),
    ...(direction !== undefined && { audioDirection: direction }),
    ...(receiver !== undefined && { received: receiver.statistics() }),
    sent: link.sender.statistics(),
    receivedVideo: videos.map((video) => video.statistics()),
    sentVideo: videos.map(({ sender }) => sender.statistics()),
    rtp: media.session.statistics,
    ...(quality !== undefined && { quality }),
    ...(lipSyncResidual !== undefined && { lipSyncMs: lipSyncResidual / 1000 }),
    messagesMalformed: link.channels.malformed,
    messagesDropped: link.channels.dropped,
  };
}
