/** Monotonic time or duration in integer microseconds. */
export type Micros = number & { readonly __unit: 'us' };

/** The deadline of something that never happens: later than every clock reading. */
export const NEVER: Micros = Number.POSITIVE_INFINITY as Micros;

/** Whole microseconds in `count` milliseconds. */
export const milliseconds = (count: number): Micros => Math.round(count * 1_000) as Micros;

/** `time` moved by `delay`. */
export const after = (time: Micros, delay: Micros): Micros => (time + delay) as Micros;
