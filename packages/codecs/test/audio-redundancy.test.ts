import { describe, expect, test } from '@jest/globals';
import { type AudioPathReport, AudioRedundancy, type Micros } from '../src/index.js';
import { random } from './support/signals.js';

const seconds = (s: number): Micros => Math.round(s * 1e6) as Micros;
const BITRATE = 48_000;

/** Depth after each of the reports, which come once a second from second 1 on. */
function course(reports: readonly AudioPathReport[]): number[] {
  const redundancy = new AudioRedundancy();
  return reports.map((report, i) => {
    redundancy.update(report, BITRATE, seconds(i + 1));
    return redundancy.depth;
  });
}

const path = (count: number, report: Partial<AudioPathReport> = {}): AudioPathReport[] =>
  Array.from({ length: count }, () => ({ fractionLost: 0, ...report }));

/** Reports on 50 packets a second, each lost with the same probability. */
function randomLoss(count: number, probability: number): AudioPathReport[] {
  const next = random(3);
  return Array.from({ length: count }, () => {
    let lost = 0;
    for (let i = 0; i < 50; i++) if (next() < probability) lost++;
    return { fractionLost: lost / 50 };
  });
}

test('nothing is added on a path that loses nothing', () => {
  expect(new Set(course(path(600)))).toEqual(new Set([0]));
});

test('from the first loss on one packet goes along, until 30 s after the last', () => {
  const depths = course([...path(5), { fractionLost: 0.02 }, ...path(60)]);
  expect(depths.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 1]);
  expect(depths.slice(5, 35).every((depth) => depth === 1)).toBe(true);
  expect(depths.slice(35).every((depth) => depth === 0)).toBe(true);
});

test('at a loss of 0.2 % one packet goes along most of the time', () => {
  const depths = course(randomLoss(600, 0.002));
  expect(depths.filter((depth) => depth === 1).length).toBeGreaterThan(500);
  expect(Math.max(...depths)).toBeLessThan(3);
});

test.each([
  [0.05, 2],
  [0.15, 3],
])('at a loss of %d it is %i within two seconds', (loss, depth) => {
  expect(course(path(5, { fractionLost: loss }))[1]).toBe(depth);
  const steady = course(randomLoss(120, loss)).slice(10);
  expect(steady.filter((each) => each === depth).length).toBeGreaterThan(100);
});

describe('nothing makes a queue longer:', () => {
  test('where the round trip has grown, nothing goes along until it was short for 5 s', () => {
    const reports = [
      ...path(10, { fractionLost: 0.05, roundTrip: seconds(0.05) }),
      ...path(3, { fractionLost: 0.05, roundTrip: seconds(0.2) }),
      ...path(10, { fractionLost: 0.05, roundTrip: seconds(0.05) }),
    ];
    const depths = course(reports);
    expect(depths[9]).toBe(2);
    expect(depths.slice(10, 17).every((depth) => depth === 0)).toBe(true);
    expect(depths.slice(18).every((depth) => depth === 2)).toBe(true);
  });

  test.each([
    [60_000, 0],
    [116_000, 1],
    [164_000, 2],
    [10_000_000, 2],
  ])('of a bandwidth of %i bit/s as much is used as there is', (bandwidth, depth) => {
    expect(course(path(5, { fractionLost: 0.05, bandwidth })).at(-1)).toBe(depth);
  });
});

test('reports that cannot be are passed over', () => {
  const nonsense = [NaN, -1, 2].map((fractionLost) => ({ fractionLost }));
  const more = [NaN, -1].map((number) => ({
    fractionLost: 0,
    roundTrip: number as Micros,
    bandwidth: number,
  }));
  expect(course([...nonsense, ...more])).toEqual([0, 0, 0, 0, 0]);
});
