import { beforeAll, describe, expect, test } from '@jest/globals';
import { isDtx, loadOpus, type OpusEngine, packetHasFec } from '../src/index.js';
import { decodeAll, DEFAULTS, encoded, ENGINES } from './support/opus.js';
import { fitSine, random, tone } from './support/signals.js';
import { speech } from './support/speech.js';

const MUTATIONS = 4000;

/** Packets of both coders and their mixture, mono and stereo, of all frame durations, with FEC and DTX. */
async function corpus(engine: OpusEngine): Promise<Uint8Array[]> {
  const pcm = speech(21, 48_000, 5760);
  const packets: Uint8Array[] = [];
  for (const application of ['voip', 'audio', 'lowdelay'] as const) {
    for (const channels of engine.capabilities.channels) {
      for (const bitrate of [12_000, 24_000, 48_000]) {
        const settings = { application, channels, bitrate, complexity: 1 };
        for (const frame of [120, 480, 960, 2880]) {
          const options = { ...settings, fec: true, expectedLoss: 0.3, dtx: true };
          packets.push(...(await encoded(engine, options, pcm, frame)));
        }
      }
    }
  }
  return packets;
}

/** A packet as an attacker would alter it. */
function mutated(packets: readonly Uint8Array[], next: () => number): Uint8Array {
  const below = (bound: number): number => Math.floor(next() * bound);
  const packet = packets[below(packets.length)]!.slice();
  switch (below(5)) {
    case 0:
      return packet.subarray(0, below(packet.length + 1));
    case 1:
      for (let i = below(8); i >= 0; i--) packet[below(packet.length)]! ^= 1 << below(8);
      return packet;
    case 2:
      return packet.map((byte, i) => (i === 0 ? byte : below(256)));
    case 3:
      packet[0] = below(256);
      return packet;
    default:
      return Uint8Array.from({ length: below(1400) }, () => below(256));
  }
}

describe.each(ENGINES)('%s', (name) => {
  let engine: OpusEngine;
  beforeAll(async () => {
    engine = await loadOpus(name);
  });

  test('survives thousands of packets made to harm it, and decodes well afterwards', async () => {
    const good = await encoded(engine, {}, tone(440, 48_000, 24_000));
    const packets = await corpus(engine);
    for (const channels of engine.capabilities.channels) {
      const decoder = await engine.createDecoder({ sampleRate: 48_000, channels });
      const next = random(11 + channels);
      const misshapen: Uint8Array[] = [];
      let refused = 0;
      for (let i = 0; i < MUTATIONS; i++) {
        const packet = mutated(packets, next);
        packetHasFec(packet);
        isDtx(packet);
        const recovered = next() < 0.3 ? decoder.decodeFec(packet, 960) : undefined;
        if (recovered && recovered.length !== 960 * channels) misshapen.push(packet);
        const pcm = decoder.decode(packet);
        if (pcm === undefined) refused++;
        else if (pcm.length % (120 * channels) !== 0 || pcm.length > 5760 * channels)
          misshapen.push(packet);
      }
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
