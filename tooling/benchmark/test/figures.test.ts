import { expect, jest, test } from '@jest/globals';
import { figure, figuresTable, median, runBenchmark } from '../src/index.js';

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

test.each([
  [[3, 1, 2], 2],
  [[10, 9], 10],
  [[5], 5],
])('the middle of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

test('a part that fails is a figure that is not met, and the others are measured all the same', async () => {
  const printed: string[] = [];
  jest.spyOn(console, 'log').mockImplementation((text: unknown) => void printed.push(String(text)));
  const told = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  await runBenchmark('some', [
    ['first', () => Promise.reject(new Error('no compiler'))],
    ['second', () => [figure('speed', 4, '×', { least: 3 })]],
  ]);
  expect(told.mock.calls.map(([text]) => text)).toEqual([
    'bench:some: first\n',
    'bench:some: first failed: Error: no compiler\n',
    'bench:some: second\n',
  ]);
  jest.restoreAllMocks();
  expect(printed[0]!.split('\n').slice(1)).toEqual([
    'first   NaN failed  runs  missed',
    'speed   4 ×         ≥ 3   met',
  ]);
});
