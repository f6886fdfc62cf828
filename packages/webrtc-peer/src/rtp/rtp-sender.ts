import { CaptureTimeSender, type Micros, micros } from '@rm/rtp-sync';
import {
  KeyFrameDemand,
  type ReceptionReport,
  RetransmissionHistory,
  type RetransmissionStatistics,
  type RtcpPacket,
} from '../rtcp/index.js';
import { sends } from '../session/description.js';
import type { NegotiatedFormat } from '../session/formats.js';
import type { Transceiver } from '../session/transceiver.js';
import type { RtpPacket } from './packet.js';
import type { OutgoingRtp } from './rtp-bytes.js';

/** What goes into one packet of a stream. */
export interface MediaPayload {
  readonly payload: Uint8Array;
  readonly marker: boolean;
  /** Ticks of the stream's clock since it began; not wrapped. */
  readonly position: number;
  /** When it was captured, on this node's clock. */
  readonly captured: Micros;
  /** Of another format than that of the stream; default its own. */
  readonly payloadType?: number;
}

/** A packet of a stream on its way out. */
export interface OutgoingPacket extends OutgoingRtp {
  readonly captured: Micros;
}

/** What a sender tells its owner. */
export interface RtpSenderHandlers {
  /** The other side needs a key frame. */
  readonly keyFrameRequested?: () => void;
  /** How the other side receives the stream. */
  readonly reported?: (report: ReceptionReport, now: Micros) => void;
}

/** Counts of one sent stream, by their W3C names. */
export interface RtpSenderStatistics {
  readonly packetsSent: number;
  /** Payload bytes, without headers and retransmissions. */
  readonly bytesSent: number;
  readonly retransmittedPacketsSent: number;
  readonly retransmittedBytesSent: number;
  readonly nackCount: number;
  readonly pliCount: number;
  readonly firCount: number;
}

/** Media of all payload types of one section has one clock. */
export const clockRateOf = ({ kind }: Transceiver): number => (kind === 'audio' ? 48_000 : 90_000);

/** One sent stream: its sequence numbers and timestamps, what can be sent again, and who wants a key frame. */
export class RtpSender {
  readonly transceiver: Transceiver;
  readonly clockRate: number;
  readonly #handlers: RtpSenderHandlers;
  readonly #unixOrigin: Micros;
  readonly #timestampOffset: number;
  readonly #rtxSequence: number;
  readonly #captureTimes: CaptureTimeSender;
  readonly #demand: KeyFrameDemand;
  #sequence: number;
  #history: RetransmissionHistory | undefined;
  #historyOf: NegotiatedFormat | undefined;
  #heard = false;
  /** Sequence number of the packet that left last. */
  #left: number | undefined;
  /** That of the last packet of a key frame which has not left as a whole. */
  #keyFrameEnd: number | undefined;
  #packetsSent = 0;
  #bytesSent = 0;
  #retransmittedPackets = 0;
  #retransmittedBytes = 0;
  readonly #counts = { nackCount: 0, pliCount: 0, firCount: 0 };

  /**
   * @param unixOrigin - Wall clock in microseconds since 1970 at time 0 of the clock that `captured` is of.
   * @param random - Source of the random first sequence number and timestamp (RFC 3550 §5.1).
   */
  constructor(
    transceiver: Transceiver,
    handlers: RtpSenderHandlers,
    unixOrigin: Micros,
    random: () => number,
  ) {
    this.transceiver = transceiver;
    this.clockRate = clockRateOf(transceiver);
    this.#handlers = handlers;
    this.#unixOrigin = unixOrigin;
    this.#sequence = Math.floor(random() * 65_536);
    this.#timestampOffset = Math.floor(random() * 2 ** 32);
    this.#rtxSequence = Math.floor(random() * 65_536);
    this.#captureTimes = new CaptureTimeSender(this.clockRate);
    this.#demand = new KeyFrameDemand(transceiver.ssrc);
  }

  /** What is sent; undefined while one of the two sides wants nothing to be, this one as soon as it says so. */
  get format(): NegotiatedFormat | undefined {
    const { negotiated, direction } = this.transceiver;
    return negotiated && sends(negotiated.direction) && sends(direction)
      ? negotiated.formats[0]
      : undefined;
  }

  /** When a key frame is to be made that was asked for; undefined while none is. */
  get keyFrameDue(): Micros | undefined {
    return this.#demand.next;
  }

  get statistics(): RtpSenderStatistics {
    return {
      packetsSent: this.#packetsSent,
      bytesSent: this.#bytesSent,
      retransmittedPacketsSent: this.#retransmittedPackets,
      retransmittedBytesSent: this.#retransmittedBytes,
      ...this.#counts,
    };
  }

