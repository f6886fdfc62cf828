import { expect, test } from '@jest/globals';
import { figure, figuresTable } from '../src/figures.js';
import { opusFecFigures } from '../src/opus-fec.js';
import { opusSpeedFigures } from '../src/opus-speed.js';

test('figures stand beside their goals, met up to the goal after rounding to three decimals', () => {
  const figures = [
    figure('as fast', 1.5004, '×', { most: 1.5 }),
    figure('too slow', 1.501, '×', { most: 1.5 }),
    figure('gain', Number.NaN, 'dB', { least: 6 }),
    figure('for the record', 7, 'µs'),
  ];
  expect(figures.map(({ met }) => met)).toEqual([true, false, false, true]);
  expect(figuresTable(figures).split('\n')).toEqual([
    'figure          reached  goal',
    'as fast         1.5 ×    ≤ 1.5  met',
    'too slow        1.501 ×  ≤ 1.5  missed',
    'gain            NaN dB   ≥ 6    missed',
    'for the record  7 µs     –',
  ]);
});

test('in-band FEC reaches its goals on the speech of the demo', async () => {
  const figures = await opusFecFigures(6);
  expect(figures.map(({ name, met }) => ({ name, met }))).toEqual(
    figures.map(({ name }) => ({ name, met: true })),
  );
  expect(figures.filter(({ goal }) => goal !== '–').length).toBe(2);
});

test('every load is measured on every engine it is for', async () => {
  const names = (await opusSpeedFigures(0.2, 1)).filter(({ unit }) => unit === 'µs/frame');
  for (const { value } of names) expect(value).toBeGreaterThan(0);
  expect(names.filter(({ name }) => name.endsWith('libopus-wasm')).length).toBe(6);
  expect(names.filter(({ name }) => name.endsWith('opusscript')).length).toBe(4);
});
