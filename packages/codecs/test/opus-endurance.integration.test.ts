import { expect, test } from '@jest/globals';
import { loadOpus } from '../src/index.js';
import { withstand } from './support/hostile-packets.js';
import { decodeAll, DEFAULTS, encoded, ENGINES } from './support/opus.js';
import { fitSine, tone } from './support/signals.js';
import { watchWasmMemories } from './support/wasm-memories.js';

const memories = watchWasmMemories();
/** Bytes of all WebAssembly memory, which grows when it runs out, and never shrinks. */
const held = (): number => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);

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
    const before = held();
    for (let i = 0; i < 1000; i++) await cycle();
    expect(held()).toBe(before);
  },
);

test.each(ENGINES)('4,000 packets made to harm a decoder of %s leave it well', async (name) => {
  const engine = await loadOpus(name);
  for (const channels of engine.capabilities.channels) {
    const decoder = await engine.createDecoder({ sampleRate: 48_000, channels });
    const { refused, misshapen } = await withstand(engine, decoder, 4000);
    expect(misshapen).toEqual([]);
    expect(refused).toBeGreaterThan(400);
    const good = await encoded(engine, {}, tone(440, 48_000, 24_000));
    const heard = decodeAll(decoder, good).filter((_, i) => i % channels === 0);
    expect(fitSine(heard.subarray(12_000), 440, 48_000).snr).toBeGreaterThan(20);
    decoder.close();
  }
});
