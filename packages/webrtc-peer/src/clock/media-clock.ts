import type { Micros } from '@rm/rtp-sync';
import type { Clock } from './clock.js';

/** Length of one tick. */
const TICK_MICROS = 10_000;
/** After a longer stall the ticks in between are skipped: nobody wants to hear them any more. */
const MAX_CATCH_UP = 20;

/**
 * Calls `onTick` once for every 10 ms of the clock, each with its nominal instant, without drift.
 *
 * When the thread was busy the ticks missed are made up for at once, up to 200 ms; what is beyond is skipped and
 * counted. Ticks run after waiting I/O has been handled, so that after a stall the packets that have come in
 * meanwhile are seen before samples are asked for.
 */
export class MediaClock {
  readonly #clock: Clock;
  readonly #onTick: (instant: Micros) => void;
  #next: Micros;
  #cancel: (() => void) | undefined;
  #skipped = 0;

  constructor(clock: Clock, onTick: (instant: Micros) => void) {
    this.#clock = clock;
    this.#onTick = onTick;
    this.#next = clock.now();
  }

  /** Ticks that were skipped after stalls of more than 200 ms. */
  get skipped(): number {
    return this.#skipped;
  }

  start(): void {
    if (this.#cancel !== undefined) return;
    this.#next = (this.#clock.now() + TICK_MICROS) as Micros;
    this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    const delay = Math.max(0, (this.#next - this.#clock.now()) / 1000);
    this.#cancel = this.#clock.setTimer(delay, () => {
      this.#cancel = this.#clock.afterIo(() => this.#run());
    });
  }

  #run(): void {
    const now = this.#clock.now();
    const due = Math.floor((now - this.#next) / TICK_MICROS) + 1;
    if (due > MAX_CATCH_UP) {
      this.#skipped += due - MAX_CATCH_UP;
      this.#next = (this.#next + (due - MAX_CATCH_UP) * TICK_MICROS) as Micros;
    }
    while (this.#next <= now && this.#cancel !== undefined) {
      const instant = this.#next;
      this.#next = (this.#next + TICK_MICROS) as Micros;
      this.#onTick(instant);
    }
    if (this.#cancel !== undefined) this.#arm();
  }
}
