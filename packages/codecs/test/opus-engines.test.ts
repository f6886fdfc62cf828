import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  loadOpus,
  type OpusDecoder,
  type OpusEncoder,
  type OpusEngine,
  type OpusEngineName,
} from '../src/index.js';
import { decodeAll, DEFAULTS, encodeAll, ENGINES, roundTrip } from './support/opus.js';
import {
  channelOf,
  concat,
  fitSine,
  interleave,
  noise,
  rms,
  roughness,
  snr,
  tone,
} from './support/signals.js';

describe.each(ENGINES)('%s', (name) => {
  let engine: OpusEngine;
  beforeAll(async () => {
    engine = await loadOpus(name);
  });

  test('is loaded once and bears its name', async () => {
    expect(await loadOpus(name)).toBe(engine);
    expect(engine.name).toBe(name);
  });

  test('carries a sine at every declared rate, channel count and frame duration', async () => {
    const { sampleRates, channels: counts, frameDurations } = engine.capabilities;
    for (const sampleRate of sampleRates) {
      for (const channels of counts) {
        for (const duration of frameDurations) {
          const one = tone(1000, sampleRate, sampleRate * 0.24);
          const pcm = channels === 2 ? interleave(one, tone(500, sampleRate, one.length)) : one;
          const options = { ...DEFAULTS, sampleRate, channels, bitrate: 96_000 * channels };
          const frame = (duration * sampleRate) / 1e6;
          const { heard } = await roundTrip(engine, options, pcm, frame);
          expect(heard.length).toBe(pcm.length);
          for (let channel = 0; channel < channels; channel++) {
            const settled = channelOf(heard, channel, channels).subarray(sampleRate / 10);
            const fit = fitSine(settled, channel === 0 ? 1000 : 500, sampleRate);
            const at = `${sampleRate} Hz, channel ${channel} of ${channels}, ${duration} µs`;
            expect({ at, ok: fit.snr > 20 }).toEqual({ at, ok: true });
            expect({ at, ok: Math.abs(fit.amplitude - 0.5) < 0.03 }).toEqual({ at, ok: true });
          }
        }
      }
    }
  });

  test.each(['audio', 'lowdelay'] as const)(
    'states for %s by how much the decoded signal lags',
    async (application) => {
      const pcm = noise(7, 12_480, 0.3).map((x, i, all) => x + 2 * (all[i - 1] ?? 0));
      const options = { ...DEFAULTS, application, bitrate: 256_000 };
      const { heard, lookahead } = await roundTrip(engine, options, pcm, 960);
      expect(lookahead).toBe(application === 'audio' ? 312 : 120);
      const match = (lag: number): number =>
        pcm.subarray(4800, 9600).reduce((sum, x, i) => sum + x * heard[4800 + i + lag]!, 0);
      const lags = Array.from({ length: 400 }, (_, lag) => lag);
      expect(lags.reduce((best, lag) => (match(lag) > match(best) ? lag : best))).toBe(lookahead);
    },
  );

  test('a lost frame of a tone is continued in pitch, phase and level, then fades', async () => {
    const pcm = tone(200, 48_000, 48_000);
    const encoder = await engine.createEncoder(DEFAULTS);
    const decoder = await engine.createDecoder(DEFAULTS);
    const packets = encodeAll(encoder, pcm, 960);
    const before = decodeAll(decoder, packets.slice(0, 20));
    const lost = decoder.decodeLost(480);
    const after = decodeAll(decoder, packets.slice(21));
    const from = before.length - encoder.lookahead;
    expect(snr(pcm.subarray(from, from + 480), lost)).toBeGreaterThan(12);
    expect(after.length).toBe(960 * (packets.length - 21));
    decoder.decodeLost(4800);
    expect(rms(decoder.decodeLost(9600).subarray(4800))).toBeLessThan(0.05);
    encoder.close();
    decoder.close();
  });

  test.each([480, 960])(
    'reception after a lost frame of %i starts without a click',
    async (frame) => {
      const pcm = tone(275, 48_000, 48_000);
      const encoder = await engine.createEncoder({ ...DEFAULTS, application: 'lowdelay' });
      const decoder = await engine.createDecoder(DEFAULTS);
      const packets = encodeAll(encoder, pcm, frame);
      const heard = packets.map((packet, i) =>
        i % 10 === 9 ? decoder.decodeLost(frame) : decoder.decode(packet)!,
      );
      expect(roughness(concat(heard).subarray(4800))).toBeLessThan(0.02);
      encoder.close();
      decoder.close();
    },
  );

  test('what one loss left unused is not heard in the next', async () => {
    const encoder = await engine.createEncoder(DEFAULTS);
    const packets = encodeAll(encoder, tone(300, 48_000, 19_200), 960);
    const secondLoss = async (first: number): Promise<Float32Array> => {
      const decoder = await engine.createDecoder(DEFAULTS);
      decodeAll(decoder, packets.slice(0, 10));
      decoder.decodeLost(first);
      decodeAll(decoder, packets.slice(11));
      const lost = decoder.decodeLost(960);
      decoder.close();
      return lost;
    };
    expect(snr(await secondLoss(960), await secondLoss(100))).toBeGreaterThan(20);
    encoder.close();
  });

  test('padding is skipped, up to packets of 64 KiB', async () => {
    const encoder = await engine.createEncoder(DEFAULTS);
    const decoder = await engine.createDecoder(DEFAULTS);
    const [packet] = encodeAll(encoder, tone(300, 48_000, 960), 960);
    // Code 3 with one frame and 254 bytes of padding for each length byte of 255 (RFC 6716 §3.2.5).
    const padded = (lengthBytes: number): Uint8Array => {
      const head = [packet![0]! | 3, 0x41, ...Array.from({ length: lengthBytes }, () => 255), 0];
      const padding = new Uint8Array(lengthBytes * 254);
      return Uint8Array.from([...head, ...packet!.subarray(1), ...padding]);
    };
    expect(decoder.decode(padded(200))?.length).toBe(960);
    expect(decoder.decode(padded(260))).toBeUndefined();
    encoder.close();
    decoder.close();
  });

  test('concealment has exactly the length asked for, and short pieces join up', async () => {
    const encoder = await engine.createEncoder(DEFAULTS);
    const packets = encodeAll(encoder, tone(300, 48_000, 9600), 960);
    const concealed = async (lengths: number[]): Promise<Float32Array> => {
      const decoder = await engine.createDecoder(DEFAULTS);
      for (const packet of packets) decoder.decode(packet);
      const parts = lengths.map((length) => decoder.decodeLost(length));
      expect(parts.map((part) => part.length)).toEqual(lengths);
      decoder.close();
      return concat(parts);
    };
    const whole = await concealed([1920]);
    for (const lengths of [
      [1, 1919],
      [441, 519, 441, 519],
      [100, 100, 700, 1020],
      [480, 480, 480, 480],
    ]) {
      expect(snr(whole, await concealed(lengths))).toBe(Infinity);
    }
    expect((await concealed([1, 48_000, 37])).length).toBe(48_038);
    encoder.close();
  });

  test('concealment before the first packet is silence', async () => {
    const decoder = await engine.createDecoder(DEFAULTS);
    expect(rms(decoder.decodeLost(960))).toBe(0);
    decoder.close();
  });

  test('a packet of 120 ms in several frames is decoded whole', async () => {
    const encoder = await engine.createEncoder(DEFAULTS);
    const decoder = await engine.createDecoder(DEFAULTS);
    const packets = encodeAll(encoder, tone(400, 48_000, 5760 * 5), 960);
    let last: Float32Array = new Float32Array(0);
    for (let at = 0; at + 6 <= packets.length; at += 6) {
      // Code 3, variable bitrate, six frames (RFC 6716 §3.2.5): lengths up to 251 take one byte.
      const frames = packets.slice(at, at + 6).map((packet) => packet.subarray(1));
      const sizes = frames.slice(0, 5).map((frame) => [...sizeBytes(frame.length)]);
      const head = [packets[at]![0]! | 3, 0x80 | 6, ...sizes.flat()];
      const pcm = decoder.decode(Uint8Array.from([...head, ...frames.flatMap((f) => [...f])]))!;
      expect(pcm.length).toBe(5760);
      last = pcm;
    }
    expect(fitSine(last, 400, 48_000).snr).toBeGreaterThan(20);
    encoder.close();
    decoder.close();
  });

  test('many instances side by side give the very samples each gives alone', async () => {
    const stereo = engine.capabilities.channels.includes(2);
    const count = stereo ? 60 : engine.capabilities.maxInstances / 2;
    const channels = stereo ? 2 : 1;
    const options = { ...DEFAULTS, channels, complexity: 0 };
    const frames = 3;
    const signal = (i: number): Float32Array => {
      const left = tone(200 + 20 * i, 48_000, 960 * frames);
      return stereo ? interleave(left, noise(i, left.length, 0.3)) : left;
    };
    const alone: Float32Array[] = [];
    for (let i = 0; i < count; i++) {
      alone.push((await roundTrip(engine, options, signal(i), 960)).heard);
    }
    const encoders: OpusEncoder[] = [];
    const decoders: OpusDecoder[] = [];
    for (let i = 0; i < count; i++) {
      encoders.push(await engine.createEncoder(options));
      decoders.push(await engine.createDecoder(options));
    }
    const heard: Float32Array[][] = encoders.map(() => []);
    const size = 960 * channels;
    for (let frame = 0; frame < frames; frame++) {
      encoders.forEach((encoder, i) => {
        const pcm = signal(i).subarray(frame * size, (frame + 1) * size);
        heard[i]!.push(decoders[i]!.decode(encoder.encode(pcm))!);
      });
    }
    const wrong = heard.filter((parts, i) => snr(alone[i]!, concat(parts)) !== Infinity).length;
    for (const instance of [...encoders, ...decoders]) instance.close();
    expect(wrong).toBe(0);
  });

  test('closing twice does nothing, and using what is closed throws CLOSED', async () => {
    const encoder = await engine.createEncoder(DEFAULTS);
    const decoder = await engine.createDecoder(DEFAULTS);
    for (const instance of [encoder, decoder, encoder, decoder]) instance.close();
    const closed = expect.objectContaining({ name: 'ClosedError', code: 'CLOSED' });
    expect(() => encoder.encode(new Float32Array(960))).toThrow(closed);
    expect(() => encoder.configure({ bitrate: 32_000 })).toThrow(closed);
    expect(() => decoder.decode(Uint8Array.of(0xf8))).toThrow(closed);
    expect(() => decoder.decodeLost(960)).toThrow(closed);
    expect(() => decoder.decodeFec(Uint8Array.of(0xf8), 960)).toThrow(closed);
  });

  test('misuse throws BAD_ARGUMENT and leaves the instance usable', async () => {
    const bad = expect.objectContaining({ name: 'ArgumentError', code: 'BAD_ARGUMENT' });
    const encoder = await engine.createEncoder(DEFAULTS);
    const decoder = await engine.createDecoder(DEFAULTS);
    for (const length of [0, 1, 959, 961, 1440, 5760]) {
      expect(() => encoder.encode(new Float32Array(length))).toThrow(bad);
    }
    for (const settings of [
      { bitrate: 5999 },
      { bitrate: 510_001 },
      { bitrate: NaN },
      { complexity: -1 },
      { complexity: 11 },
      { complexity: 2.5 },
      { expectedLoss: -0.01 },
      { expectedLoss: 1.01 },
      { expectedLoss: NaN },
      { maxBandwidth: 'toString' as 'wideband' },
      { application: 'music' as 'audio' },
    ]) {
      expect(() => encoder.configure(settings)).toThrow(bad);
      await expect(engine.createEncoder({ ...DEFAULTS, ...settings })).rejects.toEqual(bad);
    }
    for (const samples of [0, -1, 0.5, 48_001, NaN]) {
      expect(() => decoder.decodeLost(samples)).toThrow(bad);
      expect(() => decoder.decodeFec(Uint8Array.of(0xf8), samples)).toThrow(bad);
    }
    expect(rms(decoder.decode(encoder.encode(new Float32Array(960)))!)).toBeLessThan(1e-6);
    encoder.close();
    decoder.close();
  });

  test('formats beyond the capabilities are refused with UNSUPPORTED', async () => {
    const unsupported = expect.objectContaining({ name: 'UnsupportedError', code: 'UNSUPPORTED' });
    for (const format of [{ sampleRate: 44_100 }, { channels: 3 }, { channels: 0 }]) {
      await expect(engine.createEncoder({ ...DEFAULTS, ...format })).rejects.toEqual(unsupported);
      await expect(engine.createDecoder({ ...DEFAULTS, ...format })).rejects.toEqual(unsupported);
    }
  });
});

