import { expect, test } from '@jest/globals';
import { fuzzManifests } from './manifest-fuzz.js';
import { fuzzSeed } from './support/mutation.js';

const COUNT = 100_000;
const seed = fuzzSeed();

test(`${COUNT} broken manifests are refused at a place in them, and never throw (FUZZ_SEED=${seed})`, () => {
  const refused = fuzzManifests(COUNT, seed);
  expect(refused).toBeGreaterThan(COUNT / 2);
  expect(refused).toBeLessThan(COUNT);
}, 600_000);
