import { expect, test } from '@jest/globals';
import { milliseconds } from '@rm/signaling-protocol';
import { AddressLimits } from '../src/address-limits.js';

const ms = milliseconds;

test('an address has as many connections as it may, and others are not concerned', () => {
  const limits = new AddressLimits(2, 1);
  expect([1, 2, 3].map(() => limits.enter('a', ms(0)))).toEqual([true, true, false]);
  expect(limits.enter('b', ms(0))).toBe(true);
  limits.leave('a');
  expect(limits.enter('a', ms(0))).toBe(true);
});

test('ten seconds of messages may come at once; then the wait is as long as the rate says', () => {
  const limits = new AddressLimits(1, 5);
  limits.enter('a', ms(0));
  const waits = Array.from({ length: 52 }, () => limits.spend('a', ms(0)));
  expect(waits.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 0));
  expect(waits.slice(50)).toEqual([200, 400]);
  expect(limits.spend('a', ms(400))).toBe(200);
  expect(limits.spend('a', ms(1_000))).toBe(0);
});

test('leaving and coming back gains nothing; who is long gone is forgotten', () => {
  const limits = new AddressLimits(1, 5);
  limits.enter('a', ms(0));
  for (let n = 0; n < 50; n++) limits.spend('a', ms(0));
  limits.leave('a');
  limits.sweep(ms(5_000));
  expect(limits.size).toBe(1);
  limits.enter('a', ms(0));
  expect(limits.spend('a', ms(0))).toBeGreaterThan(0);
  limits.leave('a');
  limits.sweep(ms(20_000));
  expect(limits.size).toBe(0);
});
