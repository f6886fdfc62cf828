import { expect, test } from '@jest/globals';
import { AdaptiveDelayPolicy, ArrivalModel, FixedDelayPolicy, micros } from '../src/index.js';
import { at, random } from './simulate.js';

const feed = (
  policy: AdaptiveDelayPolicy,
  seconds: number,
  delay: () => number,
  from = 0,
): void => {
  for (let i = 0; i < seconds * 50; i++) policy.observe(micros(delay()), at(from * 1000 + i * 20));
};

test('a quiet network brings the target down to its minimum', () => {
  const policy = new AdaptiveDelayPolicy({ start: at(80), min: at(20) });
  expect(policy.target).toBe(80_000);
  feed(policy, 60, () => 500);
  expect(policy.target).toBe(20_000);
});

test('the target covers nearly all packets of a jittery network, and no more than it must', () => {
  const seed = 7;
  const rnd = random(seed);
  const policy = new AdaptiveDelayPolicy();
  const delay = (): number => 60_000 * rnd() ** 4;
  feed(policy, 30, delay);
  const late = Array.from({ length: 5000 }, delay).filter((d) => d > policy.target).length;
  expect({ seed, late: late / 5000 < 0.01 }).toEqual({ seed, late: true });
  expect(policy.target).toBeLessThanOrEqual(65_000);
});

test('one late packet does not move the target', () => {
  const policy = new AdaptiveDelayPolicy();
  feed(policy, 80, () => 1000);
  policy.observe(at(300), at(80_000));
  expect(policy.target).toBe(15_000);
});

test('one bad half second soon after the start does not move the target, however it came about', () => {
  const policy = new AdaptiveDelayPolicy();
  feed(policy, 2, () => 1000);
  for (const [i, delay] of [30, 60, 90].entries()) policy.observe(at(delay), at(2000 + i));
  expect(policy.target).toBe(20_000);
});

test('a network that turns bad raises the target within two seconds and a good one lowers it again', () => {
  const policy = new AdaptiveDelayPolicy();
  feed(policy, 20, () => 1000);
  feed(policy, 2, () => 90_000, 20);
  expect(policy.target).toBeGreaterThanOrEqual(90_000);
  feed(policy, 90, () => 1000, 22);
  expect(policy.target).toBe(15_000);
});

test('the target stays within its bounds', () => {
  const policy = new AdaptiveDelayPolicy({ start: at(50), min: at(50), max: at(100) });
  feed(policy, 10, () => 0);
  expect(policy.target).toBe(50_000);
  feed(policy, 10, () => 900_000, 10);
  expect(policy.target).toBe(100_000);
});

test('impossible bounds are refused', () => {
  expect(() => new AdaptiveDelayPolicy({ min: at(100), max: at(50) })).toThrow(RangeError);
  expect(() => new AdaptiveDelayPolicy({ start: at(10) })).toThrow(/0 ≤ min ≤ start ≤ max/);
});

test('a fixed policy does not move', () => {
  const policy = new FixedDelayPolicy(at(70));
  policy.observe();
  expect(policy.target).toBe(70_000);
});

test('packet delay is measured against the fastest of the last four seconds', () => {
  const model = new ArrivalModel();
  expect(model.update(at(1000), at(0))).toBe(0);
  expect(model.update(at(1035), at(20))).toBe(15_000);
  expect(model.update(at(1030), at(40))).toBe(0);
  expect(model.baseline).toBe(990_000);
  expect(model.update(at(1060), at(60))).toBe(10_000);
});

test('after a step of the path delay the baseline follows within the window', () => {
  const model = new ArrivalModel();
  for (let i = 0; i < 100; i++) model.update(at(i * 20), at(i * 20));
  let delay = 0;
  for (let i = 100; i < 320; i++) delay = model.update(at(i * 20 + 240), at(i * 20));
  expect(delay).toBe(0);
  expect(model.baseline).toBe(240_000);
});
