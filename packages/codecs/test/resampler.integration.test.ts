import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Resampler } from '../src/index.js';
import {
  channelOf,
  concat,
  fitSine,
  interleave,
  noise,
  rms,
  roughness,
  snr,
  tone,
} from './support/signals.js';

const bad = expect.objectContaining({ name: 'ArgumentError', code: 'BAD_ARGUMENT' });

function convert(resampler: Resampler, input: Float32Array, block = input.length): Float32Array {
  const blocks = [];
  for (let at = 0; at < input.length; at += block) {
    const part = input.subarray(at, at + block);
    const length = resampler.outputLength(part.length / resampler.channels);
    const output = new Float32Array(length * resampler.channels);
    expect(resampler.process(part, output)).toBe(length);
    blocks.push(output);
  }
  return concat(blocks);
}

const RATES = [8_000, 16_000, 24_000, 32_000, 44_100];
const PAIRS = RATES.flatMap((rate) => [[rate, 48_000] as const, [48_000, rate] as const]);

describe.each([...PAIRS, [48_000, 48_000] as const, [44_100, 16_000] as const])(
  '%i to %i Hz',
  (inputRate, outputRate) => {
    const lower = Math.min(inputRate, outputRate);
    const passed = 100 * Math.floor(0.0041 * lower);
    const tones = [1_000, 10_000, passed].filter((hz) => hz <= passed);

    test.each(tones)('a tone of %i Hz keeps level and phase, 98 dB above all else', (hz) => {
      const resampler = new Resampler({ inputRate, outputRate, channels: 1 });
      const heard = convert(resampler, tone(hz, inputRate, inputRate / 4));
      const skip = outputRate / 100;
      // The frequency fits whole periods into the part cut off, so its phase stays 0.
      const fit = fitSine(heard.subarray(skip, -skip), hz, outputRate);
      expect(fit.snr).toBeGreaterThan(98);
      expect(Math.abs(fit.phase)).toBeLessThan(1e-4);
      expect(Math.abs(20 * Math.log10(fit.amplitude / 0.5))).toBeLessThan(0.015);
    });

    test('trimmed by 50 ppm, the signal stays 95 dB clean', () => {
      const resampler = new Resampler({ inputRate, outputRate, channels: 1 });
      resampler.setCorrection(50);
      const hz = 0.4 * lower;
      const heard = convert(resampler, tone(hz, inputRate, inputRate / 4)).subarray(500, -500);
      expect(fitSine(heard, hz * (1 + 50e-6), outputRate).snr).toBeGreaterThan(95);
    });
  },
);

describe.each([...RATES.map((rate) => [48_000, rate] as const), [44_100, 16_000] as const])(
  '%i down to %i Hz',
  (inputRate, outputRate) => {
    const tones = [0.53, 0.6, 0.8, 1.2].map((part) => part * outputRate);

    test.each(tones.filter((hz) => hz < inputRate / 2))(
      'a tone of %i Hz is 95 dB down instead of aliasing',
      (hz) => {
        const resampler = new Resampler({ inputRate, outputRate, channels: 1 });
        resampler.setCorrection(20);
        const heard = convert(resampler, tone(hz, inputRate, inputRate / 4));
        const settled = heard.subarray(outputRate / 100, -outputRate / 100);
        expect(20 * Math.log10(rms(settled) / (0.5 / Math.SQRT2))).toBeLessThan(-95);
      },
    );
  },
);

test.each([100, -1000, 37.25, 10_000])(
  'a correction of %f ppm keeps the signal 97 dB clean up to 20 kHz',
  (ppm) => {
    for (const hz of [1_000, 10_000, 15_000, 18_000, 20_000]) {
      const resampler = new Resampler({ inputRate: 48_000, outputRate: 48_000, channels: 1 });
      resampler.setCorrection(ppm);
      const heard = convert(resampler, tone(hz, 48_000, 8_000)).subarray(500, -500);
      expect(fitSine(heard, hz * (1 + ppm / 1e6), 48_000).snr).toBeGreaterThan(97);
    }
  },
);

describe.each([
  ['jumps between −1000 and 1000 ppm', (block: number) => (block % 2 === 0 ? 1000 : -1000)],
  ['slews from −1000 to 1000 ppm', (block: number) => 20 * block - 1000],
  ['wanders by tenths of a ppm', (block: number) => Math.sin(block) * 50 + 80],
])('a correction that %s every 10 ms', (_, correctionOf) => {
  const BLOCKS = 100;
  const hz = 15_000;
  const input = tone(hz, 48_000, 49_000);
  const resampler = new Resampler({ inputRate: 48_000, outputRate: 48_000, channels: 1 });
  const heard: Float32Array[] = [];
  const expected = new Float32Array(BLOCKS * 480);
  let taken = 0;
  // Positions in billionths of a sample: a correction has steps of a thousandth of a ppm.
  let position = 0;
  let last = 0;
  for (let block = 0; block < BLOCKS; block++) {
    const correction = correctionOf(block);
    resampler.setCorrection(correction);
    const needed = resampler.inputLength(480);
    heard.push(convert(resampler, input.subarray(taken, taken + needed)));
    taken += needed;
    for (let i = 0; i < 480; i++) {
      expected[block * 480 + i] = 0.5 * Math.sin(((2 * Math.PI * hz) / 48_000) * (position / 1e9));
      last = position;
      position += 1e9 + Math.round(correction * 1000);
    }
  }
  const signal = concat(heard);

  test('leaves no trace: every sample is the one at its instant, 97 dB above what is not', () => {
    expect(signal.length).toBe(expected.length);
    expect(snr(expected.subarray(480), signal.subarray(480))).toBeGreaterThan(97);
  });

  test('makes no click', () => {
    expect(roughness(signal.subarray(480))).toBeLessThan(roughness(expected) * 1.0001);
  });

  test('takes exactly the samples that its positions call for', () => {
    expect(taken).toBe(Math.floor(last / 1e9) + 1 + resampler.latency);
  });
});

