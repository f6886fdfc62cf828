import { expect, test } from '@jest/globals';
import { clockFigures } from '../src/clock-figures.js';

test('the figures of the clocks come out the same again, with what they state covered', () => {
  const figures = clockFigures(2, 7);
  expect(clockFigures(2, 7)).toEqual(figures);
  for (const { name, value } of figures) {
    expect(Number.isFinite(value)).toBe(true);
    expect([name, name.includes('within its bound') ? value : 100]).toEqual([name, 100]);
  }
});
