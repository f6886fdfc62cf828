import { expect, test } from '@jest/globals';
import { fuzzDescriptions } from './description-fuzz.js';

test('20,000 damaged descriptions are refused or answered, never thrown at', () => {
  expect(fuzzDescriptions(20_000)).toBeGreaterThan(4000);
}, 60_000);
