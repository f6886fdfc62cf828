import { expect, test } from '@jest/globals';
import {
  i420Picture,
  movingPicture,
  psnr,
  type EncodedVideoFrame,
  type VideoCodecs,
  type VideoDecoder,
  type VideoEncoder,
  type VideoEncoderOptions,
  type VideoEncodingName,
  type VideoFrame,
} from '../../src/index.js';

/** A small moving picture. */
export const picture: (index: number) => VideoFrame = movingPicture(320, 180);
const smaller = movingPicture(160, 90);

/** Whose encoders and decoders are tested together. */
export interface Pairing {
  readonly encoders: VideoCodecs;
  readonly decoders: VideoCodecs;
}

type PairOptions = Partial<VideoEncoderOptions> & { readonly codec: VideoEncodingName };

/** Calls `use` with an encoder and a decoder of its own. */
export async function withPair(
  { encoders, decoders }: Pairing,
  options: PairOptions,
  use: (encoder: VideoEncoder, decoder: VideoDecoder) => Promise<void>,
): Promise<void> {
  const encoder = await encoders.createEncoder({ bitrate: 300_000, fps: 30, ...options });
  const decoder = await decoders.createDecoder(options);
  try {
    await use(encoder, decoder);
  } finally {
    encoder.close();
    decoder.close();
  }
}

/** Encodes pictures `from` up to `to`, leaving out those that rate control drops. */
export async function encodeAll(
  encoder: VideoEncoder,
  from: number,
  to: number,
  source: (index: number) => VideoFrame = picture,
): Promise<EncodedVideoFrame[]> {
  const out: EncodedVideoFrame[] = [];
  for (let i = from; i < to; i++) {
    const frame = await encoder.encode(source(i));
    if (frame) out.push(frame);
  }
  return out;
}

/** The picture of a frame that must give one. */
export async function decoded(
  decoder: VideoDecoder,
  frame: EncodedVideoFrame,
): Promise<VideoFrame> {
  const result = await decoder.decode(frame);
  if (!result.ok || !result.frame) throw new Error(result.ok ? 'not shown' : result.reason);
  return result.frame;
}

