import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  Application,
  Bandwidth,
  createDecoder,
  createEncoder,
  type EncoderOptions,
  type OpusDecoderHandle,
} from 'libopus-wasm';
import { isDtx, packetHasFec, parseToc } from '../src/index.js';
import { parseFrames } from '../src/opus/packet-frames.js';
import { interleave, noise, voice } from './support/signals.js';
import { speech } from './support/speech.js';

const BANDWIDTHS = [
  ['narrowband', 14_000],
  ['mediumband', 20_000],
  ['wideband', 24_000],
  ['superwideband', 32_000],
  ['fullband', 40_000],
] as const;
const MAX_BANDWIDTH = {
  narrowband: Bandwidth.Narrowband,
  mediumband: Bandwidth.Mediumband,
  wideband: Bandwidth.Wideband,
  superwideband: Bandwidth.Superwideband,
  fullband: Bandwidth.Fullband,
};

async function encode(
  options: EncoderOptions & { channels: 1 | 2 },
  milliseconds: number,
  pcm: Float32Array,
): Promise<Uint8Array[]> {
  const encoder = await createEncoder({ sampleRate: 48_000, complexity: 2, ...options });
  const frameSize = 48 * milliseconds;
  const size = frameSize * options.channels;
  const packets: Uint8Array[] = [];
  for (let at = 0; at + size <= pcm.length; at += size) {
    packets.push(encoder.encodeFloat(pcm.subarray(at, at + size), { frameSize }));
  }
  encoder.free();
  return packets;
}

async function follow<T>(
  channels: 1 | 2,
  packets: readonly Uint8Array[],
  decode: (decoder: OpusDecoderHandle) => T,
): Promise<T> {
  const decoder = await createDecoder({ sampleRate: 48_000, channels });
  for (const packet of packets) decoder.decodeFloat(packet);
  const result = decode(decoder);
  decoder.free();
  return result;
}

describe('packetHasFec says what libopus makes of a packet:', () => {
  const mono = speech(1, 48_000, 48_000);
  const stereo = interleave(mono, speech(2, 48_000, 48_000));

  test.each(
    BANDWIDTHS.flatMap(([bandwidth, bitrate]) =>
      [1, 2].flatMap((channels) =>
        [10, 20, 40, 60].map((ms) => [bandwidth, channels, ms, bitrate] as const),
      ),
    ),
  )('%s, %i channel(s), %i ms', async (bandwidth, count, ms, bitrate) => {
    const channels = count as 1 | 2;
    const options = {
      channels,
      application: Application.Voip,
      bitrate: bitrate * channels * (ms === 10 ? 1.5 : 1.25),
      fec: true,
      packetLossPercent: 25,
      maxBandwidth: MAX_BANDWIDTH[bandwidth],
    };
    const pcm = channels === 1 ? mono : stereo;
    const packets = await encode(options, ms, pcm);
    const wrong: number[] = [];
    for (let i = 3; i < packets.length; i += 3) {
      const packet = packets[i]!;
      const toc = parseToc(packet);
      if (!toc.ok) throw new Error(toc.reason);
      // Redundancy is heard as a difference to concealment in the same state.
      const frameSize = (toc.value.frameDuration * 48) / 1000;
      const recovered = await follow(channels, packets.slice(i - 3, i - 1), (decoder) =>
        decoder.decodeFloat(packet, { decodeFec: true, frameSize }),
      );
      const concealed = await follow(channels, packets.slice(i - 3, i - 1), (decoder) =>
        decoder.decodeFloat(null, { frameSize }),
      );
      const differs = recovered.some((x, k) => x !== concealed[k]);
      const has = packetHasFec(packet);
      if (has !== differs) wrong.push(i);
    }
    expect(wrong).toEqual([]);
    expect(packets.filter(packetHasFec).length).toBeGreaterThan(packets.length / 2);
    const unprotected = await encode({ ...options, fec: false }, ms, pcm.subarray(0, 48_000));
    expect(unprotected.filter(packetHasFec).length).toBe(0);
  });

  test('what is coded without the speech coder has no redundancy', async () => {
    const application = Application.RestrictedLowDelay;
    const options = { channels: 1, application, fec: true, packetLossPercent: 25 } as const;
    const packets = await encode(options, 20, mono);
    expect(packets.filter(packetHasFec).length).toBe(0);
  });
});

test.each([
  // Wideband, 20 ms: one voice activity flag, then the LBRR flag; the same again for the side channel.
  ['mono with the flag', [0x48, 0b0100_0000, 0], true],
  ['mono without it', [0x48, 0b1011_1111, 0], false],
  ['stereo, middle', [0x4c, 0b0100_0000, 0], true],
  ['stereo, side', [0x4c, 0b0001_0000, 0], true],
  ['stereo without it', [0x4c, 0b1010_1111, 0], false],
  ['60 ms of stereo, side', [0x5c, 0b0000_0001, 0], true],
  ['60 ms of stereo without it', [0x5c, 0b1110_1110, 0], false],
  ['hybrid', [0x78, 0b0100_0000, 0], true],
  ['the other coder', [0xf8, 0b0100_0000, 0], false],
  ['a frame of one byte', [0x48, 0b0100_0000], false],
  ['an empty frame', [0x48], false],
  ['an empty frame before one with the flag', [0x4a, 0, 0b0100_0000, 0], false],
  ['half a packet', [0x4b], false],
  ['no bytes', [], false],
])('FEC in %s', (_name, bytes, expected) => {
  expect(packetHasFec(Uint8Array.from(bytes))).toBe(expected);
});

