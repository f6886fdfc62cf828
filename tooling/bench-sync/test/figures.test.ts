import { expect, test } from '@jest/globals';
import { figure, figuresTable } from '../src/figures.js';

test('a figure is met up to its goal, after rounding to three decimals', () => {
  expect(figure('a', 1.2004, '×', { most: 1.2 })).toEqual({
    name: 'a',
    value: 1.2,
    unit: '×',
    goal: '≤ 1.2',
    met: true,
  });
  expect(figure('a', 1.201, '×', { most: 1.2 }).met).toBe(false);
  expect(figure('a', 3, '', { least: 3 }).met).toBe(true);
  expect(figure('a', 2, '', { least: 3 })).toMatchObject({ goal: '≥ 3', met: false });
  expect(figure('a', Number.NaN, '', { most: 1 }).met).toBe(false);
  expect(figure('a', 7, 'µs')).toMatchObject({ goal: '–', met: true });
});

test('the table says what was reached beside the goal', () => {
  const figures = [figure('cost', 2, '×', { most: 1 }), figure('explained', 3, 'µs')];
  expect(figuresTable(figures).split('\n')).toEqual([
    'figure     reached  goal',
    'cost       2 ×      ≤ 1   missed',
    'explained  3 µs     –',
  ]);
});
