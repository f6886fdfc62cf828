import { expect, test } from '@jest/globals';
import { loadVideoCodecs } from '@rm/codecs';
import { videoFigures } from '../src/video.js';
import { wasmVideoFigures } from '../src/video-wasm.js';

test('what video costs and gives is measured for every codec that is here', async () => {
  const { capabilities } = await loadVideoCodecs();
  const figures = await videoFigures({ width: 96, height: 64, seconds: 3 });
  const names = figures.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { codec, encode, decode } of capabilities)
    expect(names.includes(`${codec}: encode on one core`)).toBe(encode && decode);
  const measured = figures.filter(({ name }) => /encode|decode|luma/.test(name));
  for (const { value } of measured) expect(value).toBeGreaterThan(0);
  for (const { value } of figures) expect(Number.isFinite(value)).toBe(true);
});

test('what video in WebAssembly costs is measured', async () => {
  const figures = await wasmVideoFigures({ width: 96, height: 64, seconds: 2 });
  const names = figures.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const codec of ['VP8', 'VP9'])
    expect(names).toContain(`${codec} in WebAssembly: encode and decode on one core`);
  for (const { value } of figures) expect(value).toBeGreaterThan(0);
});
