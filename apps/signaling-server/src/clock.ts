import { milliseconds } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';

/** Monotonic time of this process. */
export const now = (): Micros => milliseconds(performance.now());
