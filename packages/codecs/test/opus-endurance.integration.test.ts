import { expect, test } from '@jest/globals';
import { loadOpus } from '../src/index.js';
import { DEFAULTS, ENGINES } from './support/opus.js';
import { tone } from './support/signals.js';

test.each(ENGINES)(
  'a thousand encoders and decoders of %s come and go, and leave nothing',
  async (name) => {
    const engine = await loadOpus(name);
    const frame = tone(300, 48_000, 960);
    const cycle = async (): Promise<void> => {
      const encoder = await engine.createEncoder(DEFAULTS);
      const decoder = await engine.createDecoder(DEFAULTS);
      decoder.decode(encoder.encode(frame));
      decoder.decodeLost(480);
      encoder.configure({ application: 'voip' });
      decoder.decode(encoder.encode(frame));
      encoder.close();
      decoder.close();
    };
    for (let i = 0; i < 200; i++) await cycle();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 1000; i++) await cycle();
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(10);
  },
);
