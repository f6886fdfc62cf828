import { USABLE_BOUND } from './capture-clock.js';
import { DelayWindow } from './delay-window.js';
import type { Micros } from './time.js';

/** A stream that has brought nothing for so long is not waited for. */
const SILENCE = 1_000_000;

/** What one stream says about the delay that all wait for. */
export class DelayDemand {
  readonly delays: DelayWindow = new DelayWindow();
  /** Uncertainty of the stream's capture times; NaN while they are unknown. */
  bound: number = Number.NaN;
  /** When the stream brought something last. */
  arrival: number = Number.NEGATIVE_INFINITY;
  /** Delay that something else of the same sender needs. */
  required = 0;

  /** The delay the others are asked to wait for, at most `max`; undefined when this stream has no say. */
  wanted(now: Micros, max: number): number | undefined {
    const { steady, largest } = this.delays;
    if (!steady || largest > max || !(this.bound <= USABLE_BOUND)) return undefined;
    if (now - this.arrival > SILENCE) return undefined;
    return this.required <= max ? Math.max(largest, this.required) : largest;
  }

  /** Forgets everything: another stream takes the place of this one. */
  clear(): void {
    this.delays.clear();
    this.bound = Number.NaN;
    this.required = 0;
  }
}
