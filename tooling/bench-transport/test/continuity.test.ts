import { expect, test } from '@jest/globals';
import { concealedShare, interruptions } from '../src/continuity.js';

/** Counters after each tick of 480 samples, all concealed where `concealed` says so. */
function ticks(concealed: readonly boolean[]): { concealed: Float64Array; played: Float64Array } {
  let sum = 0;
  return {
    concealed: Float64Array.from(concealed, (each) => (sum += each ? 480 : 0)),
    played: Float64Array.from(concealed, (_, tick) => (tick + 1) * 480),
  };
}

const pattern = (text: string): boolean[] => Array.from(text, (sign) => sign === 'x');

test('what is concealed from a tick on is told as samples of all samples', () => {
  const share = concealedShare(ticks(pattern('xx..x...x.')), 2);
  expect(share).toEqual({ concealed: 960, played: 7 * 480 });
});

test('150 ms concealed in a row are an interruption, also at the end; less is none', () => {
  const long = 'x'.repeat(15);
  const short = 'x'.repeat(14);
  expect(interruptions(ticks(pattern(`..${short}.${long}..${long}x`)), 0, 150)).toBe(2);
  expect(interruptions(ticks(pattern(`..${short}.${short}.`)), 0, 150)).toBe(0);
  expect(interruptions(ticks(pattern(`..${long}..`)), 6, 150)).toBe(0);
});
