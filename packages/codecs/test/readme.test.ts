import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { throughOpus } from '../examples/through-opus.js';
import { floatToPcm16, parseWav, wavHeader } from '../src/index.js';
import { fitSine, tone } from './support/signals.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the sample in the README is the example file', () => {
  const block = /```ts\n(.*?)```/s.exec(read('../README.md'))?.[1];
  expect(block).toBe(read('../examples/through-opus.ts'));
});

test('the example carries a tone from 44.1 kHz through losses', async () => {
  const samples = tone(440, 44_100, 2 * 44_100);
  const header = wavHeader({ sampleRate: 44_100, channels: 1 }, samples.length * 2);
  const file = new Uint8Array(header.length + samples.length * 2);
  file.set(header);
  floatToPcm16(samples, file.subarray(header.length));
  const heard = parseWav(await throughOpus(file));
  if (!heard.ok) throw new Error(heard.reason);
  expect(heard.value).toMatchObject({ sampleRate: 48_000, channels: 1 });
  expect(heard.value.samples.length).toBe(960 * 99);
  const fit = fitSine(heard.value.samples.subarray(60_000), 440, 48_000);
  expect(fit.snr).toBeGreaterThan(10);
  expect(Math.abs(fit.amplitude - 0.5)).toBeLessThan(0.03);
});
