import type { Micros } from './time.js';

/** Decides how long packets wait in the jitter buffer. */
export interface DelayPolicy {
  /** Playout delay to aim for, above the fastest recent packet. */
  readonly target: Micros;
  /** Delay up to which playout is not sped up in any case; it never is up to 11 ms above the target. */
  readonly ceiling?: Micros;
  /**
   * Takes one packet at its arrival.
   * @param relativeDelay - Its delay above that of the fastest recent packet, 0 or more.
   * @param duration - How long it plays.
   * @param reordered - Whether a later packet came before it.
   */
  observe(relativeDelay: Micros, arrival: Micros, duration: Micros, reordered: boolean): void;
  /** Takes notice that the path itself became longer: delays are measured from its new length from now on. */
  pathChanged?(): void;
}

/** Always the same delay. */
export class FixedDelayPolicy implements DelayPolicy {
  readonly target: Micros;

  constructor(target: Micros) {
    this.target = target;
  }

  observe(): void {}
}
