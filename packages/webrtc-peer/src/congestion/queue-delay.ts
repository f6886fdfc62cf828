import { type Micros, millis } from '@rm/rtp-sync';
import { WindowedMinimum } from './windowed-minimum.js';

/** The shortest way is looked for in this much time, at least, and twice as much at most. */
const BASE_WINDOW = millis(5000);
/** What all packets of this time have waited is the queue; more is the burst that they came in, or jitter. */
const QUEUE_WINDOW = millis(25);

/**
 * How long packets wait in queues of the path: the lowest delay of the last 25 to 50 ms above the lowest of the last
 * 5 to 10 s, which clocks that differ by 1000 ppm falsify by no more than 10 ms.
 */
export class QueueDelay {
  readonly #base = new WindowedMinimum(BASE_WINDOW);
  readonly #recent = new WindowedMinimum(QUEUE_WINDOW);

  /** Microseconds, as of the last packet; 0 before. */
  get value(): Micros {
    const wait = this.#recent.value - this.#base.value;
    return (wait > 0 ? wait : 0) as Micros;
  }

  /** Takes a packet that was sent and arrived at these times, on clocks that need not agree. */
  update(sent: Micros, arrival: Micros): void {
    this.#base.update(arrival - sent, arrival);
    this.#recent.update(arrival - sent, arrival);
  }
}
