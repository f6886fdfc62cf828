import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
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
