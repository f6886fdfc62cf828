import { expect, test } from '@jest/globals';
import {
  amplitudeFromDbfs,
  applyGain,
  dbfs,
  gainFromDb,
  measureLevel,
  MIN_DBFS,
  mixInto,
  softLimit,
} from '../src/index.js';
import { interleave, noise, roughness, tone } from './support/signals.js';

const bad = expect.objectContaining({ name: 'ArgumentError', code: 'BAD_ARGUMENT' });

test.each([
  [0, 1],
  [20, 10],
  [-20, 0.1],
  [6.0206, 2],
  [-Infinity, 0],
])('%f dB is a factor of %f', (db, factor) => {
  expect(gainFromDb(db)).toBeCloseTo(factor, 5);
});

test('a steady gain multiplies every sample', () => {
  const samples = Float32Array.of(0.1, -0.2, 0.3, 0.4);
  applyGain(samples, 2, 0.5, 0.5);
  expect(samples).toEqual(Float32Array.of(0.05, -0.1, 0.15, 0.2));
});

test('a change of gain arrives evenly at the last sample, alike on all channels', () => {
  const samples = new Float32Array(8).fill(1);
  applyGain(samples, 2, 0, 1);
  expect(samples).toEqual(Float32Array.of(0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1));
});

test('muting over 20 ms makes no click', () => {
  const samples = tone(300, 48_000, 2880);
  applyGain(samples.subarray(960, 1920), 1, 1, 0);
  samples.fill(0, 1920);
  expect(roughness(samples)).toBeLessThan(roughness(tone(300, 48_000, 2880)) * 1.5);
});

test('gain over a ragged block is refused', () => {
  expect(() => applyGain(new Float32Array(3), 2, 1, 1)).toThrow(bad);
});

test.each([
  ['a sine', tone(1000, 48_000, 4800, 1), Math.SQRT1_2, 1],
  ['a square', Float32Array.of(0.5, -0.5, 0.5, -0.5), 0.5, 0.5],
  ['one sample', Float32Array.of(0, 0, 0, -0.8), 0.4, 0.8],
  ['silence', new Float32Array(9), 0, 0],
  ['nothing', new Float32Array(0), 0, 0],
])('the level of %s is measured', (_, samples, rms, peak) => {
  const level = measureLevel(samples);
  expect(level.rms).toBeCloseTo(rms, 6);
  expect(level.peak).toBeCloseTo(peak, 6);
});

test('a level given to write to is the one given back', () => {
  const level = { rms: 9, peak: 9 };
  expect(measureLevel(Float32Array.of(0.5), level)).toBe(level);
  expect(level).toEqual({ rms: 0.5, peak: 0.5 });
});

test.each([
  [1, 0],
  [Math.SQRT1_2, -3.0103],
  [0.1, -20],
  [10, 20],
  [1e-9, MIN_DBFS],
  [0, MIN_DBFS],
  [-1, MIN_DBFS],
  [NaN, MIN_DBFS],
])('amplitude %f is %f dBFS', (amplitude, level) => {
  expect(dbfs(amplitude)).toBeCloseTo(level, 3);
});

test('levels turn back into amplitudes, the lowest into silence', () => {
  for (const level of [-126, -50, -3, 0, 6]) {
    expect(dbfs(amplitudeFromDbfs(level))).toBeCloseTo(level, 9);
  }
  expect(amplitudeFromDbfs(MIN_DBFS)).toBe(0);
  expect(amplitudeFromDbfs(-Infinity)).toBe(0);
});

test('mixing adds sample by sample and leaves the source alone', () => {
  const mix = Float32Array.of(0.5, -0.5, 0.75);
  const source = Float32Array.of(0.25, -0.25, 0.75);
  mixInto(mix, source);
  expect(mix).toEqual(Float32Array.of(0.75, -0.75, 1.5));
  expect(source).toEqual(Float32Array.of(0.25, -0.25, 0.75));
  expect(() => mixInto(mix, new Float32Array(2))).toThrow(bad);
});

test('taking one of N sources out of their sum leaves the others', () => {
  const sources = [1, 2, 3].map((seed) => noise(seed, 480, 0.3));
  const sum = new Float32Array(480);
  for (const source of sources) mixInto(sum, source);
  const others = new Float32Array(480);
  for (const source of sources.slice(1)) mixInto(others, source);
  const minusOne = sum.map((x, i) => x - sources[0]![i]!);
  expect(Math.max(...minusOne.map((x, i) => Math.abs(x - others[i]!)))).toBeLessThan(1e-6);
});

test('the limiter leaves what is below the knee and holds everything else within ±1', () => {
  const samples = Float32Array.of(0, 0.8, -0.8, 0.9, -0.9, 1.5, -40, Infinity, -Infinity, NaN);
  softLimit(samples);
  expect([...samples.subarray(0, 3)]).toEqual([...Float32Array.of(0, 0.8, -0.8)]);
  expect(samples[3]).toBeCloseTo(0.8 + 0.2 * Math.tanh(0.5), 6);
  expect(samples[4]).toBe(-samples[3]!);
  expect([...samples.subarray(5)].every((x) => Math.abs(x) <= 1)).toBe(true);
  expect([...samples.subarray(6)]).toEqual([-1, 1, -1, 0]);
});

test('the limiter rises steadily and has no corner', () => {
  const ramp = Float32Array.from({ length: 4000 }, (_, i) => i / 1000);
  const limited = ramp.slice();
  softLimit(limited);
  expect(limited.every((x, i) => i === 0 || x >= limited[i - 1]!)).toBe(true);
  expect(roughness(limited)).toBeLessThan(1e-5);
});

test('a mix of sixteen loud voices is bent, not clipped', () => {
  const mix = new Float32Array(4800);
  for (let voice = 0; voice < 16; voice++) mixInto(mix, tone(150 + 10 * voice, 48_000, 4800, 0.5));
  softLimit(mix);
  const { peak } = measureLevel(mix);
  expect(peak).toBeGreaterThan(0.99);
  expect(peak).toBeLessThanOrEqual(1);
  expect(interleave(mix, mix).length).toBe(9600);
});
