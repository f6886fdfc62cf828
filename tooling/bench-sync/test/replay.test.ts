import { expect, test } from '@jest/globals';
import { FixedDelayPolicy, millis } from '@rm/rtp-sync';
import { arrivalsOf } from '../src/arrivals.js';
import { replay } from '../src/replay.js';

/** Packets of 20 ms over a path of 30 ms; `change` makes something else of one, or nothing. */
const wire = (count: number, change: (i: number) => number | undefined = () => 0) =>
  arrivalsOf(
    'wire',
    48_000,
    Array.from({ length: count }, (_, i) => i).flatMap((i) => {
      const late = change(i);
      if (late === undefined) return [];
      const earliest = i * 20_000 + 30_000;
      const packet = { sequence: i, timestamp: i * 960, duration: 960, earliest };
      return [{ ...packet, arrival: earliest + late * 1000 }];
    }),
  );
const fixed = (delay: number): FixedDelayPolicy => new FixedDelayPolicy(millis(delay));

test('on an idle wire all but the first packets are played, at the delay aimed for', () => {
  const playout = replay(wire(500), fixed(40));
  expect(playout).toMatchObject({ late: 0, lost: 0, concealed: 0, interruptions: 0, skipped: 2 });
  expect(playout.meanDelay).toBe(40_000);
  expect(playout.p95Delay).toBe(40_000);
});

test('lost and late packets are told apart, and both are concealed', () => {
  const playout = replay(
    wire(500, (i) => (i === 100 ? undefined : i === 200 ? 90 : 0)),
    fixed(40),
  );
  expect(playout).toMatchObject({ late: 1, lost: 1, interruptions: 0 });
  expect(playout.concealed * 500).toBeCloseTo(2, 1);
  // Two are skipped at the beginning; the late one stands in the arrivals where it came.
  const unplayed = [...playout.delay.keys()].filter((i) => Number.isNaN(playout.delay[i]));
  expect(unplayed.filter((i) => i < 490)).toEqual([0, 1, 203]);
});

test('a pause of the sender is not concealment, silence in the middle of a word is', () => {
  const said = wire(500);
  // After packet 249 the timestamps jump by 400 ms, and so does everything that is sent.
  const paused = {
    ...said,
    timestamp: said.timestamp.map((t, i) => t + (i < 250 ? 0 : 19_200)),
    arrival: said.arrival.map((t, i) => t + (i < 250 ? 0 : 400_000)),
    earliest: said.earliest.map((t, i) => t + (i < 250 ? 0 : 400_000)),
  };
  expect(replay(paused, fixed(40))).toMatchObject({ concealed: 0, interruptions: 0 });
  const broken = replay(
    wire(500, (i) => (i >= 250 && i < 270 ? undefined : 0)),
    fixed(40),
  );
  expect(broken.interruptions).toBe(1);
  expect(broken.concealed * 500).toBeCloseTo(20, 0);
});

test('delay that a spike left is worked off by playing faster', () => {
  const playout = replay(
    wire(1000, (i) => (i >= 300 && i < 307 ? (307 - i) * 20 : 0)),
    fixed(40),
  );
  expect(playout.accelerations).toBeGreaterThan(5);
  expect(playout.delay.at(-10)!).toBeLessThanOrEqual(51_000);
});
