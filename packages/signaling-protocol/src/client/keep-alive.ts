import { after, milliseconds } from '../time.js';
import type { Micros } from '../time.js';

/** How long a server that was asked for a sign of life may be silent. */
const ANSWER_TIME: Micros = milliseconds(5_000);

/**
 * Finds out that a connection is dead though nobody closed it: after a silence the server is to be
 * asked something, and when nothing at all follows it is given up. Browsers cannot ping.
 */
export class KeepAlive {
  readonly #silence: Micros;
  #heardAt = 0 as Micros;
  #askedAt: Micros | undefined;

  constructor(silence: Micros) {
    this.#silence = silence;
  }

  get deadline(): Micros {
    return this.#askedAt === undefined
      ? after(this.#heardAt, this.#silence)
      : after(this.#askedAt, ANSWER_TIME);
  }

  /** Something has come, whatever it was. */
  heard(now: Micros): void {
    this.#heardAt = now;
    this.#askedAt = undefined;
  }

  /** What is to be done at `now`; that it says to ask is taken as done. */
  due(now: Micros): 'nothing' | 'ask' | 'give-up' {
    if (now < this.deadline) return 'nothing';
    if (this.#askedAt !== undefined) return 'give-up';
    this.#askedAt = now;
    return 'ask';
  }
}
