import { expect, test } from '@jest/globals';
import { DelayWindow } from '../src/delay-window.js';
import { at } from './simulate.js';

const filled = (delays: (second: number) => number, seconds: number): DelayWindow => {
  const window = new DelayWindow();
  for (let ms = 0; ms < seconds * 1000; ms += 100)
    window.add(delays(Math.floor(ms / 1000)), at(ms));
  return window;
};

test('what was first measured counts at once', () => {
  const window = new DelayWindow();
  expect(window.known).toBe(false);
  window.add(40_000, at(0));
  window.add(30_000, at(10));
  expect([window.known, window.largest, window.smallest]).toEqual([true, 40_000, 30_000]);
  expect([window.recentLargest, window.recentSmallest]).toEqual([40_000, 30_000]);
});

test('one bad second says nothing, two do', () => {
  expect(filled((s) => (s === 4 ? 900 : 10 + s), 8).largest).toBe(17);
  expect(filled((s) => (s === 4 || s === 5 ? 900 : 10 + s), 8).largest).toBe(900);
  expect(filled((s) => (s === 4 ? -900 : 10 + s), 8).smallest).toBe(10);
});

test('what is more than eight seconds old is forgotten', () => {
  const window = filled((s) => (s < 4 ? 500 : 10 + s), 13);
  expect([window.largest, window.smallest]).toEqual([21, 16]);
});

test('the recent delays are those of the last second that is over', () => {
  const window = filled((s) => s, 3);
  expect([window.recentSmallest, window.recentLargest]).toEqual([1, 1]);
});

test('a cleared window knows nothing', () => {
  const window = filled((s) => s, 3);
  window.clear();
  expect(window.known).toBe(false);
  window.add(7, at(5000));
  expect([window.largest, window.smallest, window.recentLargest]).toEqual([7, 7, 7]);
});
