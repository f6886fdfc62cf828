import { expect, test } from '@jest/globals';
import {
  i420Picture,
  movingPicture,
  psnr,
  type EncodedVideoFrame,
  type VideoEncodingName,
  type VideoDecoder,
  type VideoEncoder,
  type VideoEncoderOptions,
  type VideoFrame,
} from '../src/index.js';
import { codecs, describeNative } from './support/native-video.js';

const CODECS: readonly VideoEncodingName[] = ['VP8', 'VP9', 'H264'];
const picture = movingPicture(320, 180);
const smaller = movingPicture(160, 90);

/** Calls `use` with an encoder and a decoder of its own. */
async function withPair(
  options: Partial<VideoEncoderOptions> & { codec: VideoEncodingName },
  use: (encoder: VideoEncoder, decoder: VideoDecoder) => Promise<void>,
): Promise<void> {
  const encoder = await codecs.createEncoder({ bitrate: 300_000, fps: 30, ...options });
  const decoder = await codecs.createDecoder(options);
  try {
    await use(encoder, decoder);
  } finally {
    encoder.close();
    decoder.close();
  }
}

/** Encodes pictures `from` up to `to`, leaving out those that rate control drops. */
async function encodeAll(
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

async function decoded(decoder: VideoDecoder, frame: EncodedVideoFrame): Promise<VideoFrame> {
  const result = await decoder.decode(frame);
  if (!result.ok || !result.frame) throw new Error(result.ok ? 'not shown' : result.reason);
  return result.frame;
}

describeNative('native video', () => {
  test.each(CODECS)('%s: every picture comes out at once, close to what went in', async (codec) => {
    await withPair({ codec }, async (encoder, decoder) => {
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

  test.each(CODECS)('%s: a key frame comes with the picture it is asked for', async (codec) => {
    await withPair({ codec }, async (encoder, decoder) => {
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

  test('H264: every IDR picture brings its parameter sets, of constrained baseline', async () => {
    await withPair({ codec: 'H264' }, async (encoder) => {
      const nals: Uint8Array[][] = [];
      for (const i of [0, 1, 2]) {
        const frame = await encoder.encode(picture(i), { keyFrame: i !== 1 });
        nals.push(nalUnits(frame!.data));
      }
      const types = nals.map((each) => each.map((nal) => nal[0]! & 0x1f));
      expect(types).toEqual([[7, 8, 5], [1], [7, 8, 5]]);
      for (const [sps, pps] of [nals[0]!, nals[2]!]) {
        // profile_idc 66 with constraint_set0 and 1: constrained baseline; the level is that of the size.
        expect([...sps!.subarray(1, 4)]).toEqual([0x42, 0xc0, 0x0d]);
        // entropy_coding_mode_flag, the third bit after two ids of one bit each: CAVLC.
        expect(pps![1]! & 0x20).toBe(0);
      }
    });
  });

  test('H264: 720p with 30 frames a second is of level 3.1, as profile-level-id 42e01f promises', async () => {
    await withPair({ codec: 'H264', bitrate: 2_000_000 }, async (encoder) => {
      const frame = await encoder.encode({
        ...i420Picture(1280, 720),
        timestamp: 0,
        capture: undefined,
      });
      expect([...nalUnits(frame!.data)[0]!.subarray(1, 4)]).toEqual([0x42, 0xc0, 0x1f]);
    });
  });

  test('H264: more than 60 frames a second share the bitrate out', async () => {
    await withPair({ codec: 'H264', fps: 120, bitrate: 1_000_000 }, async (encoder) => {
      await encodeAll(encoder, 0, 60);
      const frames = await encodeAll(encoder, 60, 120);
      const bytes = frames.reduce((sum, { data }) => sum + data.length, 0);
      expect(Math.abs((bytes * 8 * 120) / 60 / 1_000_000 - 1)).toBeLessThan(0.15);
    });
  });

  test.each(CODECS)('%s: any rates and sizes in range are taken', async (codec) => {
    for (const [width, height] of [
      [16, 16],
      [8192, 16],
      [18, 8192],
    ] as const)
      await withPair({ codec }, async (encoder, decoder) => {
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
      await withPair({ codec, bitrate, fps }, async (encoder) => {
        expect((await encoder.encode(picture(0)))?.key).toBe(true);
      });
  });

  test.each([
    [2, [0, 1, 0, 1, 0, 1, 0, 1]],
    [3, [0, 2, 1, 2, 0, 2, 1, 2]],
  ])(
    'VP9: with %i layers the higher ones can be left out, and taken up again',
    async (layers, ids) => {
      await withPair({ codec: 'VP9', temporalLayers: layers }, async (encoder, decoder) => {
        const frames = await encodeAll(encoder, 0, 32);
        expect(frames.slice(0, 8).map(({ temporalId }) => temporalId)).toEqual(ids);
        for (const [i, frame] of frames.entries()) {
          // The base alone, then all but the highest, then all; each from a base frame on.
          const top = i < 12 ? 0 : i < 20 ? layers - 2 : layers - 1;
          if (frame.temporalId > top) continue;
          expect(psnr(picture(i), await decoded(decoder, frame))).toBeGreaterThan(30);
        }
      });
    },
  );

  test('VP9: another number of layers is taken up with the next picture', async () => {
    await withPair({ codec: 'VP9' }, async (encoder, decoder) => {
      const before = await encodeAll(encoder, 0, 4);
      encoder.configure({ temporalLayers: 2 });
      const after = await encodeAll(encoder, 4, 8);
      for (const frame of [...before, ...after]) await decoded(decoder, frame);
      expect([...before, ...after].map(({ temporalId }) => temporalId)).toEqual([
        0, 0, 0, 0, 0, 1, 0, 1,
      ]);
    });
  });

  test.each(CODECS)('%s: pictures may change their size, down and up', async (codec) => {
    await withPair({ codec }, async (encoder, decoder) => {
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
      expect(keys).toEqual(codec === 'VP9' ? [0] : [0, 5, 10]);
    });
  });

  test.each(CODECS)('%s: after damage a decoder goes on with the next key frame', async (codec) => {
    await withPair({ codec }, async (encoder, decoder) => {
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

  test.each(CODECS)('%s: closing in the middle of a picture ends it quietly', async (codec) => {
    await withPair({ codec }, async (encoder, decoder) => {
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

  test('pictures given back are used again, those kept stay as they are', async () => {
    await withPair({ codec: 'VP8' }, async (encoder, decoder) => {
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
  });

  test('planes with padded rows, odd sides and in shared memory are read as they lie', async () => {
    await withPair({ codec: 'VP9' }, async (encoder, decoder) => {
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
  });

  test('encoding leaves the calling thread free', async () => {
    await withPair({ codec: 'VP9' }, async (encoder) => {
      let turns = 0;
      let done = false;
      const large = { ...i420Picture(1920, 1080), timestamp: 0, capture: undefined };
      const luma = large.y.data;
      for (let i = 0; i < luma.length; i++) luma[i] = i % 251;
      const under = encoder.encode(large).then((frame) => {
        done = true;
        return frame;
      });
      while (!done) {
        turns++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await under)?.key).toBe(true);
      expect(turns).toBeGreaterThan(3);
    });
  });

  test.each([
    ['a plane too small', { y: { data: new Uint8Array(320 * 180 - 1), stride: 320 } }],
    ['a stride below the width', { u: { data: new Uint8Array(160 * 90), stride: 159 } }],
    ['sides too small', { width: 8 }],
    ['odd sides', { width: 319 }],
    ['more pixels than allowed', { width: 8192, height: 8192 }],
  ])('a picture with %s is refused', async (_, fault) => {
    await withPair({ codec: 'H264' }, async (encoder) => {
      const wrong = { ...picture(0), ...fault };
      await expect(encoder.encode(wrong)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
      expect((await encoder.encode(picture(0)))?.key).toBe(true);
    });
  });

  test('what cannot be made is refused with a reason', async () => {
    const options = { bitrate: 300_000, fps: 30 };
    const h264 = codecs.createEncoder({ ...options, codec: 'H264', temporalLayers: 2 });
    await expect(h264).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const av1 = 'AV1';
    await expect(codecs.createEncoder({ ...options, codec: av1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: "nothing here can code 'AV1'; take one of VP8, VP9, H264",
    });
    await expect(codecs.createDecoder({ codec: av1 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
    const none = codecs.createEncoder({ ...options, codec: 'VP8', bitrate: 0 });
    await expect(none).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});

/** The NAL units of an Annex B byte stream. */
function nalUnits(data: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let i = 2; i < data.length; i++)
    if (data[i] === 1 && data[i - 1] === 0 && data[i - 2] === 0) starts.push(i + 1);
  return starts.map((start, i) => data.subarray(start, starts[i + 1] ?? data.length));
}
