import { expect, test } from '@jest/globals';
import { i420Picture } from '../src/index.js';
import type { EncoderEngine } from '../src/video/engine.js';
import { findVideoCodecs } from '../src/video/find-video-codecs.js';
import type { FindVideoSource, SourceCapability, VideoSource } from '../src/video/video-source.js';

/** A source whose frames are its mark. */
function source(mark: number, ...capabilities: SourceCapability[]): VideoSource {
  const encoder = (): EncoderEngine => ({
    encode: async () => ({ data: Uint8Array.of(mark), key: true, temporalId: 0 }),
    close: () => {},
  });
  const decoder = (): ReturnType<VideoSource['createDecoder']> => ({
    decode: async () => i420Picture(mark, mark),
    close: () => {},
  });
  return { name: `source ${mark}`, capabilities, createEncoder: encoder, createDecoder: decoder };
}

const both = (codec: SourceCapability['codec'], temporalLayers = 1): SourceCapability => ({
  codec,
  encode: true,
  decode: true,
  temporalLayers,
});
const finds =
  (found: VideoSource): FindVideoSource =>
  async () =>
    found;
const lacks =
  (message: string): FindVideoSource =>
  () =>
    Promise.reject(new Error(message));

const rates = { bitrate: 100_000, fps: 30 };
const picture = { ...i420Picture(16, 16), timestamp: 0, capture: undefined };

test('each codec is taken, either way, from the first source that has it', async () => {
  const codecs = await findVideoCodecs([
    finds(source(1, { ...both('VP9', 3), decode: false })),
    finds(source(2, both('VP9'), both('VP8'))),
    finds(source(3, { ...both('H264'), encode: false, temporalLayers: 0 })),
  ]);
  expect(codecs).toMatchObject({ name: 'source 1, source 2, source 3', missing: undefined });
  expect(codecs.capabilities).toEqual([
    both('VP8'),
    both('VP9', 3),
    { codec: 'H264', encode: false, decode: true, temporalLayers: 0 },
  ]);
  const encoder = await codecs.createEncoder({ codec: 'VP9', temporalLayers: 3, ...rates });
  expect((await encoder.encode(picture))?.data[0]).toBe(1);
  const decoder = await codecs.createDecoder({ codec: 'VP9' });
  const key = Uint8Array.of(0x82, 0x49, 0x83, 0x42, 0, 0, 0, 0, 0);
  const frame = { data: key, key: true, temporalId: 0, timestamp: 0, capture: undefined };
  expect(await decoder.decode(frame)).toMatchObject({ ok: true, frame: { width: 2 } });
  const refused = { code: 'UNSUPPORTED' };
  await expect(codecs.createEncoder({ codec: 'H264', ...rates })).rejects.toMatchObject({
    ...refused,
    message: "nothing here can encode 'H264'; take one of VP8, VP9",
  });
  const layers = codecs.createEncoder({ codec: 'VP8', temporalLayers: 2, ...rates });
  await expect(layers).rejects.toMatchObject(refused);
});

test('behind a source that has everything none is looked for', async () => {
  const found: number[] = [];
  const codecs = await findVideoCodecs([
    finds(source(1, both('VP8'), both('VP9'), both('H264'))),
    () => {
      found.push(2);
      return Promise.reject(new Error('not installed'));
    },
  ]);
  expect(found).toEqual([]);
  expect(codecs.missing).toBeUndefined();
});

test('any source may be missing: one line says which, the others work', async () => {
  const codecs = await findVideoCodecs([
    lacks('no add-on:\n  build it'),
    finds(source(2, both('VP9'))),
    lacks('no decoder: install it'),
  ]);
  expect(codecs.capabilities.map(({ codec }) => codec)).toEqual(['VP9']);
  expect(codecs.missing).toBe('no add-on: build it; no decoder: install it');
  const encoder = await codecs.createEncoder({ codec: 'VP9', ...rates });
  expect((await encoder.encode(picture))?.data[0]).toBe(2);
  await expect(codecs.createDecoder({ codec: 'H264' })).rejects.toMatchObject({
    message:
      "nothing here can decode 'H264'; take one of VP9; no add-on: build it; no decoder: install it",
  });
});

test('without any source nothing can be created, and one line says why', async () => {
  const codecs = await findVideoCodecs([lacks('no add-on\n  install it')]);
  expect(codecs).toMatchObject({ name: 'none', capabilities: [], missing: 'no add-on install it' });
  const refused = { code: 'UNSUPPORTED', message: expect.stringContaining('no add-on install it') };
  await expect(codecs.createEncoder({ codec: 'VP9', ...rates })).rejects.toMatchObject(refused);
  await expect(codecs.createDecoder({ codec: 'VP9' })).rejects.toMatchObject(refused);
});