describe('isDtx', () => {
  // Half a second of sound, two of the faintest noise, which an encoder does not take for digital silence.
  const pcm = noise(3, 120_000, 1e-5);
  pcm.set(voice(140, 48_000, 24_000));

  test.each([10, 20, 40, 60])('finds the silence in packets of %i ms', async (ms) => {
    const options = { channels: 1, application: Application.Voip, bitrate: 24_000 } as const;
    const packets = await encode({ ...options, dtx: true }, ms, pcm);
    const silent = packets.filter(isDtx);
    expect(silent.length).toBeGreaterThan(packets.length / 2);
    expect(Math.max(...silent.map((packet) => packet.length))).toBeLessThanOrEqual(2);
    expect(packets.slice(0, 400 / ms).filter(isDtx)).toEqual([]);
    expect((await encode({ ...options, dtx: false }, ms, pcm)).filter(isDtx)).toEqual([]);
  });

  test.each([
    ['one empty frame', [0xf8], true],
    ['one frame of one byte', [0xf8, 1], true],
    ['one frame of two bytes', [0xf8, 1, 2], false],
    ['two empty frames', [0xf9], true],
    ['an empty frame and sound', [0xfa, 0, 1, 2], false],
    ['three empty frames and padding', [0xfb, 0x43, 2, 0, 0], true],
    ['no bytes', [], false],
    ['half a packet', [0xfb], false],
  ])('%s', (_name, bytes, expected) => {
    expect(isDtx(Uint8Array.from(bytes))).toBe(expected);
  });
});

describe('frames of a packet', () => {
  const frames = (...bytes: number[]): number[][] | string => {
    const parsed = parseFrames(Uint8Array.from(bytes));
    return parsed.ok ? parsed.frames.map((frame) => [...frame]) : parsed.reason;
  };
  const zeros = (length: number): number[] => Array.from({ length }, () => 0);

  test.each([
    // RFC 6716 §3.2.2 to §3.2.5.
    ['one', [0xf8, 1, 2], [[1, 2]]],
    [
      'two equal ones',
      [0xf9, 1, 2, 3, 4],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['two of any size', [0xfa, 1, 7, 8, 9], [[7], [8, 9]]],
    ['constant bitrate', [0xfb, 3, 1, 2, 3], [[1], [2], [3]]],
    ['constant bitrate, padded', [0xfb, 0x42, 1, 5, 6, 0], [[5], [6]]],
    ['variable bitrate', [0xfb, 0x83, 1, 0, 7, 8, 9], [[7], [], [8, 9]]],
    ['variable bitrate, padded', [0xfb, 0xc2, 2, 1, 7, 8, 0, 0], [[7], [8]]],
    ['padding of 255 bytes', [0xfb, 0x41, 255, 1, 9, ...zeros(255)], [[9]]],
  ])('%s', (_name, bytes, expected) => {
    expect(frames(...bytes)).toEqual(expected);
  });

  test('a length of 252 and above takes two bytes', () => {
    expect(frames(0xfa, 253, 1, ...zeros(257), 5)).toEqual([zeros(257), [5]]);
    expect(frames(0xfa, 255, 255, ...zeros(1275), 5)).toEqual([zeros(1275), [5]]);
  });

  test.each([
    ['no bytes', [], 'empty'],
    ['no count', [0xfb], 'truncated'],
    ['no frames', [0xfb, 0], 'bad-frame-count'],
    ['two frames of one and a half bytes', [0xf9, 1, 2, 3], 'uneven-frames'],
    ['no length', [0xfa], 'truncated'],
    ['half a length', [0xfa, 252], 'truncated'],
    ['a first frame longer than the packet', [0xfa, 3, 1, 2], 'truncated'],
    ['padding without an end', [0xfb, 0x41, 255], 'truncated'],
    ['padding longer than the packet', [0xfb, 0x41, 2, 0], 'truncated'],
    ['padding into the lengths', [0xfb, 0xc2, 2, 1, 0], 'truncated'],
    ['a frame of 1276 bytes', [0xf8, ...zeros(1276)], 'frame-too-long'],
    ['a last frame of 1276 bytes', [0xfa, 0, ...zeros(1276)], 'frame-too-long'],
  ])('%s is refused', (_name, bytes, reason) => {
    expect(frames(...bytes)).toBe(reason);
  });

  test('are those libopus finds, in any bytes', async () => {
    const decoder = await createDecoder({ sampleRate: 48_000, channels: 1 });
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      // Long enough for every kind of length, with few frames more often than many.
      fc
        .tuple(
          fc.constantFrom(0xf8, 0xf9, 0xfa, 0xfb, 0x0b, 0x7f),
          fc.constantFrom(1, 2, 3, 0x41, 0x42, 0x83, 0xc2, 0xc3),
          fc.uint8Array({ maxLength: 600 }),
        )
        .map(([toc, count, rest]) => Uint8Array.of(toc, count, ...rest)),
    );
    fc.assert(
      fc.property(bytes, (packet) => {
        let accepted = true;
        try {
          decoder.decodeFloat(packet);
        } catch {
          accepted = false;
        }
        const parsed = parseFrames(packet);
        packetHasFec(packet);
        return parsed.ok === accepted && (accepted || !isDtx(packet));
      }),
      { numRuns: 1000 },
    );
    decoder.free();
  });
});
