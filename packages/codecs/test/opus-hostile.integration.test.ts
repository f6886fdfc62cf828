import { beforeAll, describe, expect, test } from '@jest/globals';
import { loadOpus, type OpusEngine } from '../src/index.js';
import { withstand } from './support/hostile-packets.js';
import { decodeAll, DEFAULTS, encoded, ENGINES } from './support/opus.js';
import { fitSine, tone } from './support/signals.js';

const MUTATIONS = 500;

describe.each(ENGINES)('%s', (name) => {
  let engine: OpusEngine;
  beforeAll(async () => {
    engine = await loadOpus(name);
  });

  test('survives packets made to harm it, and decodes well afterwards', async () => {
    const good = await encoded(engine, {}, tone(440, 48_000, 24_000));
    for (const channels of engine.capabilities.channels) {
      const decoder = await engine.createDecoder({ sampleRate: 48_000, channels });
      const { refused, misshapen } = await withstand(engine, decoder, MUTATIONS);
      expect(misshapen).toEqual([]);
      expect(refused).toBeGreaterThan(MUTATIONS / 10);
      const heard = decodeAll(decoder, good).filter((_, i) => i % channels === 0);
      expect(fitSine(heard.subarray(12_000), 440, 48_000).snr).toBeGreaterThan(20);
      decoder.close();
    }
  });

  test('refuses what is no packet at all', async () => {
    const decoder = await engine.createDecoder(DEFAULTS);
    expect(decoder.decode(new Uint8Array(0))).toBeUndefined();
    expect(decoder.decode(Uint8Array.of(3))).toBeUndefined();
    // Frames of 60 ms, three of them: longer than Opus allows.
    expect(decoder.decode(Uint8Array.of(0x1b, 3, 0, 0, 0))).toBeUndefined();
    expect(decoder.decode(new Uint8Array(70_000).fill(0xf8))).toBeUndefined();
    decoder.close();
  });

  test('encodes whatever the samples are', async () => {
    for (const application of ['voip', 'audio', 'lowdelay'] as const) {
      const encoder = await engine.createEncoder({ ...DEFAULTS, application });
      const decoder = await engine.createDecoder(DEFAULTS);
      for (const value of [NaN, Infinity, -Infinity, 1e30, 1e-40]) {
        const pcm = decoder.decode(encoder.encode(new Float32Array(960).fill(value)));
        expect(pcm?.length).toBe(960);
      }
      encoder.close();
      decoder.close();
    }
  });
});
