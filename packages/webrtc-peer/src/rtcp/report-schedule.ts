import { type Micros, micros } from '@rm/rtp-sync';

/** Offsets of the first reports from the start; then one each {@link INTERVAL}. */
const FIRST_REPORTS: readonly number[] = [0, 500_000, 1_000_000];
const INTERVAL = 1_000_000;

/**
 * When reports are due: at once, after 0.5 s and 1 s, then once a second, so that a receiver can line up sound and
 * picture from the start. RFC 3550's randomized interval of seconds is for groups; a connection has two members.
 */
export class ReportSchedule {
  #start: Micros | undefined;
  #sent = 0;
  #next: Micros | undefined;

  /** When the next report is due; undefined before the start. */
  get next(): Micros | undefined {
    return this.#next;
  }

  /** Begins anew with a report that is due at `now`, as there is a new stream that nothing was said about yet. */
  start(now: Micros): void {
    this.#start = now;
    this.#sent = 0;
    this.#next = now;
  }

  /** Notes that a report was made at `now`. */
  reported(now: Micros): void {
    if (this.#start === undefined) return;
    this.#sent++;
    const offset = FIRST_REPORTS[this.#sent];
    this.#next = micros(
      offset === undefined ? now + INTERVAL : Math.max(now, this.#start + offset),
    );
  }
}
