import { type Micros, sequenceDelta } from '@rm/rtp-sync';
import { NackGenerator, type NackDecision, type NackStatistics, unwrapRtx } from '../rtcp/index.js';
import { receives } from '../session/description.js';
import type { NegotiatedFormat } from '../session/formats.js';
import type { Transceiver } from '../session/transceiver.js';
import type { RtpPacket, SenderReport } from './packet.js';
import { clockRateOf } from './rtp-sender.js';

/** What a receiver tells its owner. */
export interface RtpReceiverHandlers {
  /** A packet, each only once where lost ones are asked for. Its format is one of those negotiated. */
  readonly packet: (packet: RtpPacket, now: Micros, arrival: Exclude<Arrival, 'duplicate'>) => void;
  readonly senderReport: (report: SenderReport, now: Micros) => void;
}

/** How a receiver treats a packet: passes it on, passes on one that was asked for, or drops it. */
export type Arrival = 'new' | 'recovered' | 'duplicate';

/** A larger jump is no gap to be filled but a stream that begins anew, or a stray (RFC 3550 A.1). */
const MAX_GAP = 3000;

/** The received side of one transceiver: which packets are its own, and what is missing of them. */
export class RtpReceiver {
  readonly transceiver: Transceiver;
  readonly clockRate: number;
  readonly #handlers: RtpReceiverHandlers;
  readonly #spacing: Micros;
  #budget: Micros;
  #ssrc: number | undefined;
  #highest: number | undefined;
  #nack: NackGenerator | undefined;

  /**
   * @param budget - How long after a packet was missed it is of use.
   * @param spacing - Of several missed in a row, how much less long the earlier ones are.
   */
  constructor(
    transceiver: Transceiver,
    handlers: RtpReceiverHandlers,
    budget: Micros,
    spacing: Micros,
  ) {
    this.transceiver = transceiver;
    this.clockRate = clockRateOf(transceiver);
    this.#handlers = handlers;
    this.#budget = budget;
    this.#spacing = spacing;
  }

  /** SSRC of the stream that came last; undefined before the first packet. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  get statistics(): NackStatistics | undefined {
    return this.#nack?.statistics;
  }

  /** Changes how long after a packet was missed it is of use. */
  set nackBudget(budget: Micros) {
    this.#budget = budget;
    if (this.#nack !== undefined) this.#nack.budget = budget;
  }

  /** Takes over a newly measured round-trip time. */
  set roundTripTime(roundTrip: Micros) {
    if (this.#nack !== undefined) this.#nack.roundTripTime = roundTrip;
  }

  /** The format of a payload type; undefined if nothing of it is taken. */
  formatOf(payloadType: number): NegotiatedFormat | undefined {
    const { negotiated, direction } = this.transceiver;
    if (negotiated === undefined || !receives(negotiated.direction)) return undefined;
    // What was sent before the other side knew that nothing is wanted any more.
    if (!receives(direction)) return undefined;
    return negotiated.receivable.find(
      ({ local, rtx, red }) =>
        local.payloadType === payloadType ||
        rtx?.local === payloadType ||
        red?.local === payloadType,
    );
  }

  /** The packet that a retransmission stands for; the packet itself if it is none. */
  original(packet: RtpPacket, format: NegotiatedFormat): RtpPacket | undefined {
    if (packet.payloadType !== format.rtx?.local) return packet;
    const announced = this.transceiver.negotiated?.remoteStreams;
    const ssrc = announced?.rtxSsrc === packet.ssrc ? announced.ssrc : this.#ssrc;
    if (ssrc === undefined) return undefined;
    return unwrapRtx(packet, { ssrc, payloadType: format.local.payloadType });
  }

  /** Says what a packet of the stream is, retransmitted or not; `restart` if its stream has begun anew. */
  arrived({ ssrc, sequenceNumber }: RtpPacket, format: NegotiatedFormat, now: Micros): Arrival {
    if (ssrc !== this.#ssrc) {
      this.#ssrc = ssrc;
      this.#highest = undefined;
      this.#nack = format.feedback.includes('nack')
        ? new NackGenerator({ budget: this.#budget, spacing: this.#spacing })
        : undefined;
    }
    const delta = this.#highest === undefined ? 1 : sequenceDelta(sequenceNumber, this.#highest);
    if (delta > 0) this.#highest = sequenceNumber;
    if (Math.abs(delta) > MAX_GAP) {
      this.#highest = sequenceNumber;
      this.#nack?.restart();
    }
    const verdict = this.#nack?.received(sequenceNumber, now) ?? 'new';
    return verdict === 'stale' ? 'duplicate' : verdict;
  }

  /** A packet came by other means, as in a copy: it is not asked for. */
  restored(sequence: number): void {
    this.#nack?.restored(sequence);
  }

  deliver(packet: RtpPacket, now: Micros, arrival: Exclude<Arrival, 'duplicate'>): void {
    this.#handlers.packet(packet, now, arrival);
  }

  senderReport(report: SenderReport, now: Micros): void {
    this.#handlers.senderReport(report, now);
  }

  /** What to ask for at `now`. */
  poll(now: Micros): NackDecision | undefined {
    const next = this.#nack?.next;
    return next === undefined || now < next ? undefined : this.#nack?.poll(now);
  }
}