test('channels are converted apart from each other', () => {
  const left = tone(700, 44_100, 11_025);
  const right = tone(1_900, 44_100, 11_025, 0.25);
  const stereo = new Resampler({ inputRate: 44_100, outputRate: 48_000, channels: 2 });
  const heard = convert(stereo, interleave(left, right));
  for (const [channel, samples] of [left, right].entries()) {
    const mono = new Resampler({ inputRate: 44_100, outputRate: 48_000, channels: 1 });
    expect(channelOf(heard, channel, 2)).toEqual(convert(mono, samples));
  }
});

test('however the stream is cut into blocks, the same samples come out', () => {
  const input = noise(1, 1500);
  const rate = fc.constantFrom(8_000, 16_000, 44_100, 48_000, 47_999);
  fc.assert(
    fc.property(
      rate,
      rate,
      fc.integer({ min: -10_000, max: 10_000 }),
      fc.integer({ min: 1, max: 1500 }),
      (inputRate, outputRate, ppm, block) => {
        const make = (): Resampler => {
          const resampler = new Resampler({ inputRate, outputRate, channels: 1 });
          resampler.setCorrection(ppm);
          return resampler;
        };
        expect(snr(convert(make(), input), convert(make(), input, block))).toBeGreaterThan(140);
      },
    ),
    { numRuns: 20 },
  );
});

test('inputLength is the least input for the output wanted, and outputLength foretells it', () => {
  const rate = fc.constantFrom(8_000, 16_000, 44_100, 48_000, 47_999);
  fc.assert(
    fc.property(
      rate,
      rate,
      fc.integer({ min: -10_000, max: 10_000 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }),
      (inputRate, outputRate, ppm, wanted) => {
        const resampler = new Resampler({ inputRate, outputRate, channels: 1 });
        resampler.setCorrection(ppm);
        for (const length of wanted) {
          const needed = resampler.inputLength(length);
          const produced = resampler.outputLength(needed);
          expect(produced).toBeGreaterThanOrEqual(length);
          expect(needed === 0 || resampler.outputLength(needed - 1) < length).toBe(true);
          expect(resampler.process(new Float32Array(needed), new Float32Array(produced))).toBe(
            produced,
          );
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a puller at the output gets exactly 10 ms a tick from a source of its own rate', () => {
  const resampler = new Resampler({ inputRate: 44_100, outputRate: 48_000, channels: 1 });
  const output = new Float32Array(480);
  let taken = 0;
  for (let tick = 0; tick < 1000; tick++) {
    const needed = resampler.inputLength(480);
    expect(resampler.process(new Float32Array(needed), output)).toBe(480);
    taken += needed;
  }
  // The last output stands at 441,000 − 0.91875 and needs the latency beyond the sample it lies behind.
  expect(taken).toBe(441_000 + resampler.latency);
});

test.each([
  [48_000, 44_100, 0, 48_000_000, 44_100_000],
  [48_000, 48_000, 100, 60_006_000, 60_000_000],
  [48_000, 16_000, -250, 119_970_000, 40_000_000],
])(
  'from %i to %i Hz at %i ppm, nothing drifts over millions of samples',
  (inputRate, outputRate, ppm, input, output) => {
    const resampler = new Resampler({ inputRate, outputRate, channels: 1 });
    resampler.setCorrection(ppm);
    // `outputLength` walks the positions that `process` walks.
    expect(resampler.outputLength(input + resampler.latency + 1)).toBe(output + 1);
    expect(resampler.outputLength(input + resampler.latency)).toBe(output);
  },
);

test('output too small is refused before anything is taken in', () => {
  const make = (): Resampler =>
    new Resampler({ inputRate: 8_000, outputRate: 48_000, channels: 2 });
  const input = noise(4, 400);
  const resampler = make();
  expect(() =>
    resampler.process(input, new Float32Array(2 * resampler.outputLength(200) - 1)),
  ).toThrow(bad);
  expect(() => resampler.process(input.subarray(1), new Float32Array(4000))).toThrow(bad);
  expect(convert(resampler, input)).toEqual(convert(make(), input));
});

test('nothing in gives nothing out', () => {
  const resampler = new Resampler({ inputRate: 8_000, outputRate: 48_000, channels: 1 });
  expect(resampler.process(new Float32Array(0), new Float32Array(0))).toBe(0);
  expect(resampler.inputLength(0)).toBe(0);
});

test.each([
  { inputRate: 0, outputRate: 48_000, channels: 1 },
  { inputRate: 48_000, outputRate: 44_100.5, channels: 1 },
  { inputRate: 48_000, outputRate: 1e6, channels: 1 },
  { inputRate: 48_000, outputRate: 48_000, channels: 0 },
  { inputRate: 48_000, outputRate: 48_000, channels: 33 },
])('%j is refused', (options) => {
  expect(() => new Resampler(options)).toThrow(bad);
});

test.each([10_001, -10_001, NaN])('a correction of %d ppm is refused', (ppm) => {
  const resampler = new Resampler({ inputRate: 48_000, outputRate: 48_000, channels: 1 });
  expect(() => resampler.setCorrection(ppm)).toThrow(bad);
});
