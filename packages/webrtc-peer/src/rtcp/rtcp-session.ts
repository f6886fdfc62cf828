import { compactNtp, micros, reportRoundTrip } from '@rm/rtp-sync';
import type { Micros, SequenceVerdict } from '@rm/rtp-sync';
import { reportPackets } from './compose-reports.js';
import { MAX_COUNT, SDES_CNAME } from './packet.js';
import type { FeedbackPacket, ReceptionReport, RtcpPacket } from './packet.js';
import { type ParsedCompound, parseCompound } from './parse-compound.js';
import { type ReceivedPacket, ReceiverReports } from './receiver-reports.js';
import { ReportSchedule } from './report-schedule.js';
import { type SentPacket, SenderReports } from './sender-reports.js';
import { writeCompound } from './write-compound.js';

/** How an {@link RtcpSession} is set up. */
export interface RtcpSessionOptions {
  /** Canonical name, the same for all streams that belong together; up to 255 bytes. */
  readonly cname: string;
  /** Our SSRC in what is sent while we send no media. */
  readonly ssrc: number;
  /** Wall clock in microseconds since 1970 at time 0 of the clock that every `now` is of. */
  readonly unixOrigin: Micros;
  /** Whether feedback may go without a report before it (`a=rtcp-rsize`, RFC 5506). */
  readonly reducedSize: boolean;
}

/** Counts of an {@link RtcpSession}. */
export interface RtcpSessionStatistics {
  /** Feedback that was not sent, as 64 packets of it waited. */
  readonly feedbackDropped: number;
  /** Parts of datagrams that could not be read. */
  readonly faults: number;
  /** Packets that no report counts, as 256 other streams were heard within 10 s. */
  readonly streamsRefused: number;
}

/** Largest datagram made, so that it fits every path with the overhead of SRTP, UDP and IP. */
const MAX_BYTES = 1200;
/** Lost packets that one NACK names, each in a pair of its own at worst. */
const MAX_NACK_SEQUENCES = 250;
/** Feedback packets that may wait for the next poll. */
const MAX_FEEDBACK = 64;
/** Sender reports whose echo is believed: with one a second, round trips of up to 8 s. */
const REMEMBERED_REPORTS = 8;

/**
 * The RTCP of one connection with any number of streams in both directions: says what datagram to send when, and
 * reads what comes. Reports go together by {@link ReportSchedule}; feedback does not wait for them.
 */
export class RtcpSession {
  readonly #options: RtcpSessionOptions;
  readonly #schedule = new ReportSchedule();
  readonly #receiver = new ReceiverReports();
  readonly #sender: SenderReports;
  readonly #sentReports: number[] = [];
  #reducedSize: boolean;
  #feedback: FeedbackPacket[] = [];
  #feedbackDropped = 0;
  #faults = 0;
  #roundTripTime: Micros | undefined;
  #now = 0 as Micros;

  constructor(options: RtcpSessionOptions) {
    this.#options = options;
    this.#reducedSize = options.reducedSize;
    this.#sender = new SenderReports(options.unixOrigin);
  }

  /** Whether feedback may go without a report before it, as negotiated by now. */
  set reducedSize(reducedSize: boolean) {
    this.#reducedSize = reducedSize;
  }

  /** The latest round-trip time by the other side's reports (RFC 3550 §6.4.1), undefined before the first. */
  get roundTripTime(): Micros | undefined {
    return this.#roundTripTime;
  }

  get statistics(): RtcpSessionStatistics {
    return {
      feedbackDropped: this.#feedbackDropped,
      faults: this.#faults,
      streamsRefused: this.#receiver.streamsRefused,
    };
  }

