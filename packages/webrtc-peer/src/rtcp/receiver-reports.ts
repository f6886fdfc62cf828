import { ReceptionStatistics, compactNtp, microsToTicks } from '@rm/rtp-sync';
import type { Micros, NtpTime, SequenceVerdict } from '@rm/rtp-sync';
import type { ReceptionReport } from './packet.js';

/** An RTP packet as report blocks count it. */
export interface ReceivedPacket {
  readonly ssrc: number;
  /** 0…65535 */
  readonly sequenceNumber: number;
  readonly timestamp: number;
  /** Ticks per second of `timestamp`; the first packet of a stream decides. */
  readonly clockRate: number;
}

interface Stream {
  readonly statistics: ReceptionStatistics;
  readonly clockRate: number;
  /** Counts at the previous report (RFC 3550 A.3). */
  expectedBefore: number;
  receivedBefore: number;
  heardSinceReport: boolean;
  heardAt: Micros;
  report: { readonly compact: number; readonly arrival: Micros } | undefined;
}

/** Streams of one connection that are reported on. */
const MAX_STREAMS = 256;
/** A stream that was silent for longer makes room for a new one. */
const SILENCE = 10_000_000;

/**
 * Reports on every stream that a connection receives: loss, jitter, highest sequence number with its cycles, and
 * what the other side needs for its round-trip time (RFC 3550 §6.4.1 and A.3).
 */
export class ReceiverReports {
  readonly #streams = new Map<number, Stream>();
  #streamsRefused = 0;

  /** Packets that were not counted as 256 other streams were heard within 10 s. */
  get streamsRefused(): number {
    return this.#streamsRefused;
  }

  /**
   * Takes a packet in order of arrival; undefined beyond 256 streams at a time.
   *
   * Give packets that came again on request under the same SSRC to {@link repaired}: a report says what the network
   * lost, which the sender's rate control has to know although the loss was made good.
   */
  received(packet: ReceivedPacket, arrival: Micros): SequenceVerdict | undefined {
    const stream = this.#streamOf(packet, arrival);
    if (!stream) return undefined;
    stream.heardAt = arrival;
    const { statistics } = stream;
    const verdict = statistics.update(packet.sequenceNumber, packet.timestamp, arrival);
    if (verdict === 'restart') {
      stream.expectedBefore = 0;
      stream.receivedBefore = 0;
    }
    if (verdict !== 'invalid') stream.heardSinceReport = true;
    return verdict;
  }

  /** Notes that a stream is alive, by a packet that came again and stays counted as lost. */
  repaired(ssrc: number): void {
    const stream = this.#streams.get(ssrc);
    if (stream) stream.heardSinceReport = true;
  }

  /** Takes a sender report of a stream that was received. */
  senderReport(ssrc: number, ntp: NtpTime, arrival: Micros): void {
    const stream = this.#streams.get(ssrc);
    if (stream) stream.report = { compact: compactNtp(ntp), arrival };
  }

  /** Forgets a stream that has said good-bye or is no longer part of the session. */
  remove(ssrc: number): void {
    this.#streams.delete(ssrc);
  }

  /**
   * The report blocks of a report made at `now`, one for each stream heard since the report before; they count as
   * sent.
   */
  reports(now: Micros): ReceptionReport[] {
    const reports: ReceptionReport[] = [];
    for (const [ssrc, stream] of this.#streams) {
      if (!stream.heardSinceReport) continue;
      stream.heardSinceReport = false;
      reports.push(reportOf(ssrc, stream, now));
    }
    return reports;
  }

  #streamOf({ ssrc, clockRate }: ReceivedPacket, arrival: Micros): Stream | undefined {
    const known = this.#streams.get(ssrc);
    if (known) return known;
    if (this.#streams.size >= MAX_STREAMS && !this.#makeRoom(arrival)) {
      this.#streamsRefused++;
      return undefined;
    }
    const stream: Stream = {
      statistics: new ReceptionStatistics(clockRate),
      clockRate,
      expectedBefore: 0,
      receivedBefore: 0,
      heardSinceReport: false,
      heardAt: arrival,
      report: undefined,
    };
    this.#streams.set(ssrc, stream);
    return stream;
  }

  /** Forgets a stream that has been silent for 10 s; false if there is none. */
  #makeRoom(now: Micros): boolean {
    for (const [ssrc, { heardAt }] of this.#streams) {
      if (now - heardAt > SILENCE) return this.#streams.delete(ssrc);
    }
    return false;
  }
}

function reportOf(ssrc: number, stream: Stream, now: Micros): ReceptionReport {
  const { statistics, report } = stream;
  const expected = statistics.packetsExpected - stream.expectedBefore;
  const lost = expected - (statistics.packetsReceived - stream.receivedBefore);
  stream.expectedBefore = statistics.packetsExpected;
  stream.receivedBefore = statistics.packetsReceived;
  return {
    ssrc,
    fractionLost: lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
    cumulativeLost: statistics.packetsLost,
    extendedHighestSequence: statistics.extendedHighestSequence % 2 ** 32,
    jitter: microsToTicks(statistics.jitter, stream.clockRate),
    lastSenderReport: report?.compact ?? 0,
    delaySinceLastSenderReport: report ? compactDuration(now - report.arrival) : 0,
  };
}

/** Microseconds in units of 1/65536 s, rounded down and clamped to 32 bits. */
const compactDuration = (elapsed: number): number =>
  Math.min(Math.max(Math.floor((elapsed * 65_536) / 1e6), 0), 0xffff_ffff);
