import { expect, test } from '@jest/globals';
import { fuzzPayloads, fuzzSeed } from './support/payload-fuzz.js';
import { formats } from './support/rtp.js';

const seed = fuzzSeed();

test.each(formats)(`no $name payload makes anything throw (seed ${seed})`, (format) => {
  expect(fuzzPayloads(format, 1000, seed)).toBeGreaterThan(0);
});
