import { describe } from '@jest/globals';
import { labMissing } from '../../src/index.js';

const missing = await labMissing();
if (missing !== undefined) process.stderr.write(`laboratory skipped: ${missing}\n`);

/** Tests that need a laboratory: without one they are skipped, and fail in CI. */
export const describeInLab: typeof describe.skip =
  missing === undefined || process.env['CI'] === 'true' ? describe : describe.skip;
