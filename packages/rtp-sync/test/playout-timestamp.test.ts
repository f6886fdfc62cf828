import { expect, test } from '@jest/globals';
import { RtpClock, estimatedPlayoutTimestamp, micros, ntpFromUnix } from '../src/index.js';

test('the playout timestamp is the sender’s NTP time in milliseconds', () => {
  const clock = new RtpClock(48_000);
  expect(estimatedPlayoutTimestamp(clock, 0)).toBeUndefined();
  clock.update(ntpFromUnix(micros(1_700_000_000_000_000)), 48_000);
  expect(estimatedPlayoutTimestamp(clock, 52_800)).toBe(
    2_208_988_800_000 + 1_700_000_000_000 + 100,
  );
});
