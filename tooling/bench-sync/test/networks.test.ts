import { expect, test } from '@jest/globals';
import type { Arrivals } from '../src/arrivals.js';
import { networkNames, stalls, synthesize } from '../src/networks.js';

const excess = ({ arrival, earliest }: Arrivals): number[] =>
  Array.from(arrival, (at, i) => (at - earliest[i]!) / 1000);

test.each(networkNames)('%s: the same seed gives the same packets, another one others', (name) => {
  const once = synthesize(name, 7, 20);
  expect(synthesize(name, 7, 20)).toEqual(once);
  expect(synthesize(name, 8, 20)).not.toEqual(once);
  expect(once.arrival).toEqual(once.arrival.toSorted());
  expect(Math.min(...excess(once))).toBeGreaterThanOrEqual(0);
});

test('losses and duplicates are there, as many as said', () => {
  const lossy = synthesize('independent loss of 10 %', 1, 200);
  expect(lossy.arrival.length / 10_000).toBeCloseTo(0.9, 1);
  const { sequence } = synthesize('duplicates and reordering', 1, 200);
  expect(sequence.length / new Set(sequence).size).toBeCloseTo(1.1, 1);
});

test('what a stall held up comes at its end, at once and in order', () => {
  const held = stalls(3, 10_000, 3000);
  const late = excess(held).filter((delay) => delay > 100);
  expect(Math.max(...late)).toBeGreaterThan(2900);
  expect(late.length).toBeGreaterThan(140);
  expect(late).toEqual(late.toSorted((a, b) => b - a));
});

test('packets keep their order where the network does not reorder', () => {
  const ascending = ({ sequence }: Arrivals): boolean =>
    sequence.every((n, i) => i === 0 || ((n - sequence[i - 1]!) & 0xffff) === 1);
  expect(ascending(synthesize('Gaussian 20 ms', 1, 60))).toBe(true);
  expect(ascending(synthesize('Gaussian 20 ms, reordering', 1, 60))).toBe(false);
});

test('a skewed sender drifts against us by its ppm', () => {
  const { arrival, timestamp } = synthesize('skew +1000 ppm', 1, 100);
  const media = (((timestamp.at(-1)! - timestamp[0]!) >>> 0) * 1000) / 48;
  expect((arrival.at(-1)! - arrival[0]! - media) / media).toBeCloseTo(0.001, 3);
});

test('a network that does not exist is refused by name', () => {
  expect(() => synthesize('carrier pigeon', 1, 1)).toThrow(/carrier pigeon/);
});
