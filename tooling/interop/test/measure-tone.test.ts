import { expect, test } from '@jest/globals';
import { measureTone } from '../src/page/measure-tone.js';

const tone = (frequency: number, amplitude: number, seconds: number): Float32Array =>
  Float32Array.from(
    { length: seconds * 48_000 },
    (_, n) => amplitude * Math.sin((2 * Math.PI * frequency * n) / 48_000),
  );

test('pitch and level of a tone are told, also when it is out of tune', () => {
  const measured = measureTone(tone(443, 0.3, 0.6), 440);
  expect(measured.frequency).toBeCloseTo(443, 0);
  expect(measured.amplitude).toBeGreaterThan(0.29);
  expect(measured.amplitude).toBeLessThan(0.31);
  expect(measured.purity).toBeGreaterThan(0.95);
  expect(measured.continuity).toBe(1);
});

test('a gap is told', () => {
  const samples = tone(450, 0.3, 1);
  samples.fill(0, 24_000, 24_960);
  const { continuity, frequency } = measureTone(samples, 450);
  expect(continuity).toBeCloseTo(0.98, 5);
  expect(frequency).toBeCloseTo(450, 1);
});

test('another tone, and silence, are not taken for it', () => {
  expect(measureTone(tone(1000, 0.3, 0.5), 450).purity).toBeLessThan(0.01);
  expect(measureTone(new Float32Array(24_000), 450)).toMatchObject({ amplitude: 0, continuity: 0 });
});
