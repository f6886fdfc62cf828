import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { getPacketInfo } from 'libopus-wasm';
import { loadOpus, OPUS_CLOCK_RATE, parseToc, type OpusToc } from '../src/index.js';

const parsed = (...bytes: number[]): OpusToc => {
  const result = parseToc(Uint8Array.from(bytes));
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

// RFC 6716 table 2: configuration numbers, mode, bandwidth, frame durations in ms.
const TABLE = [
  [0, 'silk', 'narrowband', [10, 20, 40, 60]],
  [4, 'silk', 'mediumband', [10, 20, 40, 60]],
  [8, 'silk', 'wideband', [10, 20, 40, 60]],
  [12, 'hybrid', 'superwideband', [10, 20]],
  [14, 'hybrid', 'fullband', [10, 20]],
  [16, 'celt', 'narrowband', [2.5, 5, 10, 20]],
  [20, 'celt', 'wideband', [2.5, 5, 10, 20]],
  [24, 'celt', 'superwideband', [2.5, 5, 10, 20]],
  [28, 'celt', 'fullband', [2.5, 5, 10, 20]],
] as const;

test.each(TABLE)('configurations from %i on are %s %s', (first, mode, bandwidth, durations) => {
  durations.forEach((ms, i) => {
    for (const stereo of [0, 1]) {
      expect(parsed(((first + i) << 3) | (stereo << 2))).toEqual({
        mode,
        bandwidth,
        frameDuration: ms * 1000,
        channels: stereo + 1,
        frameCount: 1,
        samples: ms * 48,
      });
    }
  });
});

test.each([
  [[0xf8], 1, 960],
  [[0xf9, 0, 0], 2, 1920],
  [[0xfa, 1, 0, 0], 2, 1920],
  [[0xfb, 1, 0], 1, 960],
  [[0xfb, 6], 6, 5760],
  // The two highest bits of the count byte say "variable bitrate" and "padded".
  [[0xfb, 0xc6], 6, 5760],
  [[0xe3, 48], 48, 5760],
  [[0x1a], 2, 5760],
])('%j holds %i frames', (bytes, frameCount, samples) => {
  expect(parsed(...bytes)).toMatchObject({ frameCount, samples });
});

test.each([
  [[], 'empty'],
  [[0xfb], 'truncated'],
  [[0xfb, 0], 'bad-frame-count'],
  [[0xfb, 0xc0], 'bad-frame-count'],
  [[0xfb, 7], 'bad-frame-count'],
  [[0xe3, 49], 'bad-frame-count'],
  [[0x1b, 3], 'bad-frame-count'],
])('%j is refused as %s', (bytes, reason) => {
  expect(parseToc(Uint8Array.from(bytes))).toEqual({ ok: false, reason });
});

test('any two bytes give a result whose duration Opus allows', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), (bytes) => {
      const result = parseToc(bytes);
      return !result.ok || (result.value.samples >= 120 && result.value.samples <= 5760);
    }),
  );
});

test('libopus reads its own packets the same way', async () => {
  const engine = await loadOpus();
  const bandwidths = ['narrowband', 'mediumband', 'wideband', 'superwideband', 'fullband'];
  for (const application of ['voip', 'audio', 'lowdelay'] as const) {
    for (const bitrate of [8_000, 16_000, 64_000]) {
      for (const channels of [1, 2]) {
        const sampleRate = OPUS_CLOCK_RATE;
        const options = { sampleRate, channels, application, bitrate, complexity: 3 };
        const encoder = await engine.createEncoder(options);
        for (const length of [120, 480, 960, 2880]) {
          const pcm = Float32Array.from(
            { length: length * channels },
            (_, i) => Math.sin(i * i) / 3,
          );
          const packet = encoder.encode(pcm);
          const info = await getPacketInfo(packet);
          const toc = parsed(...packet);
          expect(toc).toMatchObject({
            bandwidth: bandwidths[info.bandwidth - 1101],
            channels: info.channels,
            frameCount: info.frames,
            samples: info.samples,
          });
          expect(toc.samples).toBe(length);
        }
        encoder.close();
      }
    }
  }
});
