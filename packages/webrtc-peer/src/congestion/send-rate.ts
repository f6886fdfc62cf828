import { type Micros, millis } from '@rm/rtp-sync';
import type { ReceptionReport } from '../rtcp/packet.js';
import { LossControl } from './loss-control.js';
import type { RateBounds } from './rate-control.js';
import { Throughput } from './throughput.js';

/** Packets of one report that are believed; more is a stream that began anew. */
const MAX_PACKETS = 30_000;
/** Streams whose counts are remembered. */
const MAX_STREAMS = 64;
/** Without any report for so long while media is sent, the way there or back is blocked. */
const FEEDBACK_TIMEOUT = 3_000_000;
const TIMEOUT_STEP = 500_000;
const TIMEOUT_BACK_OFF = 0.7;
const SENT_WINDOW = millis(1000);
const DEFAULT_BOUNDS: RateBounds = { start: 300_000, min: 50_000, max: 20_000_000 };

interface Counts {
  readonly expected: number;
  readonly lost: number;
}

/**
 * The bitrate of all media of one connection together: no more than the receiver's last REMB, nor than loss allows
 * ({@link LossControl}), and less the longer the receiver is silent.
 */
export class SendRate {
  readonly #bounds: RateBounds;
  readonly #loss: LossControl;
  readonly #sent = new Throughput(SENT_WINDOW);
  readonly #counts = new Map<number, Counts>();
  #remb: number | undefined;
  #heardAt: Micros | undefined;
  #backedOffAt = 0;

  /** @param bounds - Default: start at 300 kbit/s, 50 kbit/s to 20 Mbit/s. */
  constructor(bounds: RateBounds = DEFAULT_BOUNDS) {
    this.#bounds = bounds;
    this.#loss = new LossControl(bounds);
  }

  /** Bits per second to send in all: audio, video and retransmissions. */
  get target(): number {
    const rate = Math.min(this.#loss.rate, this.#remb ?? Number.POSITIVE_INFINITY);
    return Math.floor(Math.max(rate, this.#bounds.min));
  }

  /** Whether the receiver has told what the path carries. */
  get told(): boolean {
    return this.#remb !== undefined;
  }

  /** Loss that does not depend on the rate, 0…0.2: what forward error correction is for. */
  get inherentLoss(): number {
    return this.#loss.inherentLoss;
  }

  /** Counts bytes on the wire that are sent at `now`. */
  sent(bytes: number, now: Micros): void {
    this.#sent.add(bytes, now);
    // silence counts from the first packet that could have been answered
    this.#heardAt ??= now;
  }

  /** Takes a REMB of the receiver, in bits per second. It stays in force until the next. */
  estimated(bitrate: number, now: Micros): void {
    this.#heardAt = now;
    this.#remb = bitrate;
  }

  /** Takes the report blocks about our streams of one datagram. */
  reported(reports: readonly ReceptionReport[], now: Micros): void {
    let packets = 0;
    let lost = 0;
    for (const report of reports) {
      const { ssrc, extendedHighestSequence: expected, cumulativeLost } = report;
      const before = this.#counts.get(ssrc);
      this.#counts.delete(ssrc);
      this.#counts.set(ssrc, { expected, lost: cumulativeLost });
      if (!before) continue;
      const more = (expected - before.expected) | 0;
      if (more <= 0 || more > MAX_PACKETS) continue;
      packets += more;
      lost += Math.min(Math.max(cumulativeLost - before.lost, 0), more);
    }
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= MAX_STREAMS) break;
      this.#counts.delete(oldest);
    }
    if (reports.length > 0) this.#heardAt = now;
    const rate = this.#sent.at(now);
    if (packets === 0 || rate === undefined || rate === 0) return;
    this.#loss.report({ packets, lost, rate, bounded: this.#remb !== undefined }, now);
  }

  /** Lets `now` pass: without reports for 3 s the rate goes down step by step. Call it every 100 ms or so. */
  poll(now: Micros): number {
    const silent = this.#heardAt !== undefined && now - this.#heardAt >= FEEDBACK_TIMEOUT;
    const sending = (this.#sent.at(now) ?? 0) > 0;
    if (silent && sending && now - this.#backedOffAt >= TIMEOUT_STEP) {
      this.#backedOffAt = now;
      this.#loss.limitTo(this.target * TIMEOUT_BACK_OFF);
    }
    return this.target;
  }
}
