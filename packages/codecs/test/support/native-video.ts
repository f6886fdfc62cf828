import { describe } from '@jest/globals';
import { loadVideoCodecs, type VideoCodecs } from '../../src/index.js';

/** The codecs of this machine. */
export const codecs: VideoCodecs = await loadVideoCodecs();
if (codecs.missing !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(codecs.missing);
  process.stderr.write(`${codecs.missing}: tests of native video are skipped\n`);
}

/** Tests that need the add-on. */
export const describeNative: typeof describe.skip =
  codecs.missing === undefined ? describe : describe.skip;
