import { describe } from '@jest/globals';
import { Lab, LabUnavailableError } from '../../src/index.js';

/** Why there can be no laboratory here; undefined where there can. */
const missing = await Lab.start().then(
  async (lab) => {
    await lab.close();
    return undefined;
  },
  (error: unknown) => {
    if (error instanceof LabUnavailableError) return error.message;
    throw error;
  },
);
if (missing !== undefined) process.stderr.write(`laboratory skipped: ${missing}\n`);

/** Tests that need a laboratory: without one they are skipped, and fail in CI. */
export const describeInLab: typeof describe.skip =
  missing === undefined || process.env['CI'] === 'true' ? describe : describe.skip;
