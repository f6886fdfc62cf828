import { expect, test } from '@jest/globals';
import { figure, median, table } from '../src/figures.js';

test('a figure is met up to its limit, after rounding to three decimals', () => {
  expect(figure('a', 1.2, '×', 1.2)).toEqual({
    name: 'a',
    value: 1.2,
    unit: '×',
    goal: '≤ 1.2',
    met: true,
  });
  expect(figure('a', 1.2004, '×', 1.2).met).toBe(true);
  expect(figure('a', 1.201, '×', 1.2).met).toBe(false);
  expect(figure('a', Number.NaN, '×', 1.2).met).toBe(false);
});

test('a figure without a limit informs', () => {
  expect(figure('a', 7, 'µs')).toMatchObject({ goal: '–', met: true });
});

test.each([
  [[3, 1, 2], 2],
  [[10, 9], 10],
  [[5], 5],
])('the middle of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

test('the table says what was reached beside the goal', () => {
  const lines = table([figure('cost', 2, '×', 1), figure('explained', 3, 'µs')]).split('\n');
  expect(lines).toEqual([
    'figure     reached  goal',
    'cost       2 ×      ≤ 1   missed',
    'explained  3 µs     –',
  ]);
});
