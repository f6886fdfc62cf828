import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCompound, writeCompound } from '../../src/rtcp/index.js';
import { fuzzCompounds } from './compound-fuzz.js';
import { packets } from './compounds.js';

test('what is written is read as it was', () => {
  fc.assert(
    fc.property(packets, (some) => {
      expect(parseCompound(writeCompound(some))).toEqual({ packets: some, faults: [] });
    }),
    { numRuns: 200 },
  );
});

test('the largest estimate that can be read can be written', () => {
  const most = {
    type: 'remb',
    senderSsrc: 1,
    bitrate: (2 ** 18 - 1) * 2 ** 63,
    ssrcs: [2],
  } as const;
  expect(parseCompound(writeCompound([most]))).toEqual({ packets: [most], faults: [] });
});

test('any bytes give a result', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { packets: read, faults } = parseCompound(bytes);
      expect(read.length + faults.length).toBeLessThanOrEqual(bytes.length / 4 + 1);
    }),
    { numRuns: 500 },
  );
});

test('mutated compounds are read as far as they can be', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const outcome = fuzzCompounds(seed, 2000);
  expect({ seed, unstable: outcome.unstable }).toEqual({ seed, unstable: 0 });
  expect(outcome.readable).toBeGreaterThan(1000);
  expect(outcome.faults).toBeGreaterThan(500);
});
