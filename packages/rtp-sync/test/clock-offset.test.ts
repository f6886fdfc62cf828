import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ClockOffsetEstimator, type PingExchange, micros } from '../src/index.js';
import { exponential } from './drifting-sender.js';
import { random } from './simulate.js';

interface Path {
  readonly seed: number;
  /** Remote clock less local clock at `t`, both microseconds. */
  readonly offset: (t: number) => number;
  /** Least delay there and back, and mean of what queueing adds, in ms. */
  readonly out: number;
  readonly back: number;
  readonly jitter: number;
}

// Exchanges one a second.
function* exchanges(path: Path, count: number, start = 0): Generator<PingExchange> {
  const next = random(path.seed);
  const delay = (base: number): number => (base + path.jitter * exponential(next)) * 1000;
  for (let k = start; k < start + count; k++) {
    const sent = k * 1e6;
    const there = sent + delay(path.out);
    const answered = there + next() * 5000;
    yield {
      sent: micros(sent),
      remoteReceived: micros(there + path.offset(there)),
      remoteSent: micros(answered + path.offset(answered)),
      received: micros(answered + delay(path.back)),
    };
  }
}

const p95 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)]!;

test('the clock offset is within its bound for any asymmetry of the path', () => {
  const exchange = fc.record({
    out: fc.integer({ min: 0, max: 300_000 }),
    back: fc.integer({ min: 0, max: 300_000 }),
    turn: fc.integer({ min: 0, max: 5_000 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: -1e12, max: 1e12 }),
      fc.integer({ min: -1000, max: 1000 }),
      fc.array(exchange, { minLength: 1, maxLength: 80 }),
      (start, ppm, list) => {
        const offset = (t: number): number => start + t * ppm * 1e-6;
        const estimator = new ClockOffsetEstimator();
        let now = 0;
        for (const { out, back, turn } of list) {
          estimator.add({
            sent: micros(now),
            remoteReceived: micros(now + out + offset(now + out)),
            remoteSent: micros(now + out + turn + offset(now + out + turn)),
            received: micros(now + out + turn + back),
          });
          now += 1_000_000;
        }
        const estimate = estimator.estimate(micros(now))!;
        expect(Math.abs(estimate.offset - offset(now))).toBeLessThanOrEqual(estimate.bound);
        const { out, back } = list.at(-1)!;
        // No wider than half the round trip and a second's drift make it.
        expect(estimate.bound).toBeLessThanOrEqual(
          (out + back) / 2 + (out + back) * 1e-3 + 1020 + 8,
        );
      },
    ),
  );
});

test.each([-500, 0, 700])(
  'at %i ppm and 15 ms of jitter the offset of a symmetric path is known to 5 ms (p95), always in its bound',
  (ppm) => {
    const errors: number[] = [];
    let missed = 0;
    for (let seed = 1; seed <= 4; seed++) {
      const estimator = new ClockOffsetEstimator();
      const offset = (t: number): number => 4e12 + t * ppm * 1e-6;
      for (const exchange of exchanges({ seed, offset, out: 20, back: 20, jitter: 15 }, 90)) {
        estimator.add(exchange);
        const now = micros(exchange.received + 500_000);
        const { offset: estimated, bound } = estimator.estimate(now)!;
        const error = Math.abs(estimated - offset(now));
        if (error > bound) missed++;
        if (exchange.sent >= 20e6) errors.push(error / 1000);
      }
    }
    expect(missed).toBe(0);
    expect(p95(errors)).toBeLessThanOrEqual(5);
  },
);

test('the fastest ping and the fastest pong count, though they be of different exchanges', () => {
  const estimator = new ClockOffsetEstimator();
  const exchange = (at: number, out: number, back: number): PingExchange => ({
    sent: micros(at),
    remoteReceived: micros(at + out),
    remoteSent: micros(at + out),
    received: micros(at + out + back),
  });
  estimator.add(exchange(0, 10_000, 90_000));
  estimator.add(exchange(100_000, 90_000, 10_000));
  const { offset, bound } = estimator.estimate(micros(300_000))!;
  expect(Math.abs(offset)).toBeLessThan(300);
  expect(bound).toBeLessThan(10_400);
});

test('a congested minute does not widen the bound by more than drift', () => {
  const path = { seed: 1, offset: () => 0, out: 10, back: 10, jitter: 0 };
  const estimator = new ClockOffsetEstimator();
  for (const exchange of exchanges(path, 60)) estimator.add(exchange);
  for (const exchange of exchanges({ ...path, out: 200, back: 200 }, 10, 60))
    estimator.add(exchange);
  expect(estimator.estimate(micros(70_500_000))!.bound).toBeLessThan(10_000 + 10.5 * 500);
});