  /** What became of the packets that were asked for again; undefined where that was not negotiated. */
  get retransmissions(): RetransmissionStatistics | undefined {
    return this.#history?.statistics;
  }

  /**
   * The packet `index` places after the last one that was sent, to be sent at `now`.
   * It is sent when {@link sent} is told so.
   */
  packet(media: MediaPayload, index: number, now: Micros): OutgoingPacket {
    const { negotiated } = this.transceiver;
    const timestamp = (this.#timestampOffset + media.position) >>> 0;
    const captureTime = { captured: micros(this.#unixOrigin + media.captured) };
    const stamped =
      negotiated?.extensions.captureTime !== undefined &&
      this.#captureTimes.needsExtension(0, timestamp, captureTime, now);
    return {
      ssrc: this.transceiver.ssrc,
      payloadType: media.payloadType ?? this.format?.payloadType ?? 0,
      sequenceNumber: (this.#sequence + index) & 0xffff,
      timestamp,
      marker: media.marker,
      payload: media.payload,
      captured: media.captured,
      captureTime: stamped ? captureTime : undefined,
      // Until the other side is known to have learnt which section the SSRC is of (RFC 8843 §9.2).
      mid: this.#heard ? undefined : negotiated?.mid,
    };
  }

  /** `count` packets are on their way: their sequence numbers are used. */
  advance(count: number): void {
    this.#sequence = (this.#sequence + count) & 0xffff;
  }

  /** A packet left at `now`. */
  sent(packet: OutgoingPacket, now: Micros): void {
    this.#packetsSent++;
    this.#bytesSent += packet.payload.length;
    this.#historyFor(this.format)?.sent(packet as RtpPacket, now);
    this.#left = packet.sequenceNumber;
    if (packet.sequenceNumber !== this.#keyFrameEnd) return;
    this.#keyFrameEnd = undefined;
    // Who asked meanwhile cannot have seen all of it.
    this.#demand.sent(now);
  }

  /** A packet left once more. */
  sentAgain(packet: RtpPacket): void {
    this.#retransmittedPackets++;
    this.#retransmittedBytes += packet.payload.length;
  }

  /** The last frame that was given to be sent was a key frame, asked for or not. */
  keyFrameSent(now: Micros): void {
    this.#demand.sent(now);
    const end = (this.#sequence - 1) & 0xffff;
    this.#keyFrameEnd = end === this.#left ? undefined : end;
  }

  /** Takes the other side's view of the stream. */
  reported(report: ReceptionReport, now: Micros): void {
    this.#heard = true;
    this.#handlers.reported?.(report, now);
  }

  /** Takes a request of the other side. Returns the packets to send again. */
  feedback(packet: RtcpPacket, roundTrip: Micros | undefined, now: Micros): readonly RtpPacket[] {
    if (packet.type === 'nack') {
      if (packet.mediaSsrc !== this.transceiver.ssrc) return [];
      this.#counts.nackCount++;
      const history = this.#history;
      if (history === undefined) return [];
      if (roundTrip !== undefined) history.roundTripTime = roundTrip;
      return history.requested(packet.sequences, now);
    }
    if (packet.type !== 'pli' && packet.type !== 'fir') return [];
    if (roundTrip !== undefined) this.#demand.roundTripTime = roundTrip;
    const { ssrc } = this.transceiver;
    if (packet.type === 'pli' && packet.mediaSsrc === ssrc) this.#counts.pliCount++;
    if (packet.type === 'fir' && packet.entries.some((entry) => entry.ssrc === ssrc))
      this.#counts.firCount++;
    if (this.#demand.received(packet, now)) this.#handlers.keyFrameRequested?.();
    return [];
  }

  /** What was sent is kept where the other side can ask for it, and as long as the format is the same. */
  #historyFor(format: NegotiatedFormat | undefined): RetransmissionHistory | undefined {
    if (format === this.#historyOf) return this.#history;
    this.#historyOf = format;
    const { rtxSsrc } = this.transceiver;
    const rtx = format?.rtx;
    this.#history = format?.feedback.includes('nack')
      ? new RetransmissionHistory(
          rtx !== undefined && rtxSsrc !== undefined
            ? {
                rtx: {
                  ssrc: rtxSsrc,
                  payloadType: rtx.payloadType,
                  firstSequence: this.#rtxSequence,
                },
              }
            : {},
        )
      : undefined;
    return this.#history;
  }
}
