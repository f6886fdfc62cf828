import { milliseconds } from '../time.js';
import type { Micros } from '../time.js';

const FIRST_CEILING_MS = 500;
const LAST_CEILING_MS = 10_000;

/** How long a connection must have lasted for the next loss to count as the first. */
export const STABLE_AFTER: Micros = milliseconds(LAST_CEILING_MS);

/**
 * Delay before reconnection `attempt` (from 1): exponential with full jitter, uniform between zero
 * and a ceiling of 0.5 s that doubles to 10 s. `random` is in [0, 1).
 */
export const backoff = (attempt: number, random: number): Micros =>
  milliseconds(random * Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** (attempt - 1)));
