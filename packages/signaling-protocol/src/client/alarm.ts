import { NEVER } from '../time.js';
import type { Micros } from '../time.js';
import type { SignalingRuntime } from './runtime.js';

/** The longest delay that setTimeout keeps, in milliseconds. */
const MAX_DELAY_MS = 2_147_483_647;

/** One timer for whatever is due next. It may ring too early, never too late. */
export class Alarm {
  readonly #clock: SignalingRuntime['clock'];
  readonly #ring: () => void;
  #cancel: () => void = () => undefined;
  #ringsAt = NEVER;

  constructor(clock: SignalingRuntime['clock'], ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `deadline` at the latest; at `NEVER` not at all. */
  set(deadline: Micros): void {
    // Most deadlines only move on: the timer that is there is good for those too.
    if (deadline >= this.#ringsAt && deadline !== NEVER) return;
    this.#cancel();
    this.#cancel = () => undefined;
    this.#ringsAt = deadline;
    if (deadline === NEVER) return;
    const delayMs = Math.max(0, Math.ceil((deadline - this.#clock.now()) / 1_000));
    this.#cancel = this.#clock.setTimer(Math.min(delayMs, MAX_DELAY_MS), () => {
      this.#ringsAt = NEVER;
      this.#ring();
    });
  }
}
