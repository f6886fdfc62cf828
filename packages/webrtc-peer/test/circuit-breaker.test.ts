import { expect, test } from '@jest/globals';
import { millis } from '@rm/rtp-sync';
import { CircuitBreaker } from '../src/connection/circuit-breaker.js';

test('five failures in a row open it for half a minute, four and a success do not', () => {
  const breaker = new CircuitBreaker();
  for (let i = 0; i < 4; i++) breaker.failed(millis(i));
  breaker.succeeded();
  for (let i = 0; i < 4; i++) breaker.failed(millis(10 + i));
  expect(breaker.state(millis(20))).toBe('closed');
  expect(breaker.earliest(millis(25))).toBe(25_000);
  breaker.failed(millis(100));
  expect(breaker.state(millis(100))).toBe('open');
  expect(breaker.earliest(millis(200))).toBe(30_100_000);
  expect(breaker.state(millis(30_099))).toBe('open');
  expect(breaker.state(millis(30_100))).toBe('half-open');
  expect(breaker.earliest(millis(40_000))).toBe(40_000_000);
});

test('half open, one failure opens it again and two successes close it', () => {
  const breaker = new CircuitBreaker({ failures: 1, openMs: 1000, successes: 2 });
  breaker.failed(millis(0));
  breaker.succeeded();
  expect(breaker.state(millis(1000))).toBe('half-open');
  breaker.failed(millis(1500));
  expect(breaker.state(millis(2499))).toBe('open');
  breaker.succeeded();
  expect(breaker.state(millis(2500))).toBe('half-open');
  breaker.succeeded();
  expect(breaker.state(millis(2500))).toBe('closed');
});

test('counts and times that make no sense are refused by name', () => {
  expect(() => new CircuitBreaker({ failures: 0 })).toThrow(/circuitBreaker\.failures/);
  expect(() => new CircuitBreaker({ successes: 1.5 })).toThrow(/circuitBreaker\.successes/);
  expect(() => new CircuitBreaker({ openMs: 0 })).toThrow(/circuitBreaker\.openMs/);
});
