import { expect, test } from '@jest/globals';
import { DelayLevel } from '../src/delay-level.js';

const MS = 1000;

/** Gives a level `seconds` of packets every 20 ms from `from` s on, each late by `delay` ms. */
const feed = (level: DelayLevel, seconds: number, delay: number, from = 0): void => {
  for (let i = 0; i < seconds * 50; i++) level.update(delay * MS, from * 1e6 + i * 20 * MS);
};

test('the level is where packets are lately, and is followed no faster than playout can', () => {
  const level = new DelayLevel();
  feed(level, 1, 0);
  feed(level, 0.5, 200, 1);
  expect(level.value).toBeCloseTo(0.1 * 500 * MS, -3);
  feed(level, 5, 200, 1.5);
  expect(level.value).toBeCloseTo(200 * MS, -2);
  feed(level, 1, 0, 6.5);
  expect(level.value).toBeCloseTo(100 * MS, -3);
});

test('it says how far it moved', () => {
  const level = new DelayLevel();
  feed(level, 1, 0);
  expect(level.update(200 * MS, 1_000_000)).toBe(2 * MS);
  expect(level.value).toBe(2 * MS);
  expect(level.update(-200 * MS, 1_020_000)).toBeGreaterThan(0);
});

test('a stall leaves it where it was, and so does what comes at the end of it', () => {
  const level = new DelayLevel();
  feed(level, 2, 30);
  for (let late = 3000; late >= 0; late -= 20) level.update(late * MS, 5_000_000);
  expect(level.value).toBeCloseTo(30 * MS, -3);
});

test('over a longer path it begins with the next packet, and does not rise for it', () => {
  const level = new DelayLevel();
  feed(level, 5, 200);
  level.rebase();
  level.update(7 * MS, 5_000_000);
  expect(level.value).toBe(7 * MS);
  level.rebase();
  level.update(90 * MS, 5_020_000);
  expect(level.value).toBeLessThanOrEqual(9 * MS + 1);
});
