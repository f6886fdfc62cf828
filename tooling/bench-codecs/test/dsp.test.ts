import { expect, test } from '@jest/globals';
import { dspFigures } from '../src/dsp.js';

test('what DSP costs is measured, and speech gets faster the less likeness is asked for', async () => {
  const figures = await dspFigures(2, 2);
  const value = (name: string): number => figures.find((each) => each.name === name)!.value;
  for (const { value } of figures) expect(value).toBeGreaterThan(0);
  expect(value('speech faster in blocks of 40 ms, likeness 0.5')).toBeGreaterThan(
    value('speech faster in blocks of 40 ms, likeness 0.9'),
  );
  expect(new Set(figures.map(({ name }) => name)).size).toBe(figures.length);
});
