import { type Micros, micros } from '@rm/rtp-sync';
import type { Transport } from '../backend/transport.js';
import {
  absSendTime,
  BandwidthEstimator,
  Pacer,
  type RateBounds,
  SendRate,
} from '../congestion/index.js';
import {
  type FeedbackPacket,
  type ReceptionReport,
  RtcpSession,
  type RtcpSessionStatistics,
  type SenderReportPacket,
} from '../rtcp/index.js';
import type { Transceiver } from '../session/transceiver.js';
import type { HeaderExtensionIds } from './header-extensions.js';
import type { RtpPacket } from './packet.js';
import {
  MAX_RTP_BYTES,
  MAX_RTP_HEADER_BYTES,
  type OutgoingRtp,
  parseRtp,
  writeRtp,
} from './rtp-bytes.js';
import { RtpReceiver, type RtpReceiverHandlers } from './rtp-receiver.js';
import { RtpRouter } from './rtp-router.js';
import {
  type MediaPayload,
  type OutgoingPacket,
  RtpSender,
  type RtpSenderHandlers,
} from './rtp-sender.js';

/** What an {@link RtpSession} is made with. */
export interface RtpSessionOptions {
  readonly transport: Pick<Transport, 'sendRtp' | 'sendRtcp'>;
  /** Canonical name of this side's streams. */
  readonly cname: string;
  /** SSRC of this side while it sends nothing. */
  readonly ssrc: number;
  /** Wall clock in microseconds since 1970 at time 0 of the clock that every `now` is of. */
  readonly unixOrigin: Micros;
  readonly random: () => number;
  /** Bounds of what is sent to the other side, all media together, and of what it is told to send. */
  readonly rate?: RateBounds;
}

/** Counts of an {@link RtpSession}. */
export interface RtpSessionStatistics extends RtcpSessionStatistics {
  /** What may be sent, in bit/s: all media together. */
  readonly availableOutgoingBitrate: number;
  /** What the other side was told it may send, in bit/s. */
  readonly availableIncomingBitrate: number;
  /** Packets that belong to no section, or were no RTP. */
  readonly packetsUnroutable: number;
  /** Frames that did not fit into the pacer's queue. */
  readonly framesRefused: number;
}

/** What a retransmission puts before the payload (RFC 4588 §4). */
const RTX_BYTES = 2;
/** Without a poll for so long this side was busy: polls come every 10 ms. */
const BUSY = 25_000;
/** What waited meanwhile is taken within this time. */
const CATCH_UP = 5_000;

/** Payload of the largest packet that is sent. */
export const MAX_PAYLOAD_BYTES: number = MAX_RTP_BYTES - MAX_RTP_HEADER_BYTES - RTX_BYTES;

interface Waiting {
  readonly sender: RtpSender;
  readonly packet: OutgoingPacket | RtpPacket;
  readonly again: boolean;
}

const sizeOf = ({ packet }: Waiting): number => packet.payload.length + MAX_RTP_HEADER_BYTES;

/**
 * RTP and RTCP of one connection (RFC 3550, RFC 8834): all streams both ways with their reports, retransmissions,
 * key-frame requests, and the bitrate that the path carries. It has no timer: call {@link poll} every 10 ms.
 */
export class RtpSession {
  readonly #options: RtpSessionOptions;
  readonly #rtcp: RtcpSession;
  readonly #router = new RtpRouter();
  readonly #senders = new Map<number, RtpSender>();
  readonly #receivers = new Map<Transceiver, RtpReceiver>();
  readonly #rate: SendRate;
  readonly #estimator: BandwidthEstimator;
  readonly #pacer: Pacer<Waiting>;
  readonly #buffer = new Uint8Array(MAX_RTP_BYTES + MAX_RTP_HEADER_BYTES);
  /** What to read: ids mean the same in all sections (RFC 8843 §10.1.2), though not each section has all. */
  #extensions: HeaderExtensionIds = {};
  #tellsEstimate = false;
  /** When this side was last known to be awake, and until when what comes had to wait for it before. */
  #awakeAt = Number.NEGATIVE_INFINITY;
  #lateUntil = Number.NEGATIVE_INFINITY;
  #measuredRoundTrip: Micros | undefined;
  #unroutable = 0;