/** What encoders and decoders promise, whichever library does the work. */
export function testConformance(
  pairing: Pairing,
  codecs: readonly VideoEncodingName[],
  /** Codecs that go on without a key frame when pictures get smaller. */
  scaling: readonly VideoEncodingName[],
): void {
  const pair = (
    options: PairOptions,
    use: (encoder: VideoEncoder, decoder: VideoDecoder) => Promise<void>,
  ): Promise<void> => withPair(pairing, options, use);

  test.each(codecs)('%s: every picture comes out at once, close to what went in', async (codec) => {
    await pair({ codec }, async (encoder, decoder) => {
      for (let i = 0; i < 20; i++) {
        const source = picture(i);
        const frame = await encoder.encode(source);
        if (!frame) throw new Error(`picture ${i} was dropped`);
        expect(frame).toMatchObject({ key: i === 0, temporalId: 0, timestamp: i * 3000 });
        const seen = await decoded(decoder, frame);
        expect(seen).toMatchObject({ width: 320, height: 180, timestamp: i * 3000 });
        expect(psnr(source, seen)).toBeGreaterThan(33);
      }
    });
  });

  test.each(codecs)('%s: a key frame comes with the picture it is asked for', async (codec) => {
    await pair({ codec }, async (encoder, decoder) => {
      const before = await encodeAll(encoder, 0, 5);
      expect(before.map(({ key }) => key)).toEqual([true, false, false, false, false]);
      const key = await encoder.encode(picture(5), { keyFrame: true });
      const after = await encodeAll(encoder, 6, 10);
      expect(key?.key).toBe(true);
      expect(after.some((frame) => frame.key)).toBe(false);
      // Whoever joins now needs nothing from before.
      expect(psnr(picture(5), await decoded(decoder, key!))).toBeGreaterThan(25);
      for (const frame of after) await decoded(decoder, frame);
    });
  });

  test.each(codecs)('%s: any rates and sizes in range are taken', async (codec) => {
    for (const [width, height] of [
      [16, 16],
      [8192, 16],
      [18, 8192],
    ] as const)
      await pair({ codec }, async (encoder, decoder) => {
        const source = { ...i420Picture(width, height), timestamp: 0, capture: undefined };
        const seen = await decoded(decoder, (await encoder.encode(source))!);
        expect([seen.width, seen.height]).toEqual([width, height]);
      });
    for (const [bitrate, fps] of [
      [10_000, 1],
      [10_000, 240],
      [100_000_000, 1],
      [100_000_000, 240],
    ] as const)
      await pair({ codec, bitrate, fps }, async (encoder) => {
        expect((await encoder.encode(picture(0)))?.key).toBe(true);
      });
  });

  test.each(codecs)('%s: pictures may change their size, down and up', async (codec) => {
    await pair({ codec }, async (encoder, decoder) => {
      const sizes: string[] = [];
      const keys: number[] = [];
      for (let i = 0; i < 15; i++) {
        const source = (i >= 5 && i < 10 ? smaller : picture)(i);
        const frame = await encoder.encode(source);
        const seen = await decoded(decoder, frame!);
        expect(psnr(source, seen)).toBeGreaterThan(28);
        sizes.push(`${seen.width}x${seen.height}`);
        if (frame!.key) keys.push(i);
      }
      expect([sizes[4], sizes[5], sizes[9], sizes[10]]).toEqual([
        '320x180',
        '160x90',
        '160x90',
        '320x180',
      ]);
      expect(keys).toEqual(scaling.includes(codec) ? [0] : [0, 5, 10]);
    });
  });

  test.each(codecs)('%s: after damage a decoder goes on with the next key frame', async (codec) => {
    await pair({ codec }, async (encoder, decoder) => {
      const frames = await encodeAll(encoder, 0, 3);
      const key = await encoder.encode(picture(3), { keyFrame: true });
      const [next] = await encodeAll(encoder, 4, 5);
      const needsKey = { ok: false, reason: 'key-frame-needed' };
      expect(await decoder.decode(frames[1]!)).toEqual(needsKey);
      await decoded(decoder, frames[0]!);
      const corrupt = { ok: false, reason: 'corrupt' };
      expect(await decoder.decode({ ...frames[1]!, data: new Uint8Array() })).toEqual(corrupt);
      expect(await decoder.decode({ ...key!, data: key!.data.subarray(0, 30) })).toEqual(corrupt);
      expect(await decoder.decode(frames[2]!)).toEqual(needsKey);
      await decoded(decoder, key!);
      expect(psnr(picture(4), await decoded(decoder, next!))).toBeGreaterThan(25);
      expect(decoder.statistics.decoded).toBe(3);
    });
  });

  test.each(codecs)('%s: closing in the middle of a picture ends it quietly', async (codec) => {
    await pair({ codec }, async (encoder, decoder) => {
      const frame = await encoder.encode(picture(0));
      const decoding = decoder.decode(frame!);
      const encoding = encoder.encode(picture(1));
      decoder.close();
      encoder.close();
      expect(await decoding).toEqual({ ok: false, reason: 'closed' });
      expect(await encoding).toBeUndefined();
      expect(decoder.statistics.dropped).toMatchObject({ closed: 1, corrupt: 0 });
    });
  });

  test.each(codecs)(
    '%s: pictures given back are used again, those kept stay as they are',
    async (codec) => {
      await pair({ codec }, async (encoder, decoder) => {
        const frames = await encodeAll(encoder, 0, 6);
        const kept = await decoded(decoder, frames[0]!);
        const bytes = Uint8Array.from(kept.y.data);
        const given = await decoded(decoder, frames[1]!);
        decoder.recycle(given);
        decoder.recycle(given);
        decoder.recycle(picture(0));
        const memories = new Set([kept.y.data.buffer, given.y.data.buffer]);
        const third = await decoded(decoder, frames[2]!);
        const fourth = await decoded(decoder, frames[3]!);
        expect(third.y.data.buffer).toBe(given.y.data.buffer);
        expect(memories.has(fourth.y.data.buffer)).toBe(false);
        expect(kept.y.data.every((sample, i) => sample === bytes[i])).toBe(true);
      });
    },
  );
}

/** What encoders of libvpx promise besides. */
export function testLibvpx(pairing: Pairing, codecs: readonly VideoEncodingName[]): void {
  test.each(codecs)(
    '%s: planes with padded rows, odd sides and in shared memory are read as they lie',
    async (codec) => {
      await withPair(pairing, { codec }, async (encoder, decoder) => {
        const [width, height, stride] = [61, 47, 80];
        const plane = (value: number): { data: Uint8Array; stride: number } => ({
          data: new Uint8Array(new SharedArrayBuffer(stride * height)).fill(value),
          stride,
        });
        const y = plane(0);
        for (let i = 0; i < y.data.length; i++)
          y.data[i] = i % stride < width ? 2 * (i % stride) + 40 : 255;
        const source = {
          width,
          height,
          y,
          u: plane(100),
          v: plane(150),
          timestamp: 1,
          capture: undefined,
        };
        const seen = await decoded(decoder, (await encoder.encode(source))!);
        expect(psnr(source, seen)).toBeGreaterThan(35);
        expect(seen.u.data.every((sample) => Math.abs(sample - 100) <= 3)).toBe(true);
        expect(seen.v.data.every((sample) => Math.abs(sample - 150) <= 3)).toBe(true);
      });
    },
  );

  test.each(codecs)('%s: encoding leaves the calling thread free', async (codec) => {
    await withPair(pairing, { codec }, async (encoder) => {
      let turns = 0;
      let done = false;
      const large = { ...i420Picture(1920, 1080), timestamp: 0, capture: undefined };
      const luma = large.y.data;
      for (let i = 0; i < luma.length; i++) luma[i] = i % 251;
      const under = encoder.encode(large).finally(() => {
        done = true;
      });
      while (!done) {
        turns++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await under)?.key).toBe(true);
      expect(turns).toBeGreaterThan(3);
    });
  });
}
