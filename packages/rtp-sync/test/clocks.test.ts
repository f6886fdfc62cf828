import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ClockOffsetEstimator,
  RtpClock,
  compactNtp,
  micros,
  microsToTicks,
  millis,
  ntpFromUnix,
  ticksToMicros,
  unixFromNtp,
} from '../src/index.js';

test('the Unix epoch is NTP second 2208988800', () => {
  expect(ntpFromUnix(micros(0))).toEqual({ seconds: 2_208_988_800, fraction: 0 });
  expect(ntpFromUnix(micros(500_000))).toEqual({ seconds: 2_208_988_800, fraction: 2 ** 31 });
});

test('the fraction is binary, not decimal', () => {
  expect(ntpFromUnix(micros(250_000)).fraction).toBe(2 ** 30);
  expect(unixFromNtp({ seconds: 2_208_988_801, fraction: 3 * 2 ** 30 })).toBe(1_750_000);
});

test('compact NTP is the middle 32 bits', () => {
  expect(compactNtp({ seconds: 0xb44d_b705, fraction: 0x2000_0000 })).toBe(0xb705_2000);
});

test('wall-clock time survives NTP and back, across the 2036 era too', () => {
  const year2100 = 4_102_444_800_000_000;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: year2100 }), (unix) => {
      const ntp = ntpFromUnix(micros(unix));
      expect(ntp.seconds).toBeLessThan(2 ** 32);
      expect(ntp.fraction).toBeLessThan(2 ** 32);
      expect(unixFromNtp(ntp)).toBe(unix);
    }),
  );
});

test('ticks and microseconds convert at any clock rate', () => {
  expect(ticksToMicros(960, 48_000)).toBe(20_000);
  expect(microsToTicks(millis(20), 90_000)).toBe(1800);
  expect(microsToTicks(ticksToMicros(12_345, 48_000), 48_000)).toBe(12_345);
});

test.each([0, 2 ** 31, 2 ** 32 - 480])('RTP maps to the wall clock around report at %i', (rtp) => {
  const clock = new RtpClock(48_000);
  expect(clock.unixAt(rtp)).toBeUndefined();
  const unix = micros(1_700_000_000_000_000);
  expect(clock.update(ntpFromUnix(unix), rtp)).toBe(true);
  expect(clock.unixAt((rtp + 960) >>> 0)).toBe(unix + 20_000);
  expect(clock.unixAt((rtp - 960) >>> 0)).toBe(unix - 20_000);
});

test('a sender without a wall clock leaves the mapping as it was', () => {
  const clock = new RtpClock(48_000);
  expect(clock.update({ seconds: 0, fraction: 0 }, 5)).toBe(false);
  expect(clock.unixAt(5)).toBeUndefined();
});

test('the clock offset is within its bound for any asymmetry of the path', () => {
  const exchange = fc.record({
    out: fc.integer({ min: 0, max: 300_000 }),
    back: fc.integer({ min: 0, max: 300_000 }),
    turn: fc.integer({ min: 0, max: 5_000 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: -1e12, max: 1e12 }),
      fc.array(exchange, { minLength: 1, maxLength: 60 }),
      (offset, exchanges) => {
        const estimator = new ClockOffsetEstimator();
        let now = 0;
        for (const { out, back, turn } of exchanges) {
          estimator.add({
            sent: micros(now),
            remoteReceived: micros(now + out + offset),
            remoteSent: micros(now + out + turn + offset),
            received: micros(now + out + turn + back),
          });
          now += 1_000_000;
        }
        const estimate = estimator.estimate(micros(now))!;
        expect(Math.abs(estimate.offset - offset)).toBeLessThanOrEqual(estimate.bound);
        const last = exchanges.slice(-16).map((e) => e.out + e.back);
        expect(estimate.bound).toBeLessThanOrEqual(Math.min(...last) / 2 + 16 * 200 + 2);
      },
    ),
  );
});

test('an impossible exchange is refused', () => {
  const estimator = new ClockOffsetEstimator();
  const base = { sent: micros(100), remoteReceived: micros(0), remoteSent: micros(0) };
  expect(estimator.add({ ...base, received: micros(50) })).toBe(false);
  expect(estimator.add({ ...base, received: micros(Number.NaN) })).toBe(false);
  expect(estimator.estimate(micros(100))).toBeUndefined();
});