  constructor(options: RtpSessionOptions) {
    const { cname, ssrc, unixOrigin, rate } = options;
    this.#options = options;
    this.#rtcp = new RtcpSession({ cname, ssrc, unixOrigin, reducedSize: false });
    this.#rate = new SendRate(rate);
    this.#estimator = new BandwidthEstimator(rate);
    this.#pacer = new Pacer(this.#rate.target);
  }

  /** By RTCP, or as measured otherwise; undefined before the first measurement. */
  get roundTripTime(): Micros | undefined {
    return this.#rtcp.roundTripTime ?? this.#measuredRoundTrip;
  }

  /** A round trip that was measured otherwise, for a side that sends no media and so learns none by RTCP. */
  set measuredRoundTrip(roundTrip: Micros | undefined) {
    this.#measuredRoundTrip = roundTrip;
  }

  /** What may be sent, in bit/s: all media together. */
  get targetBitrate(): number {
    return this.#rate.target;
  }

  /** How long video that waits takes to leave. */
  get queueDelay(): Micros {
    return this.#pacer.queueDelay;
  }

  /** What the path carries in all as the other side says, in bit/s; undefined where it says nothing of it. */
  get bandwidth(): number | undefined {
    return this.#rate.told ? this.#rate.target : undefined;
  }

  get statistics(): RtpSessionStatistics {
    return {
      ...this.#rtcp.statistics,
      availableOutgoingBitrate: this.#rate.target,
      availableIncomingBitrate: this.#estimator.bitrate,
      packetsUnroutable: this.#unroutable,
      framesRefused: this.#pacer.statistics.framesRefused,
    };
  }

  /** Begins to send what a transceiver is for. */
  addSender(transceiver: Transceiver, handlers: RtpSenderHandlers = {}): RtpSender {
    const { unixOrigin, random } = this.#options;
    const sender = new RtpSender(transceiver, handlers, unixOrigin, random);
    this.#senders.set(transceiver.ssrc, sender);
    return sender;
  }

  /**
   * Begins to receive what a transceiver is for; `budget` is how long after a packet was missed it is of use, each of
   * several in a row `spacing` longer than the one before it.
   */
  addReceiver(
    transceiver: Transceiver,
    handlers: RtpReceiverHandlers,
    budget: Micros,
    spacing: Micros = micros(0),
  ): RtpReceiver {
    const receiver = new RtpReceiver(transceiver, handlers, budget, spacing);
    this.#receivers.set(transceiver, receiver);
    this.#router.negotiated([...this.#receivers.values()]);
    return receiver;
  }

  /** Ends both for a transceiver. */
  remove(transceiver: Transceiver, now: Micros): void {
    this.#receivers.delete(transceiver);
    this.#router.negotiated([...this.#receivers.values()]);
    if (!this.#senders.delete(transceiver.ssrc)) return;
    for (const datagram of this.#rtcp.bye(now, [transceiver.ssrc]))
      this.#options.transport.sendRtcp(datagram);
  }

  /** What transceivers have negotiated has changed. */
  negotiated(transceivers: readonly Transceiver[]): void {
    const sections = transceivers.flatMap(({ negotiated }) => negotiated ?? []);
    this.#extensions = {
      mid: sections.find(({ extensions }) => extensions.mid)?.extensions.mid,
      sendTime: sections.find(({ extensions }) => extensions.sendTime)?.extensions.sendTime,
      captureTime: sections.find(({ extensions }) => extensions.captureTime)?.extensions
        .captureTime,
    };
    this.#rtcp.reducedSize = sections.length > 0 && sections.every((each) => each.reducedSize);
    this.#tellsEstimate = sections.some(({ formats }) =>
      formats.some(({ feedback }) => feedback.includes('goog-remb')),
    );
    this.#router.negotiated([...this.#receivers.values()]);
  }

