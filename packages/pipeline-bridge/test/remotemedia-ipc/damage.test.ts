import { expect, test } from '@jest/globals';
import { fuzzSeed } from '../support/mutation.js';
import { fuzzMessages } from './fuzz.js';

const seed = fuzzSeed();

test(`damaged messages never throw, and what is taken can be sent on (FUZZ_SEED=${seed})`, () => {
  expect(fuzzMessages(3000, seed)).toBeGreaterThan(100);
});
