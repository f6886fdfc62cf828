import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TimeStretch } from '../src/index.js';
import {
  channelOf,
  concat,
  fitSine,
  interleave,
  noise,
  rms,
  roughness,
  tone,
  voice,
} from './support/signals.js';
import { bandLevel, powerSpectrum } from './support/spectrum.js';

const bad = expect.objectContaining({ name: 'ArgumentError', code: 'BAD_ARGUMENT' });
const OPERATIONS = ['accelerate', 'decelerate'] as const;
type Operation = (typeof OPERATIONS)[number];

function stretch(
  operation: Operation,
  input: Float32Array,
  { sampleRate = 48_000, channels = 1 } = {},
): Float32Array {
  const stretcher = new TimeStretch({ sampleRate, channels });
  const out = new Float32Array(input.length + stretcher.maxChange * channels).fill(NaN);
  const produced = stretcher[operation](input, out) * channels;
  expect(out.subarray(produced).every((sample) => Number.isNaN(sample))).toBe(true);
  return out.subarray(0, produced);
}

/** Samples added by an operation: negative if it removed some. */
const change = (operation: Operation, input: Float32Array, channels = 1): number =>
  (stretch(operation, input, { channels }).length - input.length) / channels;

describe.each(OPERATIONS)('%s', (operation) => {
  const sign = operation === 'accelerate' ? -1 : 1;

  test.each([8_000, 16_000, 24_000, 44_100, 48_000])(
    'a tone of 200 Hz at %i Hz keeps frequency, phase and smoothness',
    (sampleRate) => {
      const input = tone(200, sampleRate, (sampleRate * 3) / 100);
      const out = stretch(operation, input, { sampleRate });
      const added = (out.length - input.length) * sign;
      const period = sampleRate / 200;
      // Whole periods, of which 2.5 to 15 ms can hold one to three.
      const off = Math.abs(added - Math.round(added / period) * period);
      expect(added).toBeGreaterThanOrEqual(Math.floor(period));
      expect(off).toBeLessThan(0.51);
      // A period that is no whole number of samples leaves a step of phase of up to half a sample.
      expect(fitSine(out, 200, sampleRate).snr).toBeGreaterThan(off === 0 ? 100 : 30);
      expect(roughness(out)).toBeLessThan(roughness(input) * (off === 0 ? 1.0001 : 1.05));
    },
  );

  test.each([90, 117, 160, 233, 310])('a voice of %i Hz keeps its waveform', (pitch) => {
    const input = voice(pitch, 48_000, 1920);
    const out = stretch(operation, input);
    const added = (out.length - input.length) * sign;
    const periods = (added * pitch) / 48_000;
    expect(added).toBeGreaterThan(0);
    expect(Math.abs(periods - Math.round(periods))).toBeLessThan(0.03);
    expect(roughness(out)).toBeLessThan(roughness(input) * 1.15);
    expect(rms(out) / rms(input)).toBeGreaterThan(0.93);
    expect(rms(out) / rms(input)).toBeLessThan(1.07);
  });

  test('any period from 2.5 to 15 ms is found to the sample', () => {
    for (let period = 121; period <= 719; period += 13) {
      const input = tone(48_000 / period, 48_000, 1440);
      expect(Math.abs(change(operation, input)) % period).toBe(0);
    }
  });

  test('a tone that swells or dies away is still periodic', () => {
    for (const growth of [1.15, 1 / 1.15]) {
      const input = tone(200, 48_000, 1440, 0.2).map((x, i) => x * growth ** (i / 240));
      expect(change(operation, input)).not.toBe(0);
    }
  });

  test('noise has no period to spare and comes out unchanged', () => {
    for (let seed = 0; seed < 20; seed++) {
      const input = noise(seed, 1440, 0.3);
      expect(stretch(operation, input)).toEqual(input);
    }
  });

  test('what was found in one block says nothing of the next', () => {
    const stretcher = new TimeStretch({ sampleRate: 48_000, channels: 1 });
    const out = new Float32Array(1440 + stretcher.maxChange);
    const input = noise(1, 1440, 0.3);
    expect(stretcher[operation](tone(200, 48_000, 1440), out)).not.toBe(1440);
    expect(stretcher[operation](input, out)).toBe(1440);
    expect(out.subarray(0, 1440)).toEqual(input);
  });

  test('a tone in loud noise is refused, in faint noise it is not', () => {
    const mixed = (level: number): Float32Array => {
      const hiss = noise(2, 1440, level);
      return tone(250, 48_000, 1440).map((x, i) => x + hiss[i]!);
    };
    expect(change(operation, mixed(0.5))).toBe(0);
    expect(change(operation, mixed(0.1))).not.toBe(0);
  });

  test('silence and noise below −50 dBFS change by the full 15 ms', () => {
    expect(change(operation, new Float32Array(1440))).toBe(720 * sign);
    expect(change(operation, noise(1, 1440, 0.004))).toBe(720 * sign);
    expect(change(operation, noise(1, 1440, 0.02))).toBe(0);
  });

  test('both channels change by the same number of samples, whichever is heard', () => {
    const one = tone(200, 48_000, 1440);
    const silent = new Float32Array(1440);
    const opposite = one.map((x) => -x);
    const alone = stretch(operation, one);
    for (const [left, right] of [
      [one, silent],
      [silent, one],
      [one, one],
      [one, opposite],
    ] as const) {
      const out = stretch(operation, interleave(left, right), { channels: 2 });
      for (const [channel, input] of [left, right].entries()) {
        const sounding = input === silent ? silent.subarray(0, alone.length) : alone;
        const heard = channelOf(out, channel, 2).map((x) => (input === opposite ? -x : x));
        expect(heard.length).toBe(alone.length);
        expect(Math.abs(rms(heard) - rms(sounding))).toBeLessThan(1e-6);
      }
    }
  });

  test('only the middle of a longer block is touched', () => {
    const input = tone(200, 48_000, 4800);
    const out = stretch(operation, input);
    const edge = 2400 - 720;
    expect(out.subarray(0, edge)).toEqual(input.subarray(0, edge));
    expect(out.subarray(-edge)).toEqual(input.subarray(-edge));
  });

  test('any block gives a length within 15 ms, and samples no louder than its own', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 480, maxLength: 700, noNaN: true, min: -1, max: 1 }),
        (input) => {
          const out = stretch(operation, input, { sampleRate: 16_000 });
          const added = (out.length - input.length) * sign;
          const loudest = Math.max(...input.map(Math.abs));
          return (
            (added === 0 || (added >= 40 && added <= 240)) &&
            out.every((x) => Math.abs(x) <= loudest * (1 + 1e-6))
          );
        },
      ),
    );
  });

  test('blocks too short, ragged or without room are refused', () => {
    const stretcher = new TimeStretch({ sampleRate: 48_000, channels: 2 });
    const room = new Float32Array(10_000);
    expect(stretcher.minBlock).toBe(1440);
    expect(() => stretcher[operation](new Float32Array(2 * 1439), room)).toThrow(bad);
    expect(() => stretcher[operation](new Float32Array(2 * 1440 + 1), room)).toThrow(bad);
    const needed = 2 * (1440 + (operation === 'decelerate' ? 720 : 0));
    const input = new Float32Array(2 * 1440);
    expect(() => stretcher[operation](input, room.subarray(0, needed - 1))).toThrow(bad);
    expect(stretcher[operation](input, room.subarray(0, needed))).toBe(1440 + 720 * sign);
  });
});

