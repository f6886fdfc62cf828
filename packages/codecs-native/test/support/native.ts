import { describe } from '@jest/globals';
import { loadNative, NotBuiltError, type NativeBinding } from '../../src/index.js';

function loadIfBuilt(): NativeBinding | undefined {
  try {
    return loadNative();
  } catch (error) {
    if (!(error instanceof NotBuiltError) || process.env['CI'] === 'true') throw error;
    process.stderr.write(`${error.message}: its tests are skipped\n`);
    return undefined;
  }
}

const loaded = loadIfBuilt();

/** Tests that need the add-on. */
export const describeNative: typeof describe.skip = loaded ? describe : describe.skip;

/** The add-on. */
export function native(): NativeBinding {
  if (!loaded) throw new Error('the add-on is not built');
  return loaded;
}
