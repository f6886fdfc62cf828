import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  isDtx,
  loadOpus,
  type OpusBandwidth,
  type OpusEncoderSettings,
  type OpusEngine,
  type OpusMode,
  packetHasFec,
  parseToc,
} from '../src/index.js';
import { DEFAULTS, encodeAll, encoded, ENGINES, rateOf, roundTrip } from './support/opus.js';
import { concat, interleave, noise, rms, tone } from './support/signals.js';
import { speech } from './support/speech.js';

const spoken = speech(11, 48_000, 48_000);

/** Modes and bandwidths that occur in packets, as `mode bandwidth`. */
function coded(packets: readonly Uint8Array[]): string[] {
  const found = new Set<`${OpusMode} ${OpusBandwidth}`>();
  for (const packet of packets) {
    const toc = parseToc(packet);
    if (toc.ok) found.add(`${toc.value.mode} ${toc.value.bandwidth}`);
  }
  return [...found];
}

const withFec = (packets: readonly Uint8Array[]): number =>
  packets.filter(packetHasFec).length / packets.length;

describe.each(ENGINES)('encoder settings of %s', (name) => {
  let engine: OpusEngine;
  beforeAll(async () => {
    engine = await loadOpus(name);
  });

  /** Packets of speech after a change, from an encoder that has been running for 200 ms. */
  async function afterChange(
    from: Partial<OpusEncoderSettings>,
    change: Partial<OpusEncoderSettings>,
    pcm = spoken,
  ): Promise<Uint8Array[]> {
    const encoder = await engine.createEncoder({ ...DEFAULTS, ...from });
    encodeAll(encoder, spoken.subarray(0, 9600));
    encoder.configure(change);
    const packets = encodeAll(encoder, pcm);
    encoder.close();
    return packets;
  }

  test('bitrate is what packets take, whichever way it is set', async () => {
    const pcm = noise(5, 24_000, 0.2);
    for (const bitrate of [16_000, 32_000, 64_000, 128_000]) {
      for (const packets of [
        await encoded(engine, { bitrate }, pcm),
        await afterChange({ bitrate: 510_000 }, { bitrate }, pcm),
      ]) {
        expect(rateOf(packets.slice(5)) / bitrate).toBeGreaterThan(0.85);
        expect(rateOf(packets.slice(5)) / bitrate).toBeLessThan(1.08);
      }
    }
  });

  test('complexity changes what is coded, from the next frame on', async () => {
    const pcm = spoken.subarray(0, 9600);
    const low = (await encoded(engine, { complexity: 0 }, pcm)).join();
    const late = await engine.createEncoder({ ...DEFAULTS, complexity: 10 });
    late.configure({ complexity: 0 });
    expect(encodeAll(late, pcm).join()).toBe(low);
    late.close();
    expect((await encoded(engine, { complexity: 10 }, pcm)).join()).not.toBe(low);
  });

  test('maxBandwidth is the widest that occurs, and is reached', async () => {
    const applications = [
      ['voip', ['silk', 'silk', 'silk', 'hybrid', 'hybrid']],
      ['lowdelay', ['celt', 'celt', 'celt', 'celt', 'celt']],
    ] as const;
    const bandwidths = [
      'narrowband',
      'mediumband',
      'wideband',
      'superwideband',
      'fullband',
    ] as const;
    for (const [application, modes] of applications) {
      for (const [i, maxBandwidth] of bandwidths.entries()) {
        const mode = modes[i]!;
        // The transform coder has no mediumband (RFC 6716 table 2).
        const widest = mode === 'celt' && maxBandwidth === 'mediumband' ? 'wideband' : maxBandwidth;
        const expected = [`${mode} ${widest}`];
        const options = { application, bitrate: 48_000 };
        expect(coded(await encoded(engine, { ...options, maxBandwidth }, spoken))).toEqual(
          expected,
        );
        // The speech coder goes below wideband over seconds only, so that it is not heard.
        if (mode === 'silk' && maxBandwidth !== 'wideband') continue;
        expect(coded((await afterChange(options, { maxBandwidth })).slice(1))).toEqual(expected);
      }
    }
  });

  test.each(['voip', 'audio'] as const)('fec puts redundancy into packets of %s', async (app) => {
    const application = app;
    for (const maxBandwidth of ['wideband', 'fullband'] as const) {
      const options = { application, maxBandwidth, bitrate: 32_000, expectedLoss: 0.2 };
      expect(withFec(await encoded(engine, { ...options, fec: true }, spoken))).toBeGreaterThan(
        0.7,
      );
      expect(withFec(await encoded(engine, { ...options, fec: false }, spoken))).toBe(0);
      expect(withFec(await afterChange(options, { fec: true }))).toBeGreaterThan(0.7);
      expect(withFec((await afterChange({ ...options, fec: true }, { fec: false })).slice(1))).toBe(
        0,
      );
    }
  });

  test('without expected loss there is no redundancy, and it comes with it', async () => {
    const options = { application: 'voip', bitrate: 32_000, fec: true } as const;
    expect(withFec(await encoded(engine, options, spoken))).toBe(0);
    const expecting = { ...options, expectedLoss: 0.2 };
    expect(withFec(await encoded(engine, expecting, spoken))).toBeGreaterThan(0.7);
    expect(withFec(await afterChange(options, { expectedLoss: 0.2 }))).toBeGreaterThan(0.7);
    expect(withFec((await afterChange(expecting, { expectedLoss: 0 })).slice(1))).toBe(0);
  });

  test('redundancy is part of the bitrate, not added to it', async () => {
    const options = { application: 'voip', bitrate: 24_000, expectedLoss: 0.2 } as const;
    const plain = rateOf(await encoded(engine, { ...options, fec: false }, spoken));
    const fec = rateOf(await encoded(engine, { ...options, fec: true }, spoken));
    expect(fec / plain).toBeLessThan(1.1);
  });

  test.each(['voip', 'audio', 'lowdelay'] as const)(
    'dtx spends next to nothing on silence in %s',
    async (application) => {
      // libopus tells silence from background in the speech coder, or by its analysis from complexity 7 on.
      const complexity = application === 'voip' ? 5 : 7;
      const pcm = new Float32Array(96_000);
      pcm.set(spoken.subarray(0, 24_000));
      const options = { application, complexity, bitrate: 32_000 };
      const packets = await encoded(engine, { ...options, dtx: true }, pcm);
      const silent = packets.slice(60);
      expect(silent.filter(isDtx).length / silent.length).toBeGreaterThan(0.75);
      expect(rateOf(silent)).toBeLessThan(3_000);
      expect(packets.slice(0, 25).filter(isDtx).length).toBe(0);
      expect((await encoded(engine, options, pcm)).filter(isDtx).length).toBe(0);
      const later = await afterChange(options, { dtx: true }, pcm);
      expect(later.slice(60).filter(isDtx).length).toBeGreaterThan(20);
      const decoder = await engine.createDecoder(DEFAULTS);
      const heard = concat(packets.map((packet) => decoder.decode(packet)!));
      decoder.close();
      expect(heard.length).toBe(pcm.length);
      expect(rms(heard.subarray(72_000))).toBeLessThan(1e-3);
    },
  );

  test('voip, audio and lowdelay are coded differently', async () => {
    const pcm = noise(3, 9600, 0.2);
    const bytes = new Set<string>();
    for (const application of ['voip', 'audio', 'lowdelay'] as const) {
      bytes.add((await encoded(engine, { application, bitrate: 16_000 }, pcm)).join());
    }
    expect(bytes.size).toBe(3);
  });

  test('the application can be changed in mid-stream, and the stream goes on', async () => {
    const pcm = tone(300, 48_000, 57_600);
    const encoder = await engine.createEncoder({ ...DEFAULTS, application: 'voip' });
    const decoder = await engine.createDecoder(DEFAULTS);
    const heard: Float32Array[] = [];
    const modes: string[][] = [];
    const applications = ['voip', 'audio', 'lowdelay', 'audio', 'voip'] as const;
    for (const [i, application] of applications.entries()) {
      encoder.configure({ application });
      expect(encoder.lookahead).toBe(application === 'lowdelay' ? 120 : 312);
      const packets = encodeAll(encoder, pcm.subarray(i * 11_520, (i + 1) * 11_520));
      modes.push(coded(packets));
      heard.push(...packets.map((packet) => decoder.decode(packet)!));
    }
    expect(modes).toEqual([
      ['hybrid fullband'],
      ['celt fullband'],
      ['celt fullband'],
      ['celt fullband'],
      ['hybrid fullband'],
    ]);
    // A frame may begin late, but none is louder than what came in.
    const levels = heard.slice(2).map(rms);
    expect(Math.max(...levels)).toBeLessThan(0.37);
    expect(Math.min(...levels)).toBeGreaterThan(0.29);
    encoder.close();
    decoder.close();
  });

  test('settings not named in configure stay as they are', async () => {
    const options = { application: 'voip', bitrate: 32_000, fec: true, expectedLoss: 0.2 } as const;
    for (const change of [{}, { complexity: 2 }, { application: 'audio' }] as const) {
      const packets = (await afterChange(options, change)).slice(5);
      expect(withFec(packets)).toBeGreaterThan(0.7);
      expect(rateOf(packets)).toBeLessThan(36_000);
    }
  });

  test('packets tell their duration on the 48 kHz clock, whatever the sample rate', async () => {
    const { sampleRates, channels: counts, frameDurations } = engine.capabilities;
    for (const sampleRate of sampleRates) {
      for (const channels of counts) {
        for (const duration of frameDurations) {
          const frame = (duration * sampleRate) / 1e6;
          const mono = tone(400, sampleRate, frame * 3);
          const pcm = channels === 2 ? interleave(mono, mono) : mono;
          const { packets } = await roundTrip(
            engine,
            { ...DEFAULTS, sampleRate, channels },
            pcm,
            frame,
          );
          const ticks = packets.map((packet) => {
            const toc = parseToc(packet);
            return toc.ok ? toc.value.samples : 0;
          });
          expect(ticks).toEqual(Array.from({ length: 3 }, () => (duration * 48) / 1000));
        }
      }
    }
  });
});
