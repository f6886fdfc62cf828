import type { LinkState } from '../connection/link.js';
import type { AudioReceiverStatistics } from '../media/audio-receiver.js';
import type { AudioSenderStatistics } from '../media/audio-sender.js';
import type { Member } from './member.js';

/** The connection to one peer, both directions. A field that was not measured is absent. */
export interface LinkStatistics {
  readonly peerId: string;
  readonly state: LinkState;
  /** From the moment both peers were announced to the first audio played, in ms. */
  readonly connectMs?: number;
  readonly roundTripMs?: number;
  /** What is heard of the peer. */
  readonly received?: AudioReceiverStatistics;
  /** What is sent to the peer. */
  readonly sent: AudioSenderStatistics;
  /** Control messages that could not be read. */
  readonly messagesMalformed: number;
  /** Control messages that could not be sent. */
  readonly messagesDropped: number;
}

/** A mesh node and all its connections. */
export interface MeshStatistics {
  readonly peerId: string;
  readonly links: readonly LinkStatistics[];
  /** Ticks of the media clock that were skipped after stalls of the thread. */
  readonly ticksSkipped: number;
}

/** The statistics of the member's link, or nothing while there is none. */
export function linkStatistics({ peerId, link, knownSince }: Member): LinkStatistics[] {
  if (link === undefined) return [];
  const { receiver, roundTrip } = link;
  const firstPlayed = receiver?.firstPlayed;
  return [
    {
      peerId,
      state: link.state,
      ...(firstPlayed !== undefined && { connectMs: (firstPlayed - knownSince) / 1000 }),
      ...(roundTrip !== undefined && { roundTripMs: roundTrip / 1000 }),
      ...(receiver !== undefined && { received: receiver.statistics() }),
      sent: link.sender.statistics(),
      messagesMalformed: link.malformedMessages,
      messagesDropped: link.messagesDropped,
    },
  ];
}