  /**
   * Sends a packet of up to {@link MAX_PAYLOAD_BYTES} at once. False if it could not be sent, which leaves no gap in
   * the sequence numbers.
   */
  send(sender: RtpSender, media: MediaPayload, now: Micros): boolean {
    if (sender.format === undefined || media.payload.length > MAX_PAYLOAD_BYTES) return false;
    const packet = sender.packet(media, 0, now);
    const bytes = this.#transmit(sender, packet, now);
    if (bytes === 0) return false;
    sender.advance(1);
    this.#sent(sender, packet, bytes, now);
    this.#pacer.audioSent(bytes, now);
    return true;
  }

  /**
   * Sends the packets of a frame, of up to {@link MAX_PAYLOAD_BYTES} each, spread over time with the next polls; the
   * payloads belong to the session until then. False if it takes none of them, as too much waits.
   */
  sendFrame(sender: RtpSender, media: readonly MediaPayload[], now: Micros): boolean {
    if (sender.format === undefined) return false;
    if (media.some(({ payload }) => payload.length > MAX_PAYLOAD_BYTES)) return false;
    const waiting = media.map((payload, i) => ({
      sender,
      packet: sender.packet(payload, i, now),
      again: false,
    }));
    if (!this.#pacer.frame(waiting, sizeOf, now)) return false;
    sender.advance(media.length);
    this.#pace(now);
    return true;
  }

  /** Sends feedback of this side. */
  request(feedback: FeedbackPacket, now: Micros): void {
    this.#rtcp.send(feedback, now);
  }

  /** Takes an RTP packet as it came. */
  rtp(bytes: Uint8Array, now: Micros): void {
    const packet = parseRtp(bytes, this.#extensions);
    const receiver = packet && this.#router.route(packet);
    const format = packet && receiver?.formatOf(packet.payloadType);
    if (packet === undefined || receiver === undefined || format === undefined) {
      this.#unroutable++;
      return;
    }
    const { clockRate } = receiver;
    const original = receiver.original(packet, format);
    const arrival = original && receiver.arrived(original, format, now);
    const sameStream = original === packet;
    const repeated = !sameStream || arrival !== 'new';
    this.#estimator.received(
      {
        ssrc: packet.ssrc,
        bytes: bytes.length,
        absSendTime: packet.sendTime,
        timestamp: packet.timestamp,
        clockRate,
        repeated,
        late: this.#isLate(now),
      },
      now,
    );
    this.#rtcp.packetReceived({ ...packet, clockRate }, now, sameStream && repeated);
    if (original === undefined || arrival === undefined || arrival === 'duplicate') return;
    receiver.deliver(original, now, arrival);
    // Sound has no time to wait for the next poll.
    if (receiver.transceiver.kind === 'audio' && this.#ask(receiver, now)) this.#report(now);
  }

  /** Takes an RTCP compound packet as it came. */
  rtcp(bytes: Uint8Array, now: Micros): void {
    for (const packet of this.#rtcp.received(bytes, now).packets) {
      switch (packet.type) {
        case 'sender-report':
          this.#senderReport(packet, now);
          this.#reports(packet.reports, now);
          break;
        case 'receiver-report':
          this.#reports(packet.reports, now);
          break;
        case 'nack':
        case 'pli':
        case 'fir':
          for (const sender of this.#senders.values())
            for (const again of sender.feedback(packet, this.roundTripTime, now))
              this.#repeat(sender, again, now);
          break;
        case 'remb':
          if (packet.ssrcs.length === 0 || packet.ssrcs.some((ssrc) => this.#senders.has(ssrc)))
            this.#rate.estimated(packet.bitrate, now);
          break;
        case 'bye':
        case 'source-description':
        case 'unknown':
      }
    }
  }

  /** Does what is due: reports, requests, paced packets. */
  poll(now: Micros): void {
    this.#awake(now);
    this.#pacer.target = this.#rate.poll(now);
    this.#pace(now);
    const { ssrc } = this.#options;
    const { roundTripTime } = this;
    if (roundTripTime !== undefined) this.#estimator.roundTripTime = roundTripTime;
    for (const receiver of this.#receivers.values()) {
      if (roundTripTime !== undefined) receiver.roundTripTime = roundTripTime;
      this.#ask(receiver, now);
    }
    if (this.#tellsEstimate) {
      const estimate = this.#estimator.poll(now);
      if (estimate) this.#rtcp.send({ type: 'remb', senderSsrc: ssrc, ...estimate }, now);
    }
    this.#report(now);
  }

  /** Says good-bye for all streams of this side. */
  close(now: Micros): void {
    for (const datagram of this.#rtcp.bye(now)) this.#options.transport.sendRtcp(datagram);
  }

  /** Asks again for what is missing and due, with the next report; whether there was something. */
  #ask(receiver: RtpReceiver, now: Micros): boolean {
    const sequences = receiver.poll(now)?.requests ?? [];
    const { ssrc: mediaSsrc } = receiver;
    if (sequences.length === 0 || mediaSsrc === undefined) return false;
    const senderSsrc = this.#options.ssrc;
    this.#rtcp.send({ type: 'nack', senderSsrc, mediaSsrc, sequences }, now);
    return true;
  }

  /** Sends the RTCP that is due. */
  #report(now: Micros): void {
    for (const datagram of this.#rtcp.poll(now)) this.#options.transport.sendRtcp(datagram);
  }

  /** Packets that waited for a busy thread are all taken at once, as if a queue of the path had let go of them. */
  #isLate(now: Micros): boolean {
    this.#awake(now);
    return now < this.#lateUntil;
  }

  #awake(now: Micros): void {
    if (now - this.#awakeAt > BUSY) this.#lateUntil = now + CATCH_UP;
    this.#awakeAt = now;
  }

  #pace(now: Micros): void {
    for (const { sender, packet, again } of this.#pacer.poll(now)) {
      // What still waited when it was removed has no stream any more, or is not wanted.
      if (this.#senders.get(sender.transceiver.ssrc) !== sender) continue;
      if (sender.format === undefined) continue;
      const bytes = this.#transmit(sender, packet, now);
      if (bytes === 0) continue;
      if (again) this.#sentAgain(sender, packet, bytes, now);
      else this.#sent(sender, packet as OutgoingPacket, bytes, now);
    }
  }

  #repeat(sender: RtpSender, packet: RtpPacket, now: Micros): void {
    if (sender.format === undefined) return;
    if (sender.transceiver.kind === 'video') {
      const waiting = { sender, packet, again: true };
      this.#pacer.retransmission(waiting, sizeOf(waiting));
      return;
    }
    const bytes = this.#transmit(sender, packet, now);
    if (bytes > 0) this.#sentAgain(sender, packet, bytes, now);
  }

  /** Bytes that were sent, 0 if it could not be. */
  #transmit({ transceiver }: RtpSender, packet: OutgoingRtp, now: Micros): number {
    packet.sendTime = absSendTime(now);
    const length = writeRtp(this.#buffer, packet, transceiver.negotiated?.extensions ?? {});
    return this.#options.transport.sendRtp(this.#buffer.subarray(0, length)) ? length : 0;
  }

  #sent(sender: RtpSender, packet: OutgoingPacket, bytes: number, now: Micros): void {
    sender.sent(packet, now);
    this.#rate.sent(bytes, now);
    const { ssrc, timestamp, captured, payload } = packet;
    const { clockRate } = sender;
    this.#rtcp.packetSent(
      { ssrc, timestamp, clockRate, captured, payloadBytes: payload.length },
      now,
    );
  }

  #sentAgain(sender: RtpSender, packet: RtpPacket, bytes: number, now: Micros): void {
    sender.sentAgain(packet);
    this.#rate.sent(bytes, now);
  }

  #senderReport(packet: SenderReportPacket, now: Micros): void {
    const { ssrc, ntp, rtpTimestamp, packetCount, octetCount, reports } = packet;
    const echo = reports.find((report) => this.#senders.has(report.ssrc));
    this.#router.ofSsrc(ssrc)?.senderReport(
      {
        ssrc,
        ntpSeconds: ntp.seconds,
        ntpFraction: ntp.fraction,
        rtpTimestamp,
        packetCount,
        octetCount,
        echo,
      },
      now,
    );
  }

  #reports(reports: readonly ReceptionReport[], now: Micros): void {
    const ours = reports.filter(({ ssrc }) => this.#senders.has(ssrc));
    this.#rate.reported(ours, now);
    for (const report of ours) this.#senders.get(report.ssrc)?.reported(report, now);
  }
}
