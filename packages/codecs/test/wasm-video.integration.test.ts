import { describe, expect, jest, test } from '@jest/globals';
import type { EncodedVideoFrame, VideoEncodingName } from '../src/index.js';
import { movingPicture } from '../src/index.js';
import { codecs as nativeCodecs, describeNative } from './support/native-video.js';
import { testConformance, testLibvpx } from './support/video-conformance.js';
import { wasmCodecs } from './support/wasm-video.js';

const LIBVPX: readonly VideoEncodingName[] = ['VP8', 'VP9'];
const FPS = 30;
// Seconds of video are encoded; on a busy machine that takes its time.
jest.setTimeout(120_000);

describe('video in WebAssembly', () => {
  const pairing = { encoders: wasmCodecs, decoders: wasmCodecs };
  testConformance(pairing, LIBVPX, []);
  testLibvpx(pairing, LIBVPX);

  test.each(LIBVPX)(
    '%s: a new bitrate is followed in two seconds, without a key frame',
    async (codec) => {
      const picture = movingPicture(320, 180);
      const encoder = await wasmCodecs.createEncoder({ codec, bitrate: 300_000, fps: FPS });
      let index = 0;
      const frames: EncodedVideoFrame[] = [];
      const second = async (): Promise<number> => {
        let bits = 0;
        for (let i = 0; i < FPS; i++) {
          const frame = await encoder.encode(picture(index++));
          if (!frame) continue;
          frames.push(frame);
          bits += 8 * frame.data.length;
        }
        return bits;
      };
      await second();
      for (const bitrate of [150_000, 600_000, 400_000, 100_000]) {
        encoder.setRates({ bitrate });
        await second();
        await second();
        const rate = ((await second()) + (await second())) / 2;
        expect(Math.abs(rate / bitrate - 1)).toBeLessThan(0.15);
      }
      expect(frames.filter(({ key }) => key)).toHaveLength(1);
      // Beyond ten times the first one a new encoder begins, and holds the rate at once.
      encoder.setRates({ bitrate: 29_000 });
      const next = frames.length;
      await second();
      expect(frames[next]?.key).toBe(true);
      await second();
      expect(Math.abs((await second()) / 29_000 - 1)).toBeLessThan(0.25);
      encoder.close();
    },
  );

  test.each(LIBVPX)('%s: half the frame rate gives each frame twice the bits', async (codec) => {
    const picture = movingPicture(320, 180);
    const encoder = await wasmCodecs.createEncoder({ codec, bitrate: 200_000, fps: FPS });
    const size = async (from: number, step: number): Promise<number> => {
      let bytes = 0;
      for (let i = 0; i < FPS; i++)
        bytes += (await encoder.encode(picture(from + i * step)))?.data.length ?? 0;
      return bytes;
    };
    await size(0, 1);
    await size(FPS, 1);
    const before = await size(2 * FPS, 1);
    encoder.setRates({ fps: FPS / 2 });
    await size(3 * FPS, 2);
    const after = await size(5 * FPS, 2);
    encoder.close();
    expect(Math.abs(after / before / 2 - 1)).toBeLessThan(0.2);
  });

  test('what is not here is refused, and said', async () => {
    const options = { codec: 'H264', bitrate: 300_000, fps: FPS } as const;
    await expect(wasmCodecs.createEncoder(options)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: "nothing here can encode 'H264'; take one of VP8, VP9",
    });
    const layers = wasmCodecs.createEncoder({ ...options, codec: 'VP9', temporalLayers: 2 });
    await expect(layers).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describeNative('H.264 in WebAssembly', () => {
  testConformance({ encoders: nativeCodecs, decoders: wasmCodecs }, ['H264'], []);
});
