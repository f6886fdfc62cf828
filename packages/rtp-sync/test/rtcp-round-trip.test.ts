import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ClockOffsetEstimator,
  compactNtp,
  micros,
  ntpFromUnix,
  reportExchange,
  reportRoundTrip,
  unixFromNtp,
} from '../src/index.js';

const NOON = 1_700_000_000_000_000;

test('the worked example of RFC 3550 figure 2 comes out', () => {
  // A = b710:8000, DLSR = 0005:4000, LSR = b705:2000: a round trip of 6.125 s.
  const arrival = unixFromNtp({ seconds: 0xb44d_b710, fraction: 0x8000_0000 });
  const block = { lastSenderReport: 0xb705_2000, delaySinceLastSenderReport: 0x0005_4000 };
  expect(reportRoundTrip(block, arrival)).toBe(6_125_000);
});

test('the round trip survives the wrap of compact NTP', () => {
  const arrival = unixFromNtp({ seconds: 0xb44e_0000, fraction: 0x4000_0000 });
  const block = { lastSenderReport: 0xffff_c000, delaySinceLastSenderReport: 0 };
  expect(reportRoundTrip(block, arrival)).toBe(500_000);
});

test.each([
  ['no report of ours arrived there', 0, 0],
  ['the delay is longer than the report is old', compactNtp(ntpFromUnix(micros(NOON))), 700_000],
  ['LSR is no 32-bit number', 2 ** 32 + 5, 0],
  ['DLSR is no 32-bit number', 5, -1],
])('no round trip when %s', (_, lastSenderReport, delaySinceLastSenderReport) => {
  const arrival = micros(NOON + 10_000_000);
  const block = { lastSenderReport, delaySinceLastSenderReport };
  expect(reportRoundTrip(block, arrival)).toBeUndefined();
  expect(reportExchange(ntpFromUnix(arrival), block, arrival)).toBeUndefined();
});

test('a report without a wall clock gives no exchange', () => {
  const block = {
    lastSenderReport: compactNtp(ntpFromUnix(micros(NOON))),
    delaySinceLastSenderReport: 0,
  };
  const none = { seconds: 0, fraction: 0 };
  expect(reportExchange(none, block, micros(NOON + 1000))).toBeUndefined();
});

test('the offset from reports is within its bound, and pings narrow it', () => {
  const delay = fc.integer({ min: 0, max: 200_000 });
  fc.assert(
    fc.property(
      delay,
      delay,
      fc.integer({ min: 0, max: 5_000_000 }),
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.integer({ min: -5000, max: 5000 }),
      (out, back, hold, offset, stamp) => {
        const arrival = micros(NOON + out + hold + back);
        const block = {
          lastSenderReport: compactNtp(ntpFromUnix(micros(NOON))),
          delaySinceLastSenderReport: Math.floor((hold * 65_536) / 1e6),
        };
        const remote = ntpFromUnix(micros(NOON + out + hold + offset + stamp));
        const estimator = new ClockOffsetEstimator();
        const exchange = reportExchange(remote, block, arrival)!;
        expect(estimator.add(exchange)).toBe(true);
        const before = estimator.estimate(arrival)!;
        expect(Math.abs(before.offset - offset)).toBeLessThanOrEqual(before.bound);
        expect(before.bound).toBeLessThanOrEqual((out + back) / 2 + 5000 + 5100 + 40);
        estimator.add({
          sent: arrival,
          remoteReceived: micros(arrival + 1000 + offset),
          remoteSent: micros(arrival + 1000 + offset),
          received: micros(arrival + 2000),
        });
        const after = estimator.estimate(micros(arrival + 2000))!;
        expect(Math.abs(after.offset - offset)).toBeLessThanOrEqual(after.bound);
        expect(after.bound).toBeLessThanOrEqual(1010);
      },
    ),
  );
});
