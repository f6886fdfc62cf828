import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Unwrapper, sequenceDelta, timestampDelta } from '../src/index.js';

const STARTS = [0, 1, 127, 128, 32_767, 32_768, 65_534, 65_535];

test.each(STARTS)('distances across the wrap are signed, starting at %i', (start) => {
  expect(sequenceDelta((start + 5) & 0xffff, start)).toBe(5);
  expect(sequenceDelta(start, (start + 5) & 0xffff)).toBe(-5);
  expect(sequenceDelta((start + 32_767) & 0xffff, start)).toBe(32_767);
  expect(sequenceDelta((start + 32_768) & 0xffff, start)).toBe(-32_768);
});

test('timestamps wrap at 2³²', () => {
  expect(timestampDelta(5, 0xffff_fffb)).toBe(10);
  expect(timestampDelta(0xffff_fffb, 5)).toBe(-10);
});

test.each([16, 32] as const)(
  'an unwrapped %i-bit counter follows any walk of small steps',
  (bits) => {
    fc.assert(
      fc.property(
        fc.nat({ max: 2 ** bits - 1 }),
        fc.array(fc.integer({ min: -100, max: 2000 }), { maxLength: 500 }),
        (start, steps) => {
          const unwrapper = new Unwrapper(bits);
          let truth = start;
          expect(unwrapper.unwrap(start)).toBe(truth);
          for (const step of steps) {
            truth += step;
            const wrapped = ((truth % 2 ** bits) + 2 ** bits) % 2 ** bits;
            expect(unwrapper.peek(wrapped)).toBe(truth);
            expect(unwrapper.unwrap(wrapped)).toBe(truth);
          }
        },
      ),
    );
  },
);

test('a reset counter starts anew', () => {
  const unwrapper = new Unwrapper(16);
  unwrapper.unwrap(65_535);
  expect(unwrapper.unwrap(0)).toBe(65_536);
  unwrapper.reset();
  expect(unwrapper.unwrap(0)).toBe(0);
});
