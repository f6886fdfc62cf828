import type { Micros } from '@rm/rtp-sync';
import { LinkCapacity } from './link-capacity.js';
import type { PathUse } from './overuse-detector.js';

/** What {@link RateControl} learns at a moment. */
export interface PathState {
  readonly use: PathUse;
  /** How long packets wait in the path's queue. */
  readonly queueDelay: Micros;
  /** Bits per second that arrive; undefined while unknown. */
  readonly throughput: number | undefined;
  /** The same over a shorter time: while there is a queue, exactly what the link carries. */
  readonly latestThroughput: number | undefined;
  readonly roundTrip: Micros;
}

/** Bounds of the estimate, in bits per second. */
export interface RateBounds {
  readonly start: number;
  readonly min: number;
  readonly max: number;
}

/** What is left of the throughput when the queue fills (draft-ietf-rmcat-gcc-02 §5.5). */
const BACK_OFF = 0.85;
/** A queue of more than this is to be drained, within about a second. */
const TOLERATED_QUEUE = 50_000;
const DRAIN_TIME = 1_000_000;
const LEAST_SHARE = 0.3;
/** Growth per second: at first, and after it has doubled each second without congestion, for four seconds. */
const FIRST_GROWTH = 0.08;
const MAX_GROWTH = 1;
const MAX_DOUBLINGS = 4;
/** More than is sent can be known to fit only so far. */
const MAX_HEADROOM = 1.5;
const HEADROOM_BITRATE = 10_000;
/** Time for the estimator to see what a change of rate does, beyond the round trip. */
const DETECTION_TIME = 100_000;
const PACKET_BITS = 9600;
const LONGEST_STEP = 1_000_000;

/**
 * Additive increase, multiplicative decrease by what the delay says (draft-ietf-rmcat-gcc-02 §5.5), with two
 * additions: a decrease takes off what drains the queue within a second, and growth doubles for every second without
 * congestion, so that a link that has become wide again is used within seconds although nobody probes it.
 */
export class RateControl {
  readonly #bounds: RateBounds;
  readonly #capacity = new LinkCapacity();
  #rate: number;
  #updatedAt: Micros | undefined;
  #decreasedAt = Number.NEGATIVE_INFINITY;
  /** For how long the rate has grown since the last decrease. */
  #growing = 0;

  constructor(bounds: RateBounds) {
    this.#bounds = bounds;
    this.#rate = bounds.start;
  }

  /** The estimate in bits per second. */
  get rate(): number {
    return this.#rate;
  }

  /** Takes the state of the path as of `now` and gives the new estimate. */
  update(path: PathState, now: Micros): number {
    const elapsed = this.#updatedAt === undefined ? 0 : now - this.#updatedAt;
    this.#updatedAt = now;
    if (path.use === 'overuse') this.#decrease(path, now);
    else if (path.use === 'normal' && path.queueDelay <= 2 * TOLERATED_QUEUE) {
      this.#increase(path, Math.min(elapsed, LONGEST_STEP));
    }
    this.#rate = Math.min(Math.max(this.#rate, this.#bounds.min), this.#bounds.max);
    return this.#rate;
  }

  #decrease(path: PathState, now: Micros): void {
    const { queueDelay, roundTrip } = path;
    const throughput = queueDelay > TOLERATED_QUEUE ? path.latestThroughput : path.throughput;
    this.#growing = 0;
    if (throughput === undefined) return;
    // the last decrease has to be seen first, unless it was far from enough
    const seen = now - this.#decreasedAt >= roundTrip + DETECTION_TIME;
    if (!seen && throughput > this.#rate / 2) return;
    this.#decreasedAt = now;
    this.#capacity.congestedAt(throughput);
    const drain = Math.max(0, queueDelay - TOLERATED_QUEUE) / DRAIN_TIME;
    this.#rate = Math.min(this.#rate, throughput * Math.max(LEAST_SHARE, BACK_OFF - drain));
  }

  #increase({ throughput, roundTrip }: PathState, elapsed: number): void {
    this.#growing += elapsed;
    if (throughput !== undefined) this.#capacity.carries(throughput);
    const doubled = 2 ** Math.min(this.#growing / 1e6, MAX_DOUBLINGS);
    const limit =
      throughput === undefined ? this.#rate : throughput * MAX_HEADROOM + HEADROOM_BITRATE;
    // back to what the link carried before its queue had to be drained
    const drained = BACK_OFF * (this.#capacity.value ?? 0);
    let rate: number;
    if (this.#capacity.isNear(this.#rate)) {
      // one packet more per response time, as TCP would
      const step = (PACKET_BITS / (roundTrip + DETECTION_TIME)) * 1e6;
      rate = this.#rate + ((step * elapsed) / 1e6) * doubled;
    } else {
      const growth = Math.min(FIRST_GROWTH * doubled, MAX_GROWTH);
      rate = this.#rate * (1 + growth) ** (elapsed / 1e6);
    }
    this.#rate = Math.max(this.#rate, Math.min(Math.max(rate, drained), limit));
  }
}
