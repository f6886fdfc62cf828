import type { Micros } from '@rm/rtp-sync';
import { ArrivalGroups } from './arrival-groups.js';
import { DelayTrend } from './delay-trend.js';
import { OveruseDetector, type PathUse } from './overuse-detector.js';
import { QueueDelay } from './queue-delay.js';

/** Delay that grows without a queue of so much is jitter. */
const SHORT_QUEUE = 20_000;
/** A queue of so much is too long, whether or not it still grows. */
const LONG_QUEUE = 100_000;

/** What the delays of packets that were stamped by one clock say of the path. */
export class DelayDetector {
  readonly #groups = new ArrivalGroups();
  readonly #trend = new DelayTrend();
  readonly #detector = new OveruseDetector();
  readonly #queue = new QueueDelay();
  #lastArrival = 0 as Micros;

  /** What the trend of the delay says, where the queue agrees. */
  get use(): PathUse {
    const { use } = this.#detector;
    if (use === 'underuse') return use;
    if (this.queueDelay > LONG_QUEUE) return 'overuse';
    return this.queueDelay < SHORT_QUEUE ? 'normal' : use;
  }

  /** How long packets wait on the way, beyond the shortest way seen. */
  get queueDelay(): Micros {
    return this.#queue.value;
  }

  get lastArrival(): Micros {
    return this.#lastArrival;
  }

  /** Takes a packet in order of arrival, with its send time on the sender's clock. */
  received(sent: Micros, arrival: Micros): void {
    this.#lastArrival = arrival;
    this.#queue.update(sent, arrival);
    const delta = this.#groups.add(sent, arrival);
    if (!delta) return;
    this.#trend.update(delta);
    this.#detector.update(this.#trend.value, delta.arrival);
  }
}