/** What is left of a signal cut into blocks each of which is made shorter. */
function shorten(
  input: Float32Array,
  block: number,
  likeness?: number,
  cuts?: number,
): Float32Array {
  const stretcher = new TimeStretch({ sampleRate: 48_000, channels: 1 });
  const blocks = [];
  for (let at = 0; at + block <= input.length; at += block) {
    const out = new Float32Array(block);
    const part = input.subarray(at, at + block);
    blocks.push(out.subarray(0, stretcher.accelerate(part, out, likeness, cuts)));
  }
  return concat(blocks);
}

/** Three voices of a string section, none of whose periods fits into 15 ms. */
function chord(length: number): Float32Array {
  const [low, mid, high] = [220, 277.2, 329.6].map((hz) => voice(hz, 48_000, length));
  return low!.map((x, i) => (x + mid![i]! + high![i]!) / 3);
}

describe('with a large delay to work off', () => {
  test.each([
    ['a voice', voice(117, 48_000, 24_000), 0.9],
    ['a chord', chord(24_000), 0.5],
    ['noise', noise(3, 24_000, 0.3), -1],
  ])('%s gets shorter by a twelfth or more, with its level and spectrum', (_, input, likeness) => {
    const out = shorten(input, 1920, likeness);
    expect(out.length).toBeLessThan((input.length * 11) / 12);
    expect(roughness(out)).toBeLessThan(roughness(input) * 1.4);
    const [before, after] = [powerSpectrum(input), powerSpectrum(out)];
    for (const [low, high] of [
      [100, 400],
      [400, 1600],
      [1600, 6400],
    ] as const) {
      const off = bandLevel(after, 48_000, low, high) - bandLevel(before, 48_000, low, high);
      expect(Math.abs(off)).toBeLessThan(1);
    }
  });

  test('as many periods go at once as fit into 15 ms and are alike', () => {
    for (const pitch of [150, 205, 233, 260, 310, 350]) {
      const input = voice(pitch, 48_000, 1920);
      const periods = (1920 - shorten(input, 1920, 0.5).length) / (48_000 / pitch);
      expect(Math.abs(periods - Math.floor(0.015 * pitch))).toBeLessThan(0.05);
    }
    // Upside down until 2.5 ms before the cut: the next period is alike, five periods on are opposite.
    const turning = tone(400, 48_000, 1440).map((x, i) => (i < 600 ? -x : x));
    expect(1440 - shorten(turning, 1440, -1).length).toBeLessThan(600);
  });

  test('a voice made faster keeps its pitch', () => {
    const input = voice(117, 48_000, 48_000);
    const peak = (samples: Float32Array): number => {
      const power = powerSpectrum(samples, 8192);
      return power.indexOf(power.reduce((most, x) => Math.max(most, x)));
    };
    const out = shorten(input, 1920, 0.5);
    expect(out.length).toBeLessThan(42_000);
    expect(peak(out)).toBe(peak(input));
  });

  test('a chord is left alone unless less likeness will do', () => {
    const input = chord(9600);
    expect(shorten(input, 1920, 0.95)).toEqual(input);
    expect(shorten(input, 1920, 0.5).length).toBeLessThan(9600);
  });

  test('the level of noise does not dip where it is joined', () => {
    const stretcher = new TimeStretch({ sampleRate: 48_000, channels: 1 });
    const out = new Float32Array(1440);
    let power = 0;
    for (let seed = 0; seed < 100; seed++) {
      const length = stretcher.accelerate(noise(seed, 1440, Math.sqrt(3)), out, -1);
      const lag = 1440 - length;
      const middle = 720 - Math.floor(lag / 2);
      power += rms(out.subarray(middle - 40, middle + 40)) ** 2 / 100;
    }
    expect(Math.abs(10 * Math.log10(power))).toBeLessThan(0.5);
  });

  test('a long block is cut in every 30 ms, or as often as is asked for', () => {
    const input = tone(400, 48_000, 7200);
    const lost = (cuts?: number): number => 7200 - shorten(input, 7200, 0.9, cuts).length;
    const one = lost();
    expect(one % 120).toBe(0);
    expect(lost(2)).toBe(2 * one);
    expect(lost(5)).toBe(5 * one);
    expect(lost(Infinity)).toBe(5 * one);
    expect(fitSine(shorten(input, 7200, 0.9, Infinity), 400, 48_000).snr).toBeGreaterThan(90);
  });

  test('a long stereo block keeps its channels together', () => {
    const stretcher = new TimeStretch({ sampleRate: 48_000, channels: 2 });
    const [left, right] = [tone(200, 48_000, 4320), tone(400, 48_000, 4320, 0.2)];
    const out = new Float32Array(8640);
    const length = stretcher.accelerate(interleave(left, right), out, 0.5, 3);
    expect(length).toBe(4320 - 3 * 720);
    const heard = out.subarray(0, 2 * length);
    expect(fitSine(channelOf(heard, 0, 2), 200, 48_000).snr).toBeGreaterThan(90);
    expect(fitSine(channelOf(heard, 1, 2), 400, 48_000).snr).toBeGreaterThan(90);
  });

  test.each([0, -1, NaN])('%d cuts are refused', (cuts) => {
    expect(() => shorten(tone(200, 48_000, 1440), 1440, 0.9, cuts)).toThrow(bad);
  });

  test('noise is lengthened too when asked to', () => {
    const stretcher = new TimeStretch({ sampleRate: 48_000, channels: 1 });
    const out = new Float32Array(1440 + stretcher.maxChange);
    expect(stretcher.decelerate(noise(1, 1440), out)).toBe(1440);
    expect(stretcher.decelerate(noise(1, 1440), out, -1)).toBeGreaterThanOrEqual(1560);
  });
});

test('a tone lengthened and shortened many times over still is that tone', () => {
  let signal = tone(240, 48_000, 4800);
  for (let i = 0; i < 25; i++) {
    const longer = stretch('decelerate', signal);
    expect(longer.length).toBeGreaterThan(signal.length);
    signal = stretch('accelerate', longer);
    expect(signal.length).toBeLessThan(longer.length);
  }
  expect(fitSine(signal, 240, 48_000).snr).toBeGreaterThan(90);
});

test.each([
  { sampleRate: 7_999, channels: 1 },
  { sampleRate: NaN, channels: 1 },
  { sampleRate: 48_000, channels: 3 },
])('%j is refused', (format) => {
  expect(() => new TimeStretch(format)).toThrow(bad);
});
