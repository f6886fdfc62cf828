import type { Micros } from '@rm/rtp-sync';

/** The machine's monotonic clock at time 0 of this process's `performance.now()`, in µs. */
const ORIGIN = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;

/** A time of this process's media clock on the clock that all processes of the machine share, in µs. */
export const shared = (time: Micros): number => ORIGIN + time;

/** The time now on that clock, in µs. */
export const sharedNow = (): number => ORIGIN + performance.now() * 1000;
