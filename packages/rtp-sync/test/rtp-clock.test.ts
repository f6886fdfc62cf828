import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RtpClock, micros, ntpFromUnix } from '../src/index.js';
import { gaussian } from './drifting-sender.js';
import { random } from './simulate.js';

const NOON = 1_700_000_000_000_000;

interface Sender {
  readonly seed: number;
  readonly clockRate: number;
  /** Media clock against wall clock. */
  readonly ppm: number;
  readonly reports: number;
  /** How far the sender's stamps are off, in microseconds. */
  readonly noise?: (next: () => number) => number;
  /** Wall clock at `t` microseconds of the run. */
  readonly wall?: (t: number) => number;
  /** Called before each report, to do harm. */
  readonly harm?: (clock: RtpClock, next: () => number) => void;
  /** Says which reports are lost. */
  readonly lost?: (k: number) => boolean;
}

/** One report a second; errors in ms and whether they exceed the bound, at a random instant after each. */
function run(sender: Sender): { clock: RtpClock; errors: number[]; missed: number } {
  const { clockRate, noise = () => 0, wall = (t) => NOON + t } = sender;
  const next = random(sender.seed);
  const clock = new RtpClock(clockRate);
  const first = Math.floor(next() * 2 ** 32);
  const rtp = (t: number): number =>
    (first + Math.round((t * (1 + sender.ppm * 1e-6) * clockRate) / 1e6)) >>> 0;
  const errors: number[] = [];
  let missed = 0;
  for (let k = 0; k < sender.reports; k++) {
    const t = k * 1e6;
    sender.harm?.(clock, next);
    if (sender.lost?.(k) !== true)
      clock.update(ntpFromUnix(micros(Math.round(wall(t) + noise(next)))), rtp(t));
    const at = t + next() * 1e6;
    const error = Math.abs(clock.unixAt(rtp(at))! - wall(at));
    errors.push(error / 1000);
    if (error > clock.boundAt(rtp(at))!) missed++;
  }
  return { clock, errors, missed };
}

const p95 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)]!;

const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

test.each([0, 2 ** 31, 2 ** 32 - 480])('RTP maps to the wall clock around report at %i', (rtp) => {
  const clock = new RtpClock(48_000);
  expect(clock.unixAt(rtp)).toBeUndefined();
  expect(clock.boundAt(rtp)).toBeUndefined();
  expect(clock.update(ntpFromUnix(micros(NOON)), rtp)).toBe(true);
  expect(clock.unixAt((rtp + 960) >>> 0)).toBe(NOON + 20_000);
  expect(clock.unixAt((rtp - 960) >>> 0)).toBe(NOON - 20_000);
});

test('what is no report leaves the mapping as it was', () => {
  const clock = new RtpClock(48_000);
  expect(clock.update({ seconds: 0, fraction: 0 }, 5)).toBe(false);
  expect(clock.unixAt(5)).toBeUndefined();
  const bad = fc.oneof(fc.double(), fc.integer(), fc.constant(2 ** 32));
  fc.assert(
    fc.property(bad, bad, bad, (seconds, fraction, rtp) => {
      const mapped = new RtpClock(48_000);
      for (let k = 0; k < 5; k++) mapped.update(ntpFromUnix(micros(NOON + k * 1e6)), k * 48_000);
      mapped.update({ seconds, fraction }, rtp);
      expect(Math.abs(mapped.unixAt(240_000)! - NOON - 5e6)).toBeLessThan(1000);
    }),
  );
});

test.each([48_000, 90_000])('one report a second maps to 1 ms (p95) at %i Hz', (clockRate) => {
  const errors = seeds.flatMap(
    (seed) => run({ seed, clockRate, ppm: (seed - 10) * 50, reports: 60 }).errors,
  );
  expect(p95(errors)).toBeLessThanOrEqual(1);
});

test.each([48_000, 90_000])(
  'a sender that stamps ± 5 ms off is averaged to 1 ms (p95) after two and a half minutes (%i Hz)',
  (clockRate) => {
    const noise = (next: () => number): number => (next() * 2 - 1) * 5000;
    const errors = seeds.flatMap((seed) =>
      run({ seed, clockRate, ppm: (seed - 10) * 50, reports: 300, noise }).errors.slice(150),
    );
    expect(p95(errors)).toBeLessThanOrEqual(1);
  },
);

test.each([3600e6, -3600e6])(
  'a step of the clock by %i µs is followed with the third report',
  (step) => {
    for (const seed of seeds) {
      const { clock, errors } = run({
        seed,
        clockRate: 48_000,
        ppm: 100,
        reports: 120,
        noise: (next) => 500 * gaussian(next),
        wall: (t) => NOON + t + (t >= 60e6 ? step : 0),
      });
      expect(clock.steps).toBe(1);
      expect(Math.max(...errors.slice(62))).toBeLessThan(5);
    }
  },
);

