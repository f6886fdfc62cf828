import { expect, test } from '@jest/globals';
import { i420Picture, psnr, type VideoEncodingName } from '../src/index.js';
import { codecs, describeNative } from './support/native-video.js';
import {
  decoded,
  encodeAll,
  picture,
  testConformance,
  testLibvpx,
  withPair,
} from './support/video-conformance.js';

const CODECS: readonly VideoEncodingName[] = ['VP8', 'VP9', 'H264'];
const pairing = { encoders: codecs, decoders: codecs };

describeNative('native video', () => {
  testConformance(pairing, CODECS, ['VP9']);
  testLibvpx(pairing, ['VP8', 'VP9']);

  test('H264: every IDR picture brings its parameter sets, of constrained baseline', async () => {
    await withPair(pairing, { codec: 'H264' }, async (encoder) => {
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
    await withPair(pairing, { codec: 'H264', bitrate: 2_000_000 }, async (encoder) => {
      const frame = await encoder.encode({
        ...i420Picture(1280, 720),
        timestamp: 0,
        capture: undefined,
      });
      expect([...nalUnits(frame!.data)[0]!.subarray(1, 4)]).toEqual([0x42, 0xc0, 0x1f]);
    });
  });

  test('H264: more than 60 frames a second share the bitrate out', async () => {
    await withPair(pairing, { codec: 'H264', fps: 120, bitrate: 1_000_000 }, async (encoder) => {
      await encodeAll(encoder, 0, 60);
      const frames = await encodeAll(encoder, 60, 120);
      const bytes = frames.reduce((sum, { data }) => sum + data.length, 0);
      expect(Math.abs((bytes * 8 * 120) / 60 / 1_000_000 - 1)).toBeLessThan(0.15);
    });
  });

  test.each([
    [2, [0, 1, 0, 1, 0, 1, 0, 1]],
    [3, [0, 2, 1, 2, 0, 2, 1, 2]],
  ])(
    'VP9: with %i layers the higher ones can be left out, and taken up again',
    async (layers, ids) => {
      await withPair(
        pairing,
        { codec: 'VP9', temporalLayers: layers },
        async (encoder, decoder) => {
          const frames = await encodeAll(encoder, 0, 32);
          expect(frames.slice(0, 8).map(({ temporalId }) => temporalId)).toEqual(ids);
          for (const [i, frame] of frames.entries()) {
            // The base alone, then all but the highest, then all; each from a base frame on.
            const top = i < 12 ? 0 : i < 20 ? layers - 2 : layers - 1;
            if (frame.temporalId > top) continue;
            expect(psnr(picture(i), await decoded(decoder, frame))).toBeGreaterThan(30);
          }
        },
      );
    },
  );

  test('VP9: another number of layers is taken up with the next picture', async () => {
    await withPair(pairing, { codec: 'VP9' }, async (encoder, decoder) => {
      const before = await encodeAll(encoder, 0, 4);
      encoder.configure({ temporalLayers: 2 });
      const after = await encodeAll(encoder, 4, 8);
      for (const frame of [...before, ...after]) await decoded(decoder, frame);
      expect([...before, ...after].map(({ temporalId }) => temporalId)).toEqual([
        0, 0, 0, 0, 0, 1, 0, 1,
      ]);
    });
  });

  test.each([
    ['a plane too small', { y: { data: new Uint8Array(320 * 180 - 1), stride: 320 } }],
    ['a stride below the width', { u: { data: new Uint8Array(160 * 90), stride: 159 } }],
    ['sides too small', { width: 8 }],
    ['odd sides', { width: 319 }],
    ['more pixels than allowed', { width: 8192, height: 8192 }],
  ])('a picture with %s is refused', async (_, fault) => {
    await withPair(pairing, { codec: 'H264' }, async (encoder) => {
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
      message: "nothing here can encode 'AV1'; take one of VP8, VP9, H264",
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
