import { expect, jest, test } from '@jest/globals';
import {
  movingPicture,
  psnr,
  type EncodedVideoFrame,
  type VideoEncodingName,
} from '../src/index.js';
import { codecs, describeNative } from './support/native-video.js';

const CODECS: readonly VideoEncodingName[] = ['VP8', 'VP9', 'H264'];
const FPS = 30;

// Seconds of video are encoded; on a busy machine that takes its time.
jest.setTimeout(120_000);

/** Average rate in bit/s of the frames of one second. */
function bitrate(frames: readonly (EncodedVideoFrame | undefined)[]): number {
  return (
    (frames.reduce((sum, frame) => sum + (frame?.data.length ?? 0), 0) * 8 * FPS) / frames.length
  );
}

describeNative('video at 1280x720', () => {
  const picture = movingPicture(1280, 720);

  test.each<[VideoEncodingName, number]>([
    ['VP8', 1],
    ['VP9', 1],
    ['VP9', 3],
    ['H264', 1],
  ])(
    '%s with %i layers: at least 33 dB at 1 Mbit/s, each picture at once',
    async (codec, layers) => {
      const options = { codec, bitrate: 1_000_000, fps: FPS, temporalLayers: layers };
      const encoder = await codecs.createEncoder(options);
      const decoder = await codecs.createDecoder({ codec });
      const frames: (EncodedVideoFrame | undefined)[] = [];
      let quality = 0;
      let shown = 0;
      for (let i = 0; i < 5 * FPS; i++) {
        const source = picture(i);
        const frame = await encoder.encode(source);
        frames.push(frame);
        if (!frame) continue;
        expect(frame.timestamp).toBe(source.timestamp);
        const result = await decoder.decode(frame);
        if (!result.ok || !result.frame) throw new Error(`picture ${i} was not shown`);
        quality += psnr(source, result.frame);
        shown++;
        decoder.recycle(result.frame);
      }
      encoder.close();
      decoder.close();
      expect(quality / shown).toBeGreaterThan(33);
      expect(shown).toBeGreaterThan(5 * FPS - 5);
      expect(Math.abs(bitrate(frames.slice(FPS)) / 1_000_000 - 1)).toBeLessThan(0.1);
    },
  );

  test.each(CODECS)(
    '%s: two seconds after a new target the rate is within 15 %% of it',
    async (codec) => {
      const encoder = await codecs.createEncoder({ codec, bitrate: 1_000_000, fps: FPS });
      let index = 0;
      let keys = 0;
      const seconds = async (n: number): Promise<(EncodedVideoFrame | undefined)[]> => {
        const out: (EncodedVideoFrame | undefined)[] = [];
        for (let i = 0; i < n * FPS; i++) {
          const frame = await encoder.encode(picture(index++));
          if (frame?.key) keys++;
          out.push(frame);
        }
        return out;
      };
      await seconds(2);
      for (const target of [500_000, 2_000_000, 800_000]) {
        encoder.setRates({ bitrate: target });
        await seconds(2);
        expect(Math.abs(bitrate(await seconds(2)) / target - 1)).toBeLessThan(0.15);
      }
      expect(keys).toBe(1);
      encoder.close();
    },
  );

  test.each(CODECS)('%s: half the frame rate gives each frame twice the bits', async (codec) => {
    const encoder = await codecs.createEncoder({ codec, bitrate: 1_000_000, fps: FPS });
    const size = async (from: number, step: number): Promise<number> => {
      let bytes = 0;
      for (let i = 0; i < FPS; i++)
        bytes += (await encoder.encode(picture(from + i * step)))?.data.length ?? 0;
      return bytes;
    };
    await size(0, 1);
    const before = await size(FPS, 1);
    encoder.setRates({ fps: FPS / 2 });
    await size(2 * FPS, 2);
    const after = await size(4 * FPS, 2);
    encoder.close();
    expect(Math.abs(after / before / 2 - 1)).toBeLessThan(0.2);
  });
});