test('a restart of the timestamps is followed with the third report', () => {
  const clock = new RtpClock(90_000);
  for (let k = 0; k < 30; k++) clock.update(ntpFromUnix(micros(NOON + k * 1e6)), 4e9 + k * 90_000);
  for (let k = 30; k < 33; k++)
    clock.update(ntpFromUnix(micros(NOON + k * 1e6)), (k - 30) * 90_000 + 77);
  expect(Math.abs(clock.unixAt(3 * 90_000 + 77)! - NOON - 33e6)).toBeLessThan(5);
});

test('garbage between the reports does no harm', () => {
  for (const seed of seeds) {
    const { clock, errors } = run({
      seed,
      clockRate: 48_000,
      ppm: -200,
      reports: 100,
      harm: (c, next) => {
        const any = (): number => Math.floor(next() * 2 ** 32);
        if (c.unixAt(0) !== undefined && next() < 0.3)
          c.update({ seconds: any(), fraction: any() }, any());
      },
    });
    expect(Math.max(...errors)).toBeLessThan(2);
    expect(clock.reportsRefused).toBeGreaterThan(5);
    expect(clock.steps).toBe(0);
  }
});

test('reports off the line that disagree are no step', () => {
  const clock = new RtpClock(48_000);
  for (let k = 0; k < 10; k++) clock.update(ntpFromUnix(micros(NOON + k * 1e6)), k * 48_000);
  for (let k = 10; k < 20; k++)
    clock.update(ntpFromUnix(micros(NOON + k * 1e6 + 40e6 * (k % 3) + 60e6)), k * 48_000);
  expect([clock.steps, clock.reportsRefused]).toEqual([0, 10]);
  expect(Math.abs(clock.unixAt(20 * 48_000)! - NOON - 20e6)).toBeLessThan(5);
});

test('a first report of garbage is forgotten after three good ones', () => {
  const clock = new RtpClock(48_000);
  clock.update({ seconds: 12_345, fraction: 678 }, 99);
  for (let k = 0; k < 3; k++) clock.update(ntpFromUnix(micros(NOON + k * 1e6)), k * 48_000);
  expect(Math.abs(clock.unixAt(0)! - NOON)).toBeLessThan(5);
});

test('reports that are repeated or late are not used twice', () => {
  const clock = new RtpClock(48_000);
  const ntp = (k: number) => ntpFromUnix(micros(NOON + k * 1e6));
  expect(clock.update(ntp(0), 0)).toBe(true);
  expect(clock.update(ntp(2), 96_000)).toBe(true);
  expect(clock.update(ntp(2), 96_000)).toBe(false);
  expect(clock.update(ntp(1), 48_000)).toBe(false);
  expect(clock.reportsRefused).toBe(0);
  expect(clock.unixAt(144_000)).toBe(NOON + 3e6);
});

test('reports may stay away for longer than the timestamps take to wrap', () => {
  const { clock, errors } = run({
    seed: 1,
    clockRate: 90_000,
    ppm: 0,
    reports: 60_100,
    lost: (k) => k > 30 && k < 60_000,
  });
  expect(clock.steps).toBe(0);
  expect(Math.max(...errors.slice(60_000))).toBeLessThan(1);
});

test('a clock that is slewed by 500 ppm is followed', () => {
  const wall = (t: number): number => NOON + t + 500e-6 * Math.min(40e6, Math.max(0, t - 100e6));
  for (const seed of seeds) {
    const { errors } = run({ seed, clockRate: 48_000, ppm: 100, reports: 250, wall });
    expect(Math.max(...errors)).toBeLessThan(4);
    expect(Math.max(...errors.slice(160))).toBeLessThan(0.5);
  }
});

test('the stated bound covers the error in 99.9 % of cases, and is no wider than need be', () => {
  let missed = 0;
  for (const seed of seeds) {
    const noise = (next: () => number): number => (5000 / 3) * gaussian(next);
    const result = run({ seed, clockRate: 48_000, ppm: 300 - seed * 30, reports: 240, noise });
    missed += result.missed;
  }
  expect(missed / (seeds.length * 240)).toBeLessThanOrEqual(0.001);
  const exact = new RtpClock(48_000);
  for (let k = 0; k < 240; k++) exact.update(ntpFromUnix(micros(NOON + k * 1e6)), k * 48_000);
  expect(exact.boundAt(240 * 48_000)!).toBeLessThan(500);
  expect(exact.boundAt(1200 * 48_000)!).toBeGreaterThan(exact.boundAt(240 * 48_000)!);
});

test('a sender that stamps exactly is known to a millisecond after five reports', () => {
  const clock = new RtpClock(48_000);
  for (let k = 0; k < 5; k++)
    clock.update(ntpFromUnix(micros(NOON + k * 1e6)), Math.round(k * 48_000 * 1.0005));
  expect(clock.boundAt(Math.round(5 * 48_000 * 1.0005))!).toBeLessThan(1000);
  expect(Math.abs(clock.unixAt(Math.round(5 * 48_000 * 1.0005))! - (NOON + 5e6))).toBeLessThan(30);
});

test('a clock rate that is none is refused', () => {
  expect(() => new RtpClock(Number.NaN)).toThrow('clockRate');
});
