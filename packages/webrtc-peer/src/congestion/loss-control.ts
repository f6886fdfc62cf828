import type { Micros } from '@rm/rtp-sync';
import { type LossSample, explainLoss } from './loss-model.js';
import type { RateBounds } from './rate-control.js';

/** Below this loss the rate grows, above the other it shrinks (draft-ietf-rmcat-gcc-02 §6). */
const LOW_LOSS = 0.02;
const HIGH_LOSS = 0.1;
/** Growth per second while nobody else watches the path. */
const GROWTH = 0.08;
/** The same where an estimate of the receiver bounds the rate as well: without loss, and with some. */
const BOUNDED_GROWTH = 1;
const BOUNDED_LOSSY_GROWTH = 0.25;
/** No decision is taken on less. */
const MIN_PACKETS = 20;
const MIN_INTERVAL = 200_000;
const LONGEST_INTERVAL = 2_000_000;
/** What is looked back at to tell whether loss depends on the rate. */
const MAX_SAMPLES = 15;
/** How far rates have to be apart to tell. */
const TELLING_RATIO = 1.25;
/** Less than this share of the target is what the application wants, not what the path gives. */
const APPLICATION_LIMITED = 0.7;

/** What was sent and lost since the last reports. */
export interface LossReport {
  readonly packets: number;
  readonly lost: number;
  /** Bits per second sent meanwhile. */
  readonly rate: number;
  /** Whether an estimate of the receiver bounds the rate as well. */
  readonly bounded: boolean;
}

/**
 * The rate that loss allows: more below 2 %, less above 10 % (draft-ietf-rmcat-gcc-02 §6). Loss that is the same
 * whatever the rate, as on radio links, is found out by {@link explainLoss} and not counted, up to 20 %, since sending
 * less does not reduce it.
 */
export class LossControl {
  readonly #bounds: RateBounds;
  #rate: number;
  #packets = 0;
  #lost = 0;
  #decidedAt: Micros | undefined;
  #samples: LossSample[] = [];
  /** Loss that was found not to depend on the rate. */
  #inherent = 0;

  constructor(bounds: RateBounds) {
    this.#bounds = bounds;
    this.#rate = bounds.start;
  }

  /** Bits per second. */
  get rate(): number {
    return this.#rate;
  }

  /** Loss that does not depend on the rate, 0…0.2, as far as it is known. */
  get inherentLoss(): number {
    return this.#inherent;
  }

  /** Takes what the other side reported; decides once there is enough of it. */
  report(report: LossReport, now: Micros): void {
    this.#decidedAt ??= now;
    this.#packets += report.packets;
    this.#lost += report.lost;
    const elapsed = now - this.#decidedAt;
    if (this.#packets < MIN_PACKETS || elapsed < MIN_INTERVAL) return;
    const loss = this.#lost / this.#packets;
    this.#samples.push({ rate: report.rate, packets: this.#packets, lost: this.#lost });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
    this.#packets = 0;
    this.#lost = 0;
    this.#decidedAt = now;
    this.#decide(loss, report, Math.min(elapsed, LONGEST_INTERVAL) / 1e6);
  }

  /** The rate is known to be too much for a reason of its own: goes down to `rate`. */
  limitTo(rate: number): void {
    this.#rate = Math.max(Math.min(this.#rate, rate), this.#bounds.min);
  }

  #decide(loss: number, report: LossReport, seconds: number): void {
    const congested = loss >= LOW_LOSS && this.#learn();
    const excess = loss - this.#inherent;
    if (excess > HIGH_LOSS) this.#rate = Math.min(this.#rate, report.rate) * (1 - 0.5 * excess);
    else if (!congested && report.rate >= APPLICATION_LIMITED * this.#rate) {
      const bounded = excess < LOW_LOSS ? BOUNDED_GROWTH : BOUNDED_LOSSY_GROWTH;
      this.#rate *= (1 + (report.bounded ? bounded : GROWTH)) ** seconds;
    }
    this.#rate = Math.min(Math.max(this.#rate, this.#bounds.min), this.#bounds.max);
  }

  /** Learns what the samples tell of the loss; true if they show that the rate is too high. */
  #learn(): boolean {
    const { inherent, capacity } = explainLoss(this.#samples);
    const rates = this.#samples.map(({ rate }) => rate);
    const told = Math.max(...rates) > TELLING_RATIO * Math.min(...rates);
    if (told) this.#inherent = inherent;
    return capacity !== undefined;
  }
}
