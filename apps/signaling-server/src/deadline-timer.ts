import { NEVER } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import { now } from './clock.js';

/** Timers that are set for longer fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A timer for a deadline that moves often. It may fire too soon, since one that is moved back is
 * left as it is: whoever hears of it sets the deadline anew.
 */
export class DeadlineTimer {
  readonly #onTime: (now: Micros) => void;
  #timer: NodeJS.Timeout | undefined;
  #due = NEVER;

  constructor(onTime: (now: Micros) => void) {
    this.#onTime = onTime;
  }

  /** Fires at `deadline` at the latest, or a fraction of a millisecond later. */
  set(deadline: Micros): void {
    if (deadline >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = deadline;
    const delayMs = Math.max(0, Math.ceil((deadline - now()) / 1_000));
    this.#timer = setTimeout(
      () => {
        this.#due = NEVER;
        this.#onTime(now());
      },
      Math.min(delayMs, MAX_TIMER_MS),
    );
  }

  /** Fires no more until it is set again. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#due = NEVER;
  }
}
