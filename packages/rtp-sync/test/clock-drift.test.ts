import { expect, test } from '@jest/globals';
import { ClockDriftEstimator, micros } from '../src/index.js';
import { type DriftingSender, arrivals, normal, oneSided, queueing } from './drifting-sender.js';
import { random } from './simulate.js';

/** Error and stated bound in ppm at each of `marks` seconds. */
function run(sender: DriftingSender, marks: readonly number[]): { error: number; bound: number }[] {
  const estimator = new ClockDriftEstimator(sender.clockRate ?? 48_000);
  const results: { error: number; bound: number }[] = [];
  for (const { timestamp, at } of arrivals(sender)) {
    while (at > marks[results.length]! * 1e6)
      results.push({
        error: Math.abs(estimator.estimateDrift() - sender.ppm),
        bound: estimator.bound,
      });
    estimator.update(timestamp, at);
  }
  return results;
}

/** Runs `count` seeds with drifts over the whole range. */
function runs(count: number, sender: Omit<DriftingSender, 'seed' | 'ppm'>, marks: number[]) {
  return Array.from({ length: count }, (_, i) =>
    run({ ...sender, seed: i + 1, ppm: -1000 + (2000 * i) / (count - 1) }, marks),
  );
}

const worst = (results: { error: number }[][], mark: number): number =>
  Math.max(...results.map((r) => r[mark]!.error));

test.each([48_000, 90_000])(
  'behind a queue of 20 ms jitter the drift is known to 20 ppm after 10 s, to 5 ppm after 60 s (%i Hz)',
  (clockRate) => {
    const results = runs(4, { seconds: 61, delays: queueing, clockRate }, [10, 60]);
    expect(worst(results, 0)).toBeLessThanOrEqual(20);
    expect(worst(results, 1)).toBeLessThanOrEqual(5);
  },
);

test('one-sided jitter of 20 ms leaves at most 5 ppm after 60 s', () => {
  const results = runs(6, { seconds: 61, delays: oneSided }, [60]);
  expect(worst(results, 0)).toBeLessThanOrEqual(5);
});

test('noise without a floor is averaged, as well as it can be', () => {
  // The least possible standard error of a slope under this noise is σ·√12 / (n^½·T): 21 ppm after 60 s.
  const errors = runs(10, { seconds: 61, delays: normal }, [60]).map((r) => r[0]!.error ** 2);
  const rms = Math.sqrt(errors.reduce((a, b) => a + b) / errors.length);
  expect(rms).toBeLessThan(1.3 * 21);
});

test('changes of the route leave the drift known', () => {
  const path = (s: number): number => (s < 12 ? 50 : s < 30 ? 80 : s < 45 ? 35 : 44);
  const results = runs(6, { seconds: 61, delays: queueing, path }, [14, 25, 35, 60]);
  expect(worst(results, 0)).toBeLessThanOrEqual(20);
  for (const mark of [1, 2, 3]) expect(worst(results, mark)).toBeLessThanOrEqual(5);
});

test('the first blocks after a change of the route do not bend the line', () => {
  const path = (s: number): number => (s < 30 ? 50 : 90);
  const shorter = (s: number): number => (s < 30 ? 90 : 50);
  for (const route of [path, shorter]) {
    const marks = [29.9, 30.7, 31.3, 31.9, 32.5, 33.1];
    const results = runs(4, { seconds: 34, delays: queueing, path: route }, marks);
    for (const mark of marks.keys()) expect(worst(results, mark)).toBeLessThanOrEqual(5);
  }
});

test('a pause changes nothing of what is known, and the drift goes on being followed', () => {
  const sender = { seconds: 90, delays: queueing, silence: [30, 75] } as const;
  for (const [before, after, end] of runs(5, sender, [29.9, 75.4, 89])) {
    expect(after!.error).toBeCloseTo(before!.error, 0);
    expect(end!.error).toBeLessThanOrEqual(5);
  }
});

test.each([0, 127, 32_767, 65_535, 2 ** 31 - 1, 2 ** 32 - 1])(
  'timestamps that begin at %i wrap unnoticed',
  (firstTimestamp) => {
    const sender = { seed: 3, ppm: 250, seconds: 31, delays: queueing };
    const [at30] = run({ ...sender, firstTimestamp }, [30]);
    expect(at30!.error).toBeLessThanOrEqual(5);
    expect([at30]).toEqual(run(sender, [30]));
  },
);

test('timestamps that jump begin a new line, and stray ones are left out', () => {
  const estimator = new ClockDriftEstimator(48_000);
  const errors: number[] = [];
  let jump = 0;
  for (const { timestamp, at } of arrivals({ seed: 9, ppm: -400, seconds: 80, delays: queueing })) {
    if (at > 40e6) jump = 123_456_789;
    const stray = Math.floor(at / 20_000) % 700 === 699 ? 5e6 : 0;
    estimator.update((timestamp + jump + stray) >>> 0, at);
    if (at > 20e6) errors.push(Math.abs(estimator.estimateDrift() + 400));
  }
  expect(Math.max(...errors)).toBeLessThanOrEqual(20);
  expect(errors.at(-1)).toBeLessThanOrEqual(5);
});

