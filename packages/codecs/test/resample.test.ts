import { expect, test } from '@jest/globals';
import { resample } from '../src/index.js';
import { channelOf, fitSine, interleave, snr, tone } from './support/signals.js';

const bad = expect.objectContaining({ name: 'ArgumentError', code: 'BAD_ARGUMENT' });

test.each([8_000, 16_000, 24_000, 32_000, 44_100])(
  'a recording of %i Hz goes to 48 kHz and back unchanged, without delay',
  (rate) => {
    const hz = 100 * Math.floor(rate / 250);
    // It swells and dies away, so that silence before and behind it cuts off nothing.
    const recording = tone(hz, rate, rate / 2).map(
      (x, i) => x * Math.sin((2 * Math.PI * i) / rate) ** 2,
    );
    const up = resample(recording, { inputRate: rate, outputRate: 48_000, channels: 1 });
    expect(up.length).toBe(24_000);
    const expected = tone(hz, 48_000, 24_000).map(
      (x, i) => x * Math.sin((2 * Math.PI * i) / 48_000) ** 2,
    );
    expect(snr(expected, up)).toBeGreaterThan(90);
    const back = resample(up, { inputRate: 48_000, outputRate: rate, channels: 1 });
    expect(back.length).toBe(recording.length);
    expect(snr(recording, back)).toBeGreaterThan(90);
  },
);

test.each([
  [44_100, 48_000, 1000, 1089],
  [48_000, 44_100, 1000, 919],
  [48_000, 8_000, 7, 2],
  [8_000, 48_000, 7, 42],
  [48_000, 48_000, 7, 7],
  [8_000, 48_000, 0, 0],
])('from %i to %i Hz, %i samples become %i', (inputRate, outputRate, length, expected) => {
  const format = { inputRate, outputRate, channels: 2 };
  expect(resample(new Float32Array(2 * length), format).length).toBe(2 * expected);
});

test('between equal rates nothing changes', () => {
  const recording = tone(1000, 48_000, 4800);
  const format = { inputRate: 48_000, outputRate: 48_000, channels: 1 };
  expect(snr(recording, resample(recording, format))).toBeGreaterThan(140);
});

test('the last sample is there, and channels stay apart', () => {
  const recording = interleave(tone(500, 44_100, 22_050), tone(900, 44_100, 22_050, 0.2));
  const out = resample(recording, { inputRate: 44_100, outputRate: 48_000, channels: 2 });
  const [left, right] = [0, 1].map((channel) => channelOf(out, channel, 2));
  expect(fitSine(left!.subarray(100, -100), 500, 48_000).snr).toBeGreaterThan(90);
  expect(fitSine(right!.subarray(100, -100), 900, 48_000).snr).toBeGreaterThan(90);
  // Silence behind it makes the end of the tone ring, but does not shift it.
  expect(fitSine(left!.subarray(-50), 500, 48_000).snr).toBeGreaterThan(20);
});

test('ragged recordings and rates out of range are refused', () => {
  const format = { inputRate: 48_000, outputRate: 8_000, channels: 2 };
  expect(() => resample(new Float32Array(3), format)).toThrow(bad);
  expect(() => resample(new Float32Array(4), { ...format, outputRate: 1 })).toThrow(bad);
});
