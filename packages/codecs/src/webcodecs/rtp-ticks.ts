const RANGE = 2 ** 32;
/** Microseconds in which RTP timestamps wrap as often as they can without a fraction. */
const PERIOD = 100 * RANGE;

/** The RTP timestamp of an instant in microseconds, in ticks of 90 kHz: 0 to 2³² − 1. */
export function rtpTicks(micros: number): number {
  const positive = ((micros % PERIOD) + PERIOD) % PERIOD;
  return Math.round((positive * 9) / 100) % RANGE;
}