test('a step of the other clock is followed with the second exchange, a single contradiction is not', () => {
  const estimator = new ClockOffsetEstimator();
  const path = { seed: 2, out: 10, back: 10, jitter: 1 };
  for (const exchange of exchanges({ ...path, offset: () => 0 }, 20)) estimator.add(exchange);
  const [one] = exchanges({ ...path, offset: () => 5e6 }, 1, 20);
  expect(estimator.add(one!)).toBe(false);
  for (const exchange of exchanges({ ...path, offset: () => 0 }, 2, 21))
    expect(estimator.add(exchange)).toBe(true);
  expect(Math.abs(estimator.estimate(micros(23e6))!.offset)).toBeLessThan(2000);
  const stepped = exchanges({ ...path, offset: () => -3600e6 }, 2, 23);
  expect([...stepped].map((exchange) => estimator.add(exchange))).toEqual([false, true]);
  expect(Math.abs(estimator.estimate(micros(25e6))!.offset + 3600e6)).toBeLessThan(3000);
});

test('a clock that changes its rate is followed', () => {
  const estimator = new ClockOffsetEstimator();
  const offset = (t: number): number => 900e-6 * Math.min(t, 60e6) - 900e-6 * Math.max(0, t - 60e6);
  const path = { seed: 4, offset, out: 1, back: 1, jitter: 0.1 };
  for (const exchange of exchanges(path, 120)) {
    estimator.add(exchange);
    const now = exchange.received;
    expect(Math.abs(estimator.estimate(now)!.offset - offset(now))).toBeLessThan(2000);
  }
});

test('the bound allows for oscillators that wander', () => {
  const estimator = new ClockOffsetEstimator();
  // ± 12 ppm around 100 ppm, in periods of 40 s; a wire of 2 µs hides nothing.
  const period = 40e6 / (2 * Math.PI);
  const offset = (t: number): number => 100e-6 * t + 12e-6 * period * Math.sin(t / period);
  for (const exchange of exchanges({ seed: 1, offset, out: 0.002, back: 0.002, jitter: 0 }, 200)) {
    estimator.add(exchange);
    const now = micros(exchange.received + 900_000);
    const estimate = estimator.estimate(now)!;
    expect(Math.abs(estimate.offset - offset(now))).toBeLessThanOrEqual(estimate.bound);
    expect(estimate.bound).toBeLessThan(1100);
  }
});

test('an uncertain exchange widens its own bound only', () => {
  const [certain] = exchanges({ seed: 1, offset: () => 0, out: 5, back: 5, jitter: 0 }, 1);
  const estimator = new ClockOffsetEstimator();
  estimator.add({ ...certain!, uncertainty: micros(5000) });
  expect(estimator.estimate(certain!.received)!.bound).toBeGreaterThanOrEqual(10_000);
  estimator.add(certain!);
  expect(estimator.estimate(certain!.received)!.bound).toBeLessThan(5100);
});

test('an impossible exchange is refused', () => {
  const estimator = new ClockOffsetEstimator();
  const base = { sent: micros(100), remoteReceived: micros(0), remoteSent: micros(0) };
  expect(estimator.add({ ...base, received: micros(50) })).toBe(false);
  expect(estimator.add({ ...base, received: micros(Number.NaN) })).toBe(false);
  expect(estimator.add({ ...base, received: micros(200), uncertainty: micros(-1) })).toBe(false);
  expect(estimator.add({ ...base, remoteReceived: micros(5), received: micros(200) })).toBe(false);
  expect(estimator.estimate(micros(100))).toBeUndefined();
  expect(estimator.statistics()).toEqual({ totalRoundTripTime: 0, roundTripTimeMeasurements: 0 });
});

test('round trips are counted in seconds, as in W3C statistics', () => {
  const estimator = new ClockOffsetEstimator();
  for (const received of [30_000, 50_000])
    estimator.add({
      sent: micros(0),
      remoteReceived: micros(0),
      remoteSent: micros(10_000),
      received: micros(received),
    });
  const { roundTripTime, totalRoundTripTime, roundTripTimeMeasurements } = estimator.statistics();
  expect(roundTripTime).toBeCloseTo(0.04);
  expect(totalRoundTripTime).toBeCloseTo(0.06);
  expect(roundTripTimeMeasurements).toBe(2);
  expect(estimator.estimate(micros(50_000))!.roundTrip).toBe(20_000);
});
