import { expect, test } from '@jest/globals';
import { mouthToEar } from '../src/mouth-to-ear.js';

const RATE = 48_000;

/** Noise without structure, below 4 kHz, from a seed. */
function voice(seconds: number, seed: number): Float32Array {
  const out = new Float32Array(seconds * RATE);
  let state = seed;
  let smooth = 0;
  for (let i = 0; i < out.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    smooth += (state / 2 ** 31 - 1 - smooth) * 0.2;
    out[i] = smooth;
  }
  return out;
}

/** What is heard of `said` with this delay in ms at each tick of 10 ms. */
function heardWith(
  said: Float32Array,
  ticks: number,
  delayMs: (tick: number) => number,
): { samples: Float32Array; playedAt: Float64Array } {
  const samples = new Float32Array(ticks * 480);
  const playedAt = new Float64Array(ticks);
  for (let tick = 0; tick < ticks; tick++) {
    // Ticks begin 1 s after the speech, and each is 1.5 ms late.
    playedAt[tick] = 1_000_000 + tick * 10_000 + 1500;
    const from = (1000 + tick * 10 + 1.5 - delayMs(tick)) * 48;
    for (let i = 0; i < 480; i++)
      samples[tick * 480 + i] = said[Math.round(from + i) % said.length]!;
  }
  return { samples, playedAt };
}

test.each([7.25, 53.5, 250, 499])(
  'a delay of %d ms is found in speech that is repeated',
  (delay) => {
    const said = { samples: voice(2, 1), began: 0 };
    const delays = mouthToEar(
      said,
      heardWith(said.samples, 60, () => delay),
      0,
    );
    expect(delays.length).toBeGreaterThan(25);
    for (const found of delays) expect(Math.abs(found - delay)).toBeLessThan(0.1);
  },
);

test('a delay that changes is followed, and what is before the first tick asked for is left out', () => {
  const said = { samples: voice(3, 2), began: 0 };
  const heard = heardWith(said.samples, 100, (tick) => (tick < 50 ? 60 : 90));
  const sorted = mouthToEar(said, heard, 20).sort((a, b) => a - b);
  expect(sorted[0]).toBeCloseTo(60, 0);
  expect(sorted[Math.floor(sorted.length / 4)]).toBeCloseTo(60, 0);
  expect(sorted.at(-1)).toBeCloseTo(90, 0);
  expect(mouthToEar(said, heard, 52).every((delay) => Math.abs(delay - 90) < 0.1)).toBe(true);
});

test('what was never said, or is not there, has no delay', () => {
  const said = { samples: voice(2, 3), began: 0 };
  const other = heardWith(voice(2, 4), 50, () => 50);
  expect(mouthToEar(said, other, 0)).toEqual([]);
  expect(mouthToEar(said, { ...other, samples: new Float32Array(24_000) }, 0)).toEqual([]);
});

test('pauses do not count, though they be found', () => {
  const samples = voice(2, 5);
  // The second half is a hundredth as loud; the listener begins with it.
  for (let i = samples.length / 2; i < samples.length; i++) samples[i] = samples[i]! / 100;
  const delays = mouthToEar(
    { samples, began: 0 },
    heardWith(samples, 200, () => 50),
    0,
  );
  expect(delays.length).toBeGreaterThan(40);
  expect(delays.length).toBeLessThan(56);
});
