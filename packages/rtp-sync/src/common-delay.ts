import type { DelayDemand } from './delay-demand.js';
import { type Micros, micros } from './time.js';

/** The common delay changes by at most 20 ms a second: 2 % of speed, which a time-stretch hides. */
const SLEW = 0.02;
/** It is left alone while it is longer than needed by less than this. */
const DEAD_BAND = 5_000;
const LONGEST_STEP = 1_000_000;

/** The time between capture and playout that several streams wait for: what the slowest needs, up to a limit. */
export class CommonDelay {
  readonly max: number;
  #delay = 0;
  #last: Micros | undefined;

  /** @throws RangeError for a maximum outside 0…10 s. */
  constructor(max: number) {
    if (!(max >= 0 && max <= 10_000_000))
      throw new RangeError(`maxDelay must be 0…10000000 µs, got ${max}`);
    this.max = max;
  }

  get value(): Micros {
    return micros(Math.round(this.#delay));
  }

  /**
   * Follows the longest demand of `streams` at `now`: at once when nothing has `begun` to be played, slowly from then on.
   * @returns how far any delay may change by slewing since the last call.
   */
  follow(streams: Iterable<{ readonly demand: DelayDemand }>, now: Micros, begun: boolean): number {
    const step = Math.max(0, Math.min(LONGEST_STEP, now - (this.#last ?? now))) * SLEW;
    this.#last = now;
    let wanted = Number.NEGATIVE_INFINITY;
    for (const { demand } of streams)
      wanted = Math.max(wanted, demand.wanted(now, this.max) ?? wanted);
    if (wanted === Number.NEGATIVE_INFINITY) return step;
    if (!begun) this.#delay = Math.max(0, wanted);
    else if (wanted > this.#delay) this.#delay = Math.min(wanted, this.#delay + step);
    else if (wanted < this.#delay - DEAD_BAND)
      this.#delay = Math.max(0, wanted, this.#delay - step);
    return step;
  }
}
