/** Beats of the heartbeat from one ping to the next. */
export const BEATS_PER_PING = 10;

/** Pings that may go unanswered. */
const MAX_UNANSWERED = 1;

/** Beats that the last of them has for its answer. */
const LAST_CHANCE = 5;

/**
 * Tells from regular beats when a connection is to be pinged and when it is dead: two and a half
 * pings after it last was heard. Counting beats instead of time spares the connections of a
 * machine that slept.
 */
export class Pulse {
  #beatsSincePing = 0;
  #unanswered = 0;

  /** Something came from the other end. */
  heard(): void {
    this.#unanswered = 0;
  }

  /** One beat has passed: what is to be done now. */
  beat(): 'rest' | 'ping' | 'dead' {
    this.#beatsSincePing++;
    if (this.#unanswered > MAX_UNANSWERED && this.#beatsSincePing >= LAST_CHANCE) return 'dead';
    if (this.#beatsSincePing < BEATS_PER_PING) return 'rest';
    this.#beatsSincePing = 0;
    this.#unanswered++;
    return 'ping';
  }
}
