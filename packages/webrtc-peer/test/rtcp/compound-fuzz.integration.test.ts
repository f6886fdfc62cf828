import { expect, test } from '@jest/globals';
import { fuzzCompounds } from './compound-fuzz.js';

test('20000 mutated compounds are read as far as they can be', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const outcome = fuzzCompounds(seed, 20_000);
  expect({ seed, unstable: outcome.unstable }).toEqual({ seed, unstable: 0 });
  expect(outcome.readable).toBeGreaterThan(10_000);
  expect(outcome.faults).toBeGreaterThan(5000);
});
