import { expect, test } from '@jest/globals';
import { fuzzCaptures } from './support/fuzz.js';

// 20,000 files: `fuzz.integration.test.ts`.
test('hundreds of damaged files are read as far as they go, or refused in one line', () => {
  expect.hasAssertions();
  fuzzCaptures(600, 1);
});