test('what was known before the timestamps jumped counts after it', () => {
  const estimator = new ClockDriftEstimator(48_000);
  let worstAfter = 0;
  for (const { timestamp, at } of arrivals({ seed: 4, ppm: 60, seconds: 70, delays: oneSided })) {
    estimator.update(at > 60e6 ? (timestamp + 2e9) >>> 0 : timestamp, at);
    if (at > 60e6) worstAfter = Math.max(worstAfter, Math.abs(estimator.estimateDrift() - 60));
  }
  expect(worstAfter).toBeLessThanOrEqual(5);
});

test('packets that overtake each other by more than half a second do no harm', () => {
  const estimator = new ClockDriftEstimator(48_000);
  // Every two seconds a pair 300 ms apart, of which the first comes 550 ms after the second.
  for (let i = 0; i < 100; i++) {
    const sent = i * 2e6;
    for (const [after, late] of [
      [300_000, 0],
      [0, 850_000],
    ] as const) {
      const timestamp = ((sent + after) * 48) / 1000;
      estimator.update(timestamp, micros((sent + after) * (1 - 200e-6) + late));
      expect(Math.abs(estimator.estimateDrift())).toBeLessThan(300);
    }
  }
  expect(estimator.estimateDrift()).toBeCloseTo(200, 0);
});

test('a stall of seconds leaves the drift known', () => {
  const estimator = new ClockDriftEstimator(48_000);
  const errors: number[] = [];
  for (const { timestamp, at } of arrivals({ seed: 2, ppm: 150, seconds: 60, delays: queueing })) {
    // What was sent from 20 to 23 s comes at 23 s, all at once.
    estimator.update(timestamp, micros(at > 20e6 && at < 23e6 ? 23e6 : at));
    if (at > 15e6) errors.push(Math.abs(estimator.estimateDrift() - 150));
  }
  expect(Math.max(...errors)).toBeLessThanOrEqual(5);
});

test('another device takes over: its clock is known within half a minute, and the bound says so meanwhile', () => {
  for (let seed = 1; seed <= 4; seed++) {
    const estimator = new ClockDriftEstimator(48_000);
    const before = arrivals({ seed, ppm: 400, seconds: 60, delays: queueing });
    const after = arrivals({ seed: seed + 9, ppm: -300, seconds: 30, delays: queueing });
    for (const { timestamp, at } of before) estimator.update(timestamp, at);
    let missed = 0;
    for (const { timestamp, at } of after) {
      estimator.update((timestamp + 3e9) >>> 0, micros(at + 60.5e6));
      if (at > 6e6 && Math.abs(estimator.estimateDrift() + 300) > estimator.bound) missed++;
    }
    expect(missed).toBe(0);
    expect(Math.abs(estimator.estimateDrift() + 300)).toBeLessThanOrEqual(5);
    expect(estimator.bound).toBeLessThan(20);
  }
});

test.each([
  [300, false],
  [-450, false],
  [700, true],
  [-1000, true],
])('a clock at %i ppm is called excessive: %s', (ppm, excessive) => {
  const estimator = new ClockDriftEstimator(48_000);
  for (const { timestamp, at } of arrivals({ seed: 1, ppm, seconds: 30, delays: queueing }))
    estimator.update(timestamp, at);
  expect(estimator.estimateDrift()).toBeCloseTo(ppm, 0);
  expect(estimator.excessive).toBe(excessive);
});

test('before four seconds nothing is claimed', () => {
  const estimator = new ClockDriftEstimator(48_000);
  expect([estimator.estimateDrift(), estimator.bound, estimator.excessive]).toEqual([
    0,
    1500,
    false,
  ]);
  for (const { timestamp, at } of arrivals({ seed: 1, ppm: 900, seconds: 3, delays: oneSided }))
    estimator.update(timestamp, at);
  expect([estimator.estimateDrift(), estimator.bound]).toEqual([0, 1500]);
});

test.each([
  ['queueing', queueing],
  ['one-sided', oneSided],
  ['normal', normal],
])('the stated bound covers the error: %s jitter', (_, delays) => {
  for (const results of runs(6, { seconds: 61, delays }, [5, 10, 20, 40, 60]))
    for (const { error, bound } of results) expect(error).toBeLessThanOrEqual(bound);
});

test('noise without a floor has a bound that is in proportion', () => {
  const results = runs(6, { seconds: 121, delays: normal }, [60, 120]);
  for (const [at60, at120] of results) {
    expect(at60!.bound).toBeGreaterThan(100);
    expect(at60!.bound).toBeLessThan(400);
    expect(at120!.bound).toBeLessThan(at60!.bound / 2);
  }
});

test('the bound is not made of nothing: it narrows as the line grows', () => {
  const [at10, at60] = run({ seed: 5, ppm: 0, seconds: 61, delays: oneSided }, [10, 60]);
  expect(at10!.bound).toBeLessThan(600);
  expect(at60!.bound).toBeLessThan(10);
});

test('timestamps without sense leave the estimate a number', () => {
  const next = random(11);
  const estimator = new ClockDriftEstimator(90_000);
  for (let i = 0; i < 2000; i++) {
    // Now and then two that go together, backwards too.
    const timestamp = Math.floor(next() * 2 ** (next() < 0.5 ? 17 : 32));
    estimator.update(timestamp, micros(i * 20_000));
    expect(Math.abs(estimator.estimateDrift())).toBeLessThanOrEqual(1503);
  }
});

test('a clock rate that is none is refused', () => {
  expect(() => new ClockDriftEstimator(0)).toThrow('clockRate');
});