/** A frame's length as RFC 6716 §3.2.1 codes it. */
function sizeBytes(length: number): number[] {
  if (length < 252) return [length];
  const first = 252 + (length & 3);
  return [first, (length - first) >> 2];
}

describe('the limits of opusscript', () => {
  const unsupported = expect.objectContaining({ name: 'UnsupportedError', code: 'UNSUPPORTED' });

  test('stereo is refused, and the error says what to do', async () => {
    const engine = await loadOpus('opusscript');
    await expect(engine.createEncoder({ ...DEFAULTS, channels: 2 })).rejects.toThrow(
      /mix down or load another engine/,
    );
    await expect(engine.createDecoder({ sampleRate: 48_000, channels: 2 })).rejects.toEqual(
      unsupported,
    );
  });

  test('the instance after the last is refused until one is closed', async () => {
    const engine = await loadOpus('opusscript');
    const open: OpusDecoder[] = [];
    for (let i = 0; i < engine.capabilities.maxInstances; i++) {
      open.push(await engine.createDecoder(DEFAULTS));
    }
    await expect(engine.createEncoder(DEFAULTS)).rejects.toEqual(unsupported);
    open.pop()!.close();
    const encoder = await engine.createEncoder(DEFAULTS);
    await expect(engine.createDecoder(DEFAULTS)).rejects.toEqual(unsupported);
    for (const instance of [encoder, ...open]) instance.close();
  });

  test('16-bit conversion saturates instead of wrapping round', async () => {
    const engine = await loadOpus('opusscript');
    const loud = tone(300, 48_000, 9600, 1.5);
    const { heard, lookahead } = await roundTrip(engine, DEFAULTS, loud, 960);
    const clipped = loud.map((x) => Math.max(-1, Math.min(1, x)));
    const end = heard.length - lookahead;
    expect(snr(clipped.subarray(4800, end), heard.subarray(4800 + lookahead))).toBeGreaterThan(15);
  });
});