  /** Counts an RTP packet that is sent at `now`, retransmissions too; a stream's first makes a report due. */
  packetSent(packet: SentPacket, now: Micros): void {
    if (this.#sender.sent(packet, now)) this.#schedule.start(now);
  }

  /**
   * Counts an RTP packet that arrived, in order of arrival; give `repaired` for one that came again on request,
   * which stays counted as lost.
   */
  packetReceived(
    packet: ReceivedPacket,
    arrival: Micros,
    repaired = false,
  ): SequenceVerdict | undefined {
    if (this.#schedule.next === undefined) this.#schedule.start(arrival);
    if (!repaired) return this.#receiver.received(packet, arrival);
    this.#receiver.repaired(packet.ssrc);
    return 'valid';
  }

  /** Sends feedback with the next {@link poll}, whether or not a report is due. */
  send(feedback: FeedbackPacket, now: Micros): void {
    this.#now = now;
    for (const packet of splitNack(feedback)) {
      if (this.#feedback.length < MAX_FEEDBACK) this.#feedback.push(packet);
      else this.#feedbackDropped++;
    }
  }

  /** When {@link poll} has something to send next; undefined while there is nothing to report on. */
  get next(): Micros | undefined {
    return this.#feedback.length > 0 ? this.#now : this.#schedule.next;
  }

  /** The datagrams that are to be sent at `now`, each of at most 1200 bytes; empty if nothing is due. */
  poll(now: Micros): Uint8Array[] {
    const { next } = this.#schedule;
    const reportDue = next !== undefined && now >= next;
    if (!reportDue && this.#feedback.length === 0) return [];
    const feedback = this.#feedback;
    this.#feedback = [];
    if (!reportDue && this.#reducedSize) return this.#datagrams([], feedback);
    return this.#datagrams(reportDue ? this.#reports(now) : this.#emptyReport(), feedback);
  }

  /** The datagram that says good-bye for streams of ours, which are forgotten; for all of them by default. */
  bye(now: Micros, ssrcs: readonly number[] = this.#sender.ssrcs): Uint8Array[] {
    const leaving = ssrcs.length > 0 ? ssrcs : [this.#options.ssrc];
    const reports = this.#reports(now);
    for (const ssrc of leaving) this.#sender.remove(ssrc);
    const byes: RtcpPacket[] = [];
    for (let at = 0; at < leaving.length; at += MAX_COUNT) {
      byes.push({ type: 'bye', ssrcs: leaving.slice(at, at + MAX_COUNT) });
    }
    return this.#datagrams(reports, byes);
  }

  /**
   * Reads a datagram that arrived. What it says of round-trip time, sender reports and good-bye is taken over;
   * requests and estimates are the caller's to act on.
   */
  received(datagram: Uint8Array, arrival: Micros): ParsedCompound {
    const compound = parseCompound(datagram);
    this.#faults += compound.faults.length;
    for (const packet of compound.packets) {
      if (packet.type === 'sender-report') {
        this.#receiver.senderReport(packet.ssrc, packet.ntp, arrival);
        this.#measureRoundTrip(packet.reports, arrival);
      } else if (packet.type === 'receiver-report') {
        this.#measureRoundTrip(packet.reports, arrival);
      } else if (packet.type === 'bye') {
        for (const ssrc of packet.ssrcs) this.#receiver.remove(ssrc);
      }
    }
    return compound;
  }

  #measureRoundTrip(reports: readonly ReceptionReport[], arrival: Micros): void {
    for (const report of reports) {
      // Only an echo of what we sent: anything else would let the other side set our timers at will.
      if (!this.#sentReports.includes(report.lastSenderReport)) continue;
      const arrivalUnix = micros(this.#options.unixOrigin + arrival);
      this.#roundTripTime = reportRoundTrip(report, arrivalUnix) ?? this.#roundTripTime;
    }
  }

  #reports(now: Micros): RtcpPacket[] {
    this.#schedule.reported(now);
    const senders = this.#sender.reports(now);
    const [first] = senders;
    if (first) {
      this.#sentReports.push(compactNtp(first.ntp));
      if (this.#sentReports.length > REMEMBERED_REPORTS) this.#sentReports.shift();
    }
    return [
      ...reportPackets(this.#options.ssrc, senders, this.#receiver.reports(now)),
      ...(senders.length > 0 ? senders : [this.#options]).map(({ ssrc }) =>
        this.#description(ssrc),
      ),
    ];
  }

  /** What has to stand before feedback where reduced size was not negotiated (RFC 4585 §3.1). */
  #emptyReport(): RtcpPacket[] {
    const ssrc = this.#sender.ssrcs[0] ?? this.#options.ssrc;
    return [{ type: 'receiver-report', ssrc, reports: [] }, this.#description(ssrc)];
  }

  #description(ssrc: number): RtcpPacket {
    const items = [{ kind: SDES_CNAME, text: this.#options.cname }];
    return { type: 'source-description', chunks: [{ ssrc, items }] };
  }

  /** Packs whole packets into datagrams. Those after the first begin with a report too, unless of reduced size. */
  #datagrams(reports: readonly RtcpPacket[], rest: readonly RtcpPacket[]): Uint8Array[] {
    const datagrams: Uint8Array[] = [];
    let open: RtcpPacket[] = [];
    let bytes = 0;
    for (const packet of [...reports, ...rest]) {
      const size = writeCompound([packet]).length;
      if (open.length > 0 && bytes + size > MAX_BYTES) {
        datagrams.push(writeCompound(open));
        open = this.#reducedSize ? [] : this.#emptyReport();
        bytes = open.length > 0 ? writeCompound(open).length : 0;
      }
      open.push(packet);
      bytes += size;
    }
    if (open.length > 0) datagrams.push(writeCompound(open));
    return datagrams;
  }
}

/** A NACK in parts that fit in a datagram each; other feedback as it is. */
function splitNack(feedback: FeedbackPacket): FeedbackPacket[] {
  if (feedback.type !== 'nack' || feedback.sequences.length <= MAX_NACK_SEQUENCES)
    return [feedback];
  const parts: FeedbackPacket[] = [];
  for (let at = 0; at < feedback.sequences.length; at += MAX_NACK_SEQUENCES) {
    parts.push({ ...feedback, sequences: feedback.sequences.slice(at, at + MAX_NACK_SEQUENCES) });
  }
  return parts;
}
