import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Limiter } from '../src/index.js';
import { channelOf, fitSine, interleave, noise, roughness, tone } from './support/signals.js';

const RATE = 48_000;
const bad = expect.objectContaining({ name: 'ArgumentError', code: 'BAD_ARGUMENT' });

/** What comes out for a signal and 2 ms of silence behind it, without the delay. */
function limit(input: Float32Array, { channels = 1, block = 480, rate = RATE } = {}): Float32Array {
  const limiter = new Limiter({ sampleRate: rate, channels });
  const delay = limiter.latency * channels;
  const out = new Float32Array(input.length + delay);
  out.set(input);
  for (let at = 0; at < out.length; at += block * channels) {
    limiter.process(out.subarray(at, at + block * channels));
  }
  return out.subarray(delay);
}

test('what stays within ±0.8 comes out bit by bit, 2 ms later', () => {
  for (const rate of [8_000, 44_100, 48_000]) {
    expect(new Limiter({ sampleRate: rate, channels: 1 }).latency).toBe(
      2 * Math.round(rate / 1000),
    );
    const input = noise(1, rate / 10, 0.8);
    expect(limit(input, { rate })).toEqual(input);
  }
});

test('a loud tone is turned down, not bent', () => {
  for (const hz of [150, 1000, 5000]) {
    const out = limit(tone(hz, RATE, RATE, 4)).subarray(RATE / 2, -96);
    const fit = fitSine(out, hz, RATE);
    expect(fit.amplitude).toBeGreaterThan(0.97);
    expect(fit.snr).toBeGreaterThan(hz === 150 ? 38 : 50);
  }
});

test('the gain has fallen before the peak, never jumps, and comes back whole', () => {
  // Its magnitude is constant, so what comes out tells the gain.
  const input = Float32Array.from({ length: 2 * RATE }, (_, i) => {
    const level = i >= 4800 && i < 9600 ? 5 : 0.5;
    return i % 2 === 0 ? level : -level;
  });
  const gains = limit(input).map((x, i) => x / input[i]!);
  const steps = gains.subarray(1).map((gain, i) => Math.abs(gain - gains[i]!));
  expect(steps.reduce((most, step) => Math.max(most, step))).toBeLessThan(1 / 48 + 1e-6);
  expect(gains[4799 - 96]).toBe(1);
  expect(gains[4800]! * 5).toBeLessThan(1 + 1e-6);
  expect(gains[9599]! * 5).toBeGreaterThan(0.99);
  // 200 ms after the peak, all but 1/e of what it was turned down by has come back.
  expect(gains[9600 + 9600]).toBeGreaterThan(0.65);
  expect(gains[9600 + 9600]).toBeLessThan(0.75);
  expect(gains.subarray(-100)).toEqual(new Float32Array(100).fill(1));
});

test('nothing exceeds ±1, whatever comes in, in whatever blocks', () => {
  fc.assert(
    fc.property(
      fc.float32Array({ minLength: 1, maxLength: 400 }),
      fc.integer({ min: 1, max: 200 }),
      (input, block) => {
        const out = limit(input, { rate: 8_000, block });
        expect(out.every((x) => Math.abs(x) <= 1)).toBe(true);
        expect(out).toEqual(limit(input, { rate: 8_000, block: 500 }));
      },
    ),
  );
});

test('what is not finite becomes silence and disturbs nothing after it', () => {
  const input = tone(440, RATE, 4800);
  const expected = input.slice();
  for (const [i, x] of [NaN, Infinity, -Infinity].entries()) {
    input[1000 + i] = x;
    expected[1000 + i] = 0;
  }
  expect(limit(input)).toEqual(expected);
});

test('channels are turned down together, so that nothing moves from side to side', () => {
  const left = tone(400, RATE, 24_000, 3);
  const right = tone(700, RATE, 24_000, 0.3);
  const out = limit(interleave(left, right), { channels: 2 });
  const heard = channelOf(out, 1, 2).subarray(4800);
  expect(fitSine(heard, 700, RATE).amplitude).toBeCloseTo(0.1, 2);
  expect(roughness(heard)).toBeLessThan(roughness(right) / 2);
});

test.each([
  { sampleRate: 999, channels: 1 },
  { sampleRate: RATE, channels: 0 },
  { sampleRate: RATE, channels: 33 },
])('%j is refused', (format) => {
  expect(() => new Limiter(format)).toThrow(bad);
});

test('a ragged block is refused', () => {
  expect(() => new Limiter({ sampleRate: RATE, channels: 2 }).process(new Float32Array(3))).toThrow(
    bad,
  );
});
