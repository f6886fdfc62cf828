import { expect, test } from '@jest/globals';
import { match, rms, toneAmplitude } from '../src/analysis.js';

const RATE = 48_000;
/** Four seconds of noise through a low-pass, as different from itself at every place as speech is. */
function noise(): Float32Array {
  const out = new Float32Array(4 * RATE);
  let a = 12_345;
  let low = 0;
  for (let n = 0; n < out.length; n++) {
    a = (Math.imul(a, 1_103_515_245) + 12_345) >>> 0;
    low += 0.1 * (a / 2 ** 31 - 1 - low);
    out[n] = low;
  }
  return out;
}

test('a recording is found in its looped source to the sample, with its level', () => {
  const source = noise();
  const offset = 3.3 * RATE + 7;
  const recording = Float32Array.from(
    { length: 3 * RATE },
    (_, n) => 0.5 * source[(n + offset) % source.length]!,
  );
  const found = match(recording, source, RATE);
  expect(found.offset).toBe(offset);
  expect(found.correlation).toBeCloseTo(1, 6);
  expect(found.gainDb).toBeCloseTo(-6.02, 2);
});

test('ten milliseconds cut out in the middle cost half of the correlation', () => {
  const source = noise();
  const recording = Float32Array.from(
    { length: 3 * RATE },
    (_, n) => source[n < 1.5 * RATE ? n : n + 480]!,
  );
  expect(match(recording, source, RATE).correlation).toBeLessThan(0.8);
});

test('something else is not found', () => {
  const recording = Float32Array.from({ length: 3 * RATE }, (_, n) => Math.sin(n / 17));
  expect(match(recording, noise(), RATE).correlation).toBeLessThan(0.5);
});

test('the amplitude of a tone is that of its frequency alone', () => {
  const tone = Float32Array.from(
    { length: RATE },
    (_, n) => 0.1 * Math.sin((2 * Math.PI * 440 * n) / RATE),
  );
  expect(toneAmplitude(tone, 440, RATE)).toBeCloseTo(0.1, 6);
  expect(toneAmplitude(tone, 880, RATE)).toBeLessThan(1e-6);
  expect(rms(tone)).toBeCloseTo(0.1 / Math.SQRT2, 6);
});
