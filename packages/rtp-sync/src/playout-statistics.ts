import type { ReceptionStatistics } from './reception-statistics.js';

/**
 * Counters of one audio jitter buffer, named and defined as in the W3C webrtc-stats `inbound-rtp` dictionary.
 * Durations are in seconds and samples are per channel at the RTP clock rate, as there.
 */
export interface PlayoutStatistics {
  /** Sum over all emitted samples of the time each spent in the buffer, from arrival to playout. */
  readonly jitterBufferDelay: number;
  /** Sum over all emitted samples of the target delay when each was emitted. */
  readonly jitterBufferTargetDelay: number;
  /** The same for the target the delay policy would have had alone, without `JitterBuffer.delayAtLeast`. */
  readonly jitterBufferMinimumDelay: number;
  /** Samples that came out of packets. */
  readonly jitterBufferEmittedCount: number;
  /**
   * All samples played since the stream began: emitted, recovered, concealed and comfort noise, and what was
   * inserted less what was removed.
   */
  readonly totalSamplesReceived: number;
  /** Samples recovered from the packet after them (in-band FEC). */
  readonly recoveredSamples: number;
  /** Samples of background noise in pauses of the sender (DTX, or a gap in its timestamps). */
  readonly comfortNoiseSamples: number;
  /** Samples synthesized in place of packets that were lost or too late. */
  readonly concealedSamples: number;
  /** Those of them that were silence. */
  readonly silentConcealedSamples: number;
  /** Number of separate runs of concealment. */
  readonly concealmentEvents: number;
  readonly insertedSamplesForDeceleration: number;
  readonly removedSamplesForAcceleration: number;
  /** Packets that belong to the stream, duplicates included. */
  readonly packetsReceived: number;
  /** Those of them that carry redundancy for what came before them. */
  readonly fecPacketsReceived: number;
  /** Packets that were lost and came in time with a later packet, which carried a copy (RED); not received ones. */
  readonly redundantPacketsPlayed: number;
  /** Packets that were lost and came in time when they were asked for again; not received ones. */
  readonly retransmittedPacketsPlayed: number;
  /** Packets expected less packets received; may be negative through duplicates. */
  readonly packetsLost: number;
  /** Packets received and not played: too late, or dropped to catch up or for lack of room. */
  readonly packetsDiscarded: number;
  /** Packets received more than once. */
  readonly packetsDuplicated: number;
  /** Interarrival jitter of RFC 3550. */
  readonly jitter: number;
}

/** The mutable counters behind {@link PlayoutStatistics}. */
export class PlayoutCounters {
  jitterBufferDelay = 0;
  jitterBufferTargetDelay = 0;
  jitterBufferMinimumDelay = 0;
  jitterBufferEmittedCount = 0;
  recoveredSamples = 0;
  comfortNoiseSamples = 0;
  concealedSamples = 0;
  silentConcealedSamples = 0;
  concealmentEvents = 0;
  insertedSamplesForDeceleration = 0;
  removedSamplesForAcceleration = 0;
  packetsDiscarded = 0;
  packetsDuplicated = 0;
  fecPacketsReceived = 0;
  redundantPacketsPlayed = 0;
  retransmittedPacketsPlayed = 0;

  snapshot(reception: ReceptionStatistics): PlayoutStatistics {
    return {
      jitterBufferDelay: this.jitterBufferDelay,
      jitterBufferTargetDelay: this.jitterBufferTargetDelay,
      jitterBufferMinimumDelay: this.jitterBufferMinimumDelay,
      jitterBufferEmittedCount: this.jitterBufferEmittedCount,
      totalSamplesReceived:
        this.jitterBufferEmittedCount +
        this.recoveredSamples +
        this.concealedSamples +
        this.comfortNoiseSamples +
        this.insertedSamplesForDeceleration -
        this.removedSamplesForAcceleration,
      recoveredSamples: this.recoveredSamples,
      comfortNoiseSamples: this.comfortNoiseSamples,
      concealedSamples: this.concealedSamples,
      silentConcealedSamples: this.silentConcealedSamples,
      concealmentEvents: this.concealmentEvents,
      insertedSamplesForDeceleration: this.insertedSamplesForDeceleration,
      removedSamplesForAcceleration: this.removedSamplesForAcceleration,
      packetsReceived: reception.packetsReceived,
      fecPacketsReceived: this.fecPacketsReceived,
      redundantPacketsPlayed: this.redundantPacketsPlayed,
      retransmittedPacketsPlayed: this.retransmittedPacketsPlayed,
      packetsLost: reception.packetsLost,
      packetsDiscarded: this.packetsDiscarded,
      packetsDuplicated: this.packetsDuplicated,
      jitter: reception.jitter / 1e6,
    };
  }
}