test('stereo packets are decoded to mono and mono packets to stereo', async () => {
  const engine = await loadOpus();
  const mono = tone(500, 48_000, 19_200);
  const pairs: [number, number][] = [
    [1, 2],
    [2, 1],
  ];
  for (const [from, to] of pairs) {
    const encoder = await engine.createEncoder({ ...DEFAULTS, channels: from });
    const decoder = await engine.createDecoder({ sampleRate: 48_000, channels: to });
    const packets = encodeAll(encoder, from === 2 ? interleave(mono, mono) : mono, 960);
    const heard = decodeAll(decoder, packets);
    expect(heard.length).toBe(mono.length * to);
    expect(fitSine(channelOf(heard, to - 1, to).subarray(9600), 500, 48_000).snr).toBeGreaterThan(
      20,
    );
    encoder.close();
    decoder.close();
  }
});

test('each engine decodes what the other encodes', async () => {
  const [one, other] = await Promise.all(ENGINES.map((name) => loadOpus(name)));
  for (const [from, to] of [
    [one!, other!],
    [other!, one!],
  ] as const) {
    const encoder = await from.createEncoder(DEFAULTS);
    const decoder = await to.createDecoder(DEFAULTS);
    const heard = decodeAll(decoder, encodeAll(encoder, tone(600, 48_000, 19_200), 960));
    expect(fitSine(heard.subarray(9600), 600, 48_000).snr).toBeGreaterThan(20);
    encoder.close();
    decoder.close();
  }
});

test('an unknown engine is refused by name', async () => {
  await expect(loadOpus('toString' as OpusEngineName)).rejects.toThrow(
    /no Opus engine 'toString'; load libopus-wasm or opusscript/,
  );
});
