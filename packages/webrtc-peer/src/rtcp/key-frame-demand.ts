import { type Micros, micros } from '@rm/rtp-sync';
import type { RtcpPacket } from './packet.js';

/** Key frames are large: the encoder makes them on request no more often. */
const MIN_INTERVAL = 500_000;
/** Assumed before the first measurement. */
const UNKNOWN_ROUND_TRIP = 100_000;
/** Requesters whose FIR numbers are remembered. */
const MAX_REQUESTERS = 32;

/**
 * Turns the PLI and FIR of others for one stream of ours into key frames that the encoder is to make: many requests
 * for one loss are one key frame, and one that may still be on its way is not made again. What cannot be met at once
 * is not forgotten, it is due when the interval is over.
 */
export class KeyFrameDemand {
  readonly #ssrc: number;
  readonly #firSequences = new Map<number, number>();
  #roundTrip = UNKNOWN_ROUND_TRIP;
  #demandedAt: Micros | undefined;
  #lastKeyFrame: Micros | undefined;

  /** @param ssrc - The stream of ours that requests are about. */
  constructor(ssrc: number) {
    this.#ssrc = ssrc;
  }

  /** Takes over a newly measured round-trip time. */
  set roundTripTime(roundTrip: Micros) {
    this.#roundTrip = roundTrip;
  }

  /** Takes a packet of the other side; true if it asks for a key frame of this stream that is not on its way. */
  received(packet: RtcpPacket, now: Micros): boolean {
    if (!this.#asks(packet, now)) return false;
    // asked before the last key frame can have been seen there
    if (this.#lastKeyFrame !== undefined && now - this.#lastKeyFrame < this.#roundTrip)
      return false;
    this.#demandedAt ??= now;
    return true;
  }

  /** When the encoder is to make a key frame; undefined while none is demanded. */
  get next(): Micros | undefined {
    if (this.#demandedAt === undefined) return undefined;
    if (this.#lastKeyFrame === undefined) return this.#demandedAt;
    return micros(Math.max(this.#demandedAt, this.#lastKeyFrame + MIN_INTERVAL));
  }

  /** Notes that a key frame was sent at `now`, demanded or not. */
  sent(now: Micros): void {
    this.#lastKeyFrame = now;
    this.#demandedAt = undefined;
  }

  #asks(packet: RtcpPacket, now: Micros): boolean {
    if (packet.type === 'pli') return packet.mediaSsrc === this.#ssrc;
    if (packet.type !== 'fir') return false;
    // A number that was seen before asks again if its key frame ought to be there by now (RFC 5104 §4.3.1).
    let asks = this.#lastKeyFrame !== undefined && now - this.#lastKeyFrame > 2 * this.#roundTrip;
    asks &&= packet.entries.some(({ ssrc }) => ssrc === this.#ssrc);
    for (const { ssrc, sequence } of packet.entries) {
      if (ssrc !== this.#ssrc) continue;
      asks ||= this.#firSequences.get(packet.senderSsrc) !== sequence;
      this.#firSequences.delete(packet.senderSsrc);
      this.#firSequences.set(packet.senderSsrc, sequence);
    }
    if (this.#firSequences.size > MAX_REQUESTERS) {
      this.#firSequences.delete(this.#firSequences.keys().next().value!);
    }
    return asks;
  }
}
