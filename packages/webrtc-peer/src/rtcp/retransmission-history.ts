import { type Micros, sequenceDelta } from '@rm/rtp-sync';
import type { RtpPacket } from '../rtp/packet.js';
import { RtxSender, type RtxStream } from './rtx.js';

/** How a {@link RetransmissionHistory} is set up. */
export interface RetransmissionOptions {
  /** How long a packet can be sent again; default 1 s. */
  readonly maxAge?: Micros;
  /** Payload bytes that are kept; default 1 MiB. */
  readonly maxBytes?: number;
  /** Where RTX was negotiated: its stream. Else packets go again as they were. */
  readonly rtx?: RtxStream;
}

/** Counts of a {@link RetransmissionHistory}: packets asked for, by what became of the request. */
export interface RetransmissionStatistics {
  readonly packetsRetransmitted: number;
  /** Not sent: no longer kept, or never sent. */
  readonly packetsUnknown: number;
  /** Not sent: the last retransmission is still on its way. */
  readonly packetsRepeated: number;
  /** Not sent: retransmissions would have taken more than their share. */
  readonly packetsOverBudget: number;
}

interface Kept {
  readonly packet: RtpPacket;
  readonly sentAt: Micros;
  /** When it was last sent again. */
  repeatedAt: Micros | undefined;
}

const DEFAULT_AGE = 1_000_000 as Micros;
const DEFAULT_BYTES = 2 ** 20;
/** Packets that are kept at most: with more, sequence numbers of the latest would meet those of the oldest. */
const MAX_PACKETS = 8192;
/** Assumed before the first measurement. */
const UNKNOWN_ROUND_TRIP = 100_000;
/** What may be sent again for every byte that is sent; twice what a loss of 20 % needs. */
const BUDGET_SHARE = 0.5;
/** What may be sent again at once, in bytes: a burst that was lost as a whole. */
const BUDGET_BURST = 65_536;

/**
 * What one stream sent within the last second, to be sent again on request. A packet is not repeated within a round
 * trip however often it is asked for, and all repetitions together stay below half of what is sent, so that requests
 * cannot turn a congested path into a jammed one.
 */
export class RetransmissionHistory {
  readonly #maxAge: Micros;
  readonly #maxBytes: number;
  readonly #rtx: RtxSender | undefined;
  /** By sequence number, oldest first. */
  readonly #kept = new Map<number, Kept>();
  #bytes = 0;
  #latest: number | undefined;
  #budget = BUDGET_BURST;
  #roundTrip = UNKNOWN_ROUND_TRIP;
  #packetsRetransmitted = 0;
  #packetsUnknown = 0;
  #packetsRepeated = 0;
  #packetsOverBudget = 0;

  constructor(options: RetransmissionOptions = {}) {
    this.#maxAge = options.maxAge ?? DEFAULT_AGE;
    this.#maxBytes = options.maxBytes ?? DEFAULT_BYTES;
    this.#rtx = options.rtx && new RtxSender(options.rtx);
  }

  /** Takes over a newly measured round-trip time. */
  set roundTripTime(roundTrip: Micros) {
    this.#roundTrip = roundTrip;
  }

  get statistics(): RetransmissionStatistics {
    return {
      packetsRetransmitted: this.#packetsRetransmitted,
      packetsUnknown: this.#packetsUnknown,
      packetsRepeated: this.#packetsRepeated,
      packetsOverBudget: this.#packetsOverBudget,
    };
  }

  /** Keeps a packet that is sent for the first time; its payload is copied. */
  sent(packet: RtpPacket, now: Micros): void {
    const { sequenceNumber, payload } = packet;
    this.#drop(sequenceNumber);
    if (this.#latest !== undefined && sequenceDelta(sequenceNumber, this.#latest) <= 0) {
      // the stream went back, so what is kept no longer is what its numbers say
      for (const kept of this.#kept.keys()) this.#drop(kept);
    }
    this.#latest = sequenceNumber;
    const copy = { ...packet, payload: payload.slice() };
    this.#kept.set(sequenceNumber, { packet: copy, sentAt: now, repeatedAt: undefined });
    this.#bytes += payload.length;
    this.#budget = Math.min(BUDGET_BURST, this.#budget + payload.length * BUDGET_SHARE);
    this.#forget(now);
  }

  /**
   * The packets to send again at `now` of those that a NACK names; what is returned counts as sent. The payloads are
   * the history's own: do not change them.
   */
  requested(sequences: readonly number[], now: Micros): RtpPacket[] {
    this.#forget(now);
    const packets: RtpPacket[] = [];
    for (const sequence of sequences) {
      const kept = this.#kept.get(sequence);
      if (!kept) this.#packetsUnknown++;
      else if (kept.repeatedAt !== undefined && now - kept.repeatedAt < this.#roundTrip) {
        this.#packetsRepeated++;
      } else if (this.#budget < kept.packet.payload.length) this.#packetsOverBudget++;
      else {
        kept.repeatedAt = now;
        this.#budget -= kept.packet.payload.length;
        this.#packetsRetransmitted++;
        packets.push(this.#rtx ? this.#rtx.wrap(kept.packet) : kept.packet);
      }
    }
    return packets;
  }

  #forget(now: Micros): void {
    for (const [sequence, { sentAt }] of this.#kept) {
      const fits = this.#bytes <= this.#maxBytes && this.#kept.size <= MAX_PACKETS;
      if (fits && now - sentAt <= this.#maxAge) break;
      this.#drop(sequence);
    }
  }

  #drop(sequence: number): void {
    const kept = this.#kept.get(sequence);
    if (!kept) return;
    this.#bytes -= kept.packet.payload.length;
    this.#kept.delete(sequence);
  }
}
