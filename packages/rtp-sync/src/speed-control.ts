import type { StretchDecision } from './playout-decision.js';

/** The delay may be so far above or below the target before the playout speed changes… */
const SLACK_ABOVE = 11_000;
const SLACK_BELOW = 5_000;
/** …and once it is played faster, that goes on until so close to it. */
const SLACK_CAUGHT_UP = 8_000;

/** Says when to play faster or slower, so that the delay comes to its target and stays there. */
export class SpeedControl {
  #catchingUp = false;

  /** @param ceiling - Delay up to which it is not played faster in any case. */
  decide(delay: number, target: number, ceiling = 0): StretchDecision {
    const slack = this.#catchingUp ? SLACK_CAUGHT_UP : SLACK_ABOVE;
    this.#catchingUp = delay > Math.max(ceiling, target + slack);
    if (this.#catchingUp) return 'accelerate';
    return delay < target - SLACK_BELOW ? 'decelerate' : 'none';
  }
}
