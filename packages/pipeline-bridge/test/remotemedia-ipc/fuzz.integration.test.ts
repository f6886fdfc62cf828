import { expect, test } from '@jest/globals';
import { fuzzSeed } from '../support/mutation.js';
import { fuzzMessages } from './fuzz.js';

const COUNT = 100_000;
const seed = fuzzSeed();

test(`${COUNT} broken messages are refused or taken, and never throw (FUZZ_SEED=${seed})`, () => {
  // Were most refused at the first byte, nothing would be tested.
  expect(fuzzMessages(COUNT, seed)).toBeGreaterThan(COUNT / 5);
}, 300_000);
