import type { Micros } from '../frames/audio-frame.js';

/** The least round trip is remembered for 15 to 30 s. */
const HALF_WINDOW = 15_000_000;

/** What a round trip takes when nothing queues on the way: the least of the last half minute. */
export class RoundTripBaseline {
  #since: number | undefined;
  #before = Number.POSITIVE_INFINITY;
  #least = Number.POSITIVE_INFINITY;

  /** Takes a round trip in and gives by how much it exceeds the least one, in µs. */
  excess(roundTrip: Micros, now: Micros): number {
    this.#since ??= now;
    if (now - this.#since >= HALF_WINDOW) {
      this.#before = this.#least;
      this.#least = Number.POSITIVE_INFINITY;
      this.#since = now;
    }
    this.#least = Math.min(this.#least, roundTrip);
    return roundTrip - Math.min(this.#before, this.#least);
  }
}
