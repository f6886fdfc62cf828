import { expect } from '@jest/globals';
import type { Call } from './call.js';
import type { Sample, Scenario, simulate } from './simulation.js';

/** Samples from one second on to before another. */
export const seconds = (samples: readonly Sample[], from: number, until: number): Sample[] =>
  samples.filter(({ at }) => at >= from && at < until);

/** What 95 % of the values do not exceed. */
const mostly = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(0.95 * values.length)]!;

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
  expect(mostly(queues(0, NARROW_AT))).toBeLessThan(60);
  // narrowed: below 90 % of the link at 3 s, and the queue that built up is gone
  expect(Math.min(...targets(NARROW_AT, NARROW_AT + 1))).toBeLessThan(0.9 * NARROW);
  expect(Math.max(...targets(NARROW_AT + 2, NARROW_AT + 3.5))).toBeLessThan(0.9 * NARROW);
  expect(mostly(queues(NARROW_AT + 3, WIDE_AT))).toBeLessThan(150);
  // and used, as far as that goes
  expect(call.arrivedRate(NARROW_AT + 10, WIDE_AT)).toBeGreaterThan(0.7 * NARROW);
  // wide again: back within 10 s
  expect(Math.max(...targets(WIDE_AT, WIDE_AT + 10))).toBeGreaterThan(0.7 * WIDE);
  expect(call.arrivedRate(WIDE_AT + 10, WIDE_AT + 15)).toBeGreaterThan(0.6 * WIDE);
  // sound: nothing breaks once the queue of the narrowing has drained
  expect(longestBreak(calls[0]!, NARROW_AT + 3)).toBeLessThan(150);
}

/** Longest time in ms between two packets of audio, from so many seconds on. */
export function longestBreak(call: Call, from: number): number {
  const arrivals = call.audioArrivals.filter((at) => at >= 1000 * from);
  return Math.max(...arrivals.map((at, i) => (i === 0 ? 0 : at - arrivals[i - 1]!)));
}
