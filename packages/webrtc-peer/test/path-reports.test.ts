import { expect, test } from '@jest/globals';
import { type Micros, millis } from '@rm/rtp-sync';
import { PathReports } from '../src/media/path-reports.js';

const lost = (fractionLost: number, roundTrip?: Micros) => ({ fractionLost, roundTrip });

test('reports once a second are all acted upon, though they come early or late', () => {
  const reports = new PathReports();
  const acted = [0, 500, 985, 2010, 2990, 4001].map((at, i) =>
    reports.add('a', lost(i / 100), millis(at)),
  );
  expect(acted.map((each) => each?.fractionLost)).toEqual([0, 0.01, 0.02, 0.03, 0.04, 0.05]);
});

test('what was lost between two acts is not forgotten', () => {
  const reports = new PathReports();
  reports.add('a', lost(0), millis(0));
  expect(reports.add('a', lost(0.3), millis(100))).toBeUndefined();
  expect(reports.add('a', lost(0), millis(300))).toBeUndefined();
  // 100 ms of 0.3, 200 ms of nothing, 100 ms of 0.2
  expect(reports.add('a', lost(0.2), millis(400))?.fractionLost).toBeCloseTo(0.125, 9);
  // It has been acted upon.
  expect(reports.add('a', lost(0), millis(900))?.fractionLost).toBe(0);
});

test('of several who hear it the worst counts, piece by piece, as long as it is not old', () => {
  const reports = new PathReports();
  reports.add('a', lost(0.2, millis(30)), millis(0));
  expect(reports.add('b', { ...lost(0, millis(90)), bandwidth: 50_000 }, millis(500))).toEqual({
    fractionLost: 0.2,
    roundTrip: millis(90),
    bandwidth: 50_000,
  });
  expect(reports.add('b', lost(0.01), millis(5600))).toEqual({
    fractionLost: 0.01,
    roundTrip: undefined,
    bandwidth: undefined,
  });
});
