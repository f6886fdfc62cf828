import { expect, test } from '@jest/globals';
import { micros, millis } from '@rm/rtp-sync';
import { Heartbeat } from '../src/connection/heartbeat.js';

const UNIX = 1_700_000_000_000_000;
const unix = (ms: number): ReturnType<typeof micros> => micros(UNIX + ms * 1000);

test('five quick pings, then one a second', () => {
  const heartbeat = new Heartbeat(millis(0));
  const pings: number[] = [];
  for (let t = 0; t <= 3500; t += 10) {
    if (heartbeat.poll(millis(t), unix(t)) === 'send-ping') pings.push(t);
  }
  expect(pings).toEqual([0, 100, 200, 300, 400, 1400, 2400, 3400]);
});

test('pongs give round trip and clock offset', () => {
  const heartbeat = new Heartbeat(millis(0));
  expect(heartbeat.offset(unix(0))).toBeUndefined();
  heartbeat.poll(millis(0), unix(0));
  // 10 ms there, 30 ms back, the other clock 5 s ahead.
  expect(heartbeat.pong(unix(0), unix(5010), unix(40))).toBe(true);
  expect(heartbeat.roundTrip).toBe(40_000);
  const { offset, bound } = heartbeat.offset(unix(40))!;
  expect(Math.abs(offset - 5_000_000)).toBeLessThanOrEqual(bound);
  expect(bound).toBeLessThanOrEqual(20_050);
});

test('a pong that answers no outstanding ping changes nothing', () => {
  const heartbeat = new Heartbeat(millis(0));
  expect(heartbeat.pong(unix(0), unix(0), unix(10))).toBe(false);
  heartbeat.poll(millis(0), unix(0));
  expect(heartbeat.pong(unix(-500), unix(0), unix(10))).toBe(false);
  expect(heartbeat.pong(unix(0), unix(5), unix(10))).toBe(true);
  expect(heartbeat.pong(unix(0), unix(900), unix(20))).toBe(false);
  expect(heartbeat.roundTrip).toBe(10_000);
});
