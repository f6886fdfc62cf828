import { expect, test } from '@jest/globals';
import { Backoff } from '../src/graph/backoff.js';

test('pauses double up to ten seconds, and begin anew after half a minute that went well', () => {
  const backoff = new Backoff();
  let now = 5000;
  const pauses = Array.from({ length: 9 }, () => {
    const pause = backoff.failed(now);
    now += pause + 10;
    return pause;
  });
  expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  expect(backoff.failed(now + 29_000)).toBe(10_000);
  expect(backoff.failed(now + 29_000 + 10_000 + 30_001)).toBe(100);
});
