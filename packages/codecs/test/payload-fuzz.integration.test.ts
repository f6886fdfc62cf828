import { expect, test } from '@jest/globals';
import { fuzzPayloads, fuzzSeed } from './support/payload-fuzz.js';
import { formats } from './support/rtp.js';

const seed = fuzzSeed();

test.each(formats)(
  `none of 20,000 $name payloads makes anything throw (seed ${seed})`,
  (format) => {
    expect(fuzzPayloads(format, 20_000, seed)).toBeGreaterThan(0);
  },
);
