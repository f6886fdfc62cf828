/** Integer microseconds. The clock is the caller's own monotonic one unless a name says `unix` or `ntp`. */
export type Micros = number & { readonly __unit: 'us' };

/** Says that `value` is in microseconds, truncating it to an integer. */
export const micros = (value: number): Micros => Math.trunc(value) as Micros;

/** Microseconds of `milliseconds`. */
export const millis = (milliseconds: number): Micros => micros(milliseconds * 1000);

/** Duration of `ticks` on a clock of `clockRate` Hz, rounded down to whole microseconds. */
export const ticksToMicros = (ticks: number, clockRate: number): Micros =>
  Math.floor((ticks * 1e6) / clockRate) as Micros;

/** Ticks of a `clockRate` Hz clock in `duration`, rounded to the nearest tick. */
export const microsToTicks = (duration: Micros, clockRate: number): number =>
  Math.round((duration * clockRate) / 1e6);
