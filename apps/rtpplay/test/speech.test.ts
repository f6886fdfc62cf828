import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { SpeechLike } from '../src/stream/speech.js';

const signal = (seconds: number): Float32Array => {
  const samples = new Float32Array(seconds * 48_000);
  new SpeechLike().read(samples);
  return samples;
};

const level = (samples: Float32Array): number =>
  10 * Math.log10(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

test('it is as loud as speech, and nowhere cut off', () => {
  const samples = signal(10);
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  expect(peak).toBeGreaterThan(0.3);
  expect(peak).toBeLessThan(0.5);
  expect(level(samples)).toBeGreaterThan(-24);
  expect(level(samples)).toBeLessThan(-18);
});

test('it has voice, hiss and pauses', () => {
  // Syllables of 220 ms: 40 ms of noise, 160 ms of a vowel; the eighth is silent.
  const samples = signal(2);
  const part = (from: number, to: number): Float32Array => samples.subarray(from * 48, to * 48);
  expect(level(part(60, 200))).toBeGreaterThan(-25);
  expect(level(part(1560, 1750))).toBeLessThan(-60);
  // The period of the voice is that of a low voice: the signal is like itself one pulse later.
  const likeness = (lag: number): number => {
    const voice = part(60, 100);
    let product = 0;
    let power = 0;
    for (const [i, x] of voice.entries()) {
      product += x * samples[60 * 48 + i + lag]!;
      power += x * x;
    }
    return product / power;
  };
  const lags = Array.from({ length: 400 }, (_, i) => 200 + i);
  const best = lags.reduce((a, b) => (likeness(b) > likeness(a) ? b : a));
  expect(48_000 / best).toBeGreaterThan(105);
  expect(48_000 / best).toBeLessThan(140);
});

test('it is the same to the bit, in pieces of any length', () => {
  const whole = signal(1);
  const pieces = new Float32Array(48_000);
  const voice = new SpeechLike();
  for (let at = 0, n = 1; at < pieces.length; at += n, n = (n * 7) % 1009)
    voice.read(pieces.subarray(at, Math.min(at + n, pieces.length)));
  expect(pieces).toEqual(whole);
  expect(createHash('sha256').update(new Uint8Array(whole.buffer)).digest('hex')).toBe(
    'a2a529791733e231efe95d0a89b9202eb239dbfd21b1922057a614df34c20e2c',
  );
});
