import { expect } from '@jest/globals';
import type { Sample, Scenario, simulate } from './simulation.js';

/** Samples from one second on to before another. */
export const seconds = (samples: readonly Sample[], from: number, until: number): Sample[] =>
  samples.filter(({ at }) => at >= from && at < until);

/** When the link narrows, and when it is wide again, in seconds. */
const NARROW_AT = 15;
const WIDE_AT = 35;
const WIDE = 4e6;
const NARROW = 5e5;

/** One call on a link that narrows to an eighth for 20 s; its queue holds 125 ms of the wide link, a second of the narrow. */
export const narrowing = (path: {
  readonly seed: number;
  readonly absSendTime: boolean;
  readonly loss?: number;
  readonly jitterMs?: number;
  readonly queueBytes?: number;
}): Scenario => ({
  seed: path.seed,
  seconds: 50,
  link: {
    capacity: (at) => (at >= NARROW_AT * 1000 && at < WIDE_AT * 1000 ? NARROW : WIDE),
    queueBytes: path.queueBytes ?? 62_500,
    oneWayMs: 40,
    loss: path.loss ?? 0,
    jitterMs: path.jitterMs ?? 0,
  },
  calls: [{ bounds: { start: 1e6, min: 1e5, max: 5e6 }, absSendTime: path.absSendTime }],
});

/** What is promised of {@link narrowing}. */
export function expectNarrowedAndBack({ samples, calls }: ReturnType<typeof simulate>): void {
  const call = calls[0]!;
  const targets = (from: number, until: number): number[] =>
    seconds(samples, from, until).map((sample) => sample.targets[0]!);
  const queues = (from: number, until: number): number[] =>
    seconds(samples, from, until).map(({ queueMs }) => queueMs);
  // wide: used, without a queue to speak of
  expect(call.arrivedRate(10, 15)).toBeGreaterThan(0.7 * WIDE);
  expect(Math.max(...queues(0, NARROW_AT))).toBeLessThan(120);
  // narrowed: below 90 % of the link at 3 s, and the queue that built up is gone
  expect(Math.min(...targets(NARROW_AT, NARROW_AT + 1))).toBeLessThan(0.9 * NARROW);
  expect(Math.max(...targets(NARROW_AT + 2, NARROW_AT + 3.5))).toBeLessThan(0.9 * NARROW);
  expect(Math.max(...queues(NARROW_AT + 3, WIDE_AT))).toBeLessThan(200);
  // and used, as far as that goes
  expect(call.arrivedRate(NARROW_AT + 10, WIDE_AT)).toBeGreaterThan(0.7 * NARROW);
  // wide again: back within 10 s
  expect(Math.max(...targets(WIDE_AT, WIDE_AT + 10))).toBeGreaterThan(0.7 * WIDE);
  expect(call.arrivedRate(WIDE_AT + 10, WIDE_AT + 15)).toBeGreaterThan(0.6 * WIDE);
  // sound: what the queue of the narrowed link stretches, no longer break
  const gaps = call.audioArrivals.map((at, i, all) => (i === 0 ? 0 : at - all[i - 1]!));
  const afterwards = call.audioArrivals.findIndex((at) => at > (NARROW_AT + 3) * 1000);
  expect(Math.max(...gaps.slice(afterwards))).toBeLessThan(150);
}
