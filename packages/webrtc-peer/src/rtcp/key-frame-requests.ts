import { type Micros, micros } from '@rm/rtp-sync';
import type { FirPacket, PliPacket } from './packet.js';

/** How the other side understands to be asked for a key frame, by its `a=rtcp-fb`. */
export type KeyFrameFeedback = 'pli' | 'fir';

/** A second request before the answer to the first can be here only makes the sender repeat itself. */
const MIN_INTERVAL = 200_000;
/** Encoding and sending of a key frame, beyond the round trip. */
const ANSWER_TIME = 100_000;
/** Assumed before the first measurement. */
const UNKNOWN_ROUND_TRIP = 100_000;

/**
 * Asks for key frames of one received video stream: at once when one is wanted, again while none came, by no less
 * than 200 ms or a round trip and the time to encode.
 */
export class KeyFrameRequests {
  readonly #senderSsrc: number;
  readonly #mediaSsrc: number;
  readonly #feedback: KeyFrameFeedback;
  #roundTrip = UNKNOWN_ROUND_TRIP;
  #wanted = false;
  #askedAt: Micros | undefined;
  #firSequence = 255;
  #requests = 0;

  /** @param senderSsrc - An SSRC of ours. @param mediaSsrc - The stream's. */
  constructor(senderSsrc: number, mediaSsrc: number, feedback: KeyFrameFeedback = 'pli') {
    this.#senderSsrc = senderSsrc;
    this.#mediaSsrc = mediaSsrc;
    this.#feedback = feedback;
  }

  /** Takes over a newly measured round-trip time. */
  set roundTripTime(roundTrip: Micros) {
    this.#roundTrip = roundTrip;
  }

  /** Requests sent, repetitions too. */
  get requests(): number {
    return this.#requests;
  }

  /** Pictures cannot be decoded any more until a key frame comes. */
  want(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    // the same number is kept for repetitions of a request (RFC 5104 §4.3.1)
    this.#firSequence = (this.#firSequence + 1) & 0xff;
  }

  /** A key frame is here as a whole: nothing is wanted any more. */
  received(): void {
    this.#wanted = false;
  }

  /** When {@link poll} has something to send next; undefined while nothing is wanted. */
  get next(): Micros | undefined {
    if (!this.#wanted) return undefined;
    if (this.#askedAt === undefined) return 0 as Micros;
    return micros(this.#askedAt + Math.max(MIN_INTERVAL, this.#roundTrip + ANSWER_TIME));
  }

  /** The request to send at `now`, which counts as sent; undefined if none is due. */
  poll(now: Micros): PliPacket | FirPacket | undefined {
    const { next } = this;
    if (next === undefined || now < next) return undefined;
    this.#askedAt = now;
    this.#requests++;
    if (this.#feedback === 'pli') {
      return { type: 'pli', senderSsrc: this.#senderSsrc, mediaSsrc: this.#mediaSsrc };
    }
    const entries = [{ ssrc: this.#mediaSsrc, sequence: this.#firSequence }];
    return { type: 'fir', senderSsrc: this.#senderSsrc, entries };
  }
}
