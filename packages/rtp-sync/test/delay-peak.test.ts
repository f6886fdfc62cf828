import { expect, test } from '@jest/globals';
import { DelayPeak } from '../src/delay-peak.js';

test('the peak is the largest delay of the last second', () => {
  const peak = new DelayPeak();
  expect(peak.value).toBe(0);
  peak.update(5000, 0);
  peak.update(70_000, 20_000);
  peak.update(1000, 40_000);
  expect(peak.value).toBe(70_000);
  for (let at = 60_000; at <= 740_000; at += 20_000) peak.update(1000, at);
  expect(peak.value).toBe(70_000);
  peak.update(2000, 1_020_000);
  expect(peak.value).toBe(2000);
});

test('after a pause nothing of before it is left', () => {
  const peak = new DelayPeak();
  peak.update(70_000, 0);
  peak.update(3000, 60_000_000);
  expect(peak.value).toBe(3000);
});
