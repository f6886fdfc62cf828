import { milliseconds } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';

/** One moment on two clocks. */
export interface Instant {
  /** Of the wall clock, which tokens and credentials are about. */
  readonly wall: Date;
  /** Of the monotonic clock, which deadlines are about. */
  readonly now: Micros;
}

/** Monotonic time of this process. */
export const now = (): Micros => milliseconds(performance.now());

/** This moment. */
export const instant = (): Instant => ({ wall: new Date(), now: now() });
