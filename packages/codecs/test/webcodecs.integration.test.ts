import { expect, test } from '@jest/globals';
import { i420Picture, loadOpus, movingPicture, psnr } from '../src/index.js';
import { PictureScaler } from '../src/webcodecs/picture-scaler.js';
import {
  webCodecs,
  type EncodedVideoChunk,
  type EncodedVideoChunkMetadata,
  type VideoEncoderConfig,
  type VideoFrame,
  type WebVideoEncoder,
} from '../src/webcodecs/index.js';
import { codecs, describeNative } from './support/native-video.js';

const WIDTH = 320;
const HEIGHT = 180;
const picture = movingPicture(WIDTH, HEIGHT);
const web = webCodecs({ video: codecs, opus: await loadOpus() });

const config = (codec: string, more: Partial<VideoEncoderConfig> = {}): VideoEncoderConfig => ({
  codec,
  width: WIDTH,
  height: HEIGHT,
  bitrate: 600_000,
  framerate: 30,
  latencyMode: 'realtime',
  avc: { format: 'annexb' },
  ...more,
});
/** Times that no clock of 90 kHz can tell. */
const time = (i: number): number => i * 33_333 + 7;

const fail = (error: DOMException): void => {
  throw error;
};

/** An encoder, and what came of it. */
function encoder() {
  const chunks: EncodedVideoChunk[] = [];
  const metadata: EncodedVideoChunkMetadata[] = [];
  const codec = new web.VideoEncoder({
    output: (chunk, data) => {
      chunks.push(chunk);
      metadata.push(data);
    },
    error: fail,
  });
  return { codec, chunks, metadata };
}

/** Gives the pictures from one index to before another; never more than two wait. */
async function encode(codec: WebVideoEncoder, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const frame = new web.VideoFrame(picture(i), { timestamp: time(i), duration: 33_333 });
    codec.encode(frame);
    frame.close();
    while (codec.encodeQueueSize > 2) {
      await new Promise((resolve) => codec.addEventListener('dequeue', resolve, { once: true }));
    }
  }
  await codec.flush();
}

/** What is seen of chunks: the index of each picture, and how close to what was encoded it is. */
async function watch(
  chunks: readonly EncodedVideoChunk[],
  codec: string,
): Promise<{ index: number; db: number }[]> {
  const frames: VideoFrame[] = [];
  const decoder = new web.VideoDecoder({ output: (frame) => frames.push(frame), error: fail });
  decoder.configure({ codec });
  for (const chunk of chunks) decoder.decode(chunk);
  await decoder.flush();
  decoder.close();
  const seen = [];
  for (const frame of frames) {
    const data = new Uint8Array(frame.allocationSize());
    await frame.copyTo(data);
    const index = (frame.timestamp - 7) / 33_333;
    seen.push({ index, db: psnr(picture(index), i420Picture(WIDTH, HEIGHT, data)) });
    frame.close();
  }
  return seen;
}

describeNative('WebCodecs on native codecs', () => {
  test.each(['vp8', 'vp09.00.10.08', 'avc1.42e01f'])('%s: pictures cross', async (name) => {
    const { codec, chunks, metadata } = encoder();
    codec.configure(config(name));
    await encode(codec, 0, 30);
    codec.close();
    expect(chunks.map(({ timestamp }) => timestamp)).toEqual(
      Array.from({ length: 30 }, (_, i) => time(i)),
    );
    expect(chunks.map(({ type }) => type).indexOf('key', 1)).toBe(-1);
    expect(metadata[0]!.decoderConfig).toEqual({
      codec: name,
      codedWidth: WIDTH,
      codedHeight: HEIGHT,
    });
    const seen = await watch(chunks, name);
    expect(seen.map(({ index }) => index)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(Math.min(...seen.map(({ db }) => db))).toBeGreaterThan(28);
  });

  test('a new bitrate is reached without a key frame', async () => {
    const { codec, chunks } = encoder();
    codec.configure(config('vp09.00.10.08', { bitrate: 800_000 }));
    await encode(codec, 0, 60);
    const before = chunks.splice(0);
    codec.configure(config('vp09.00.10.08', { bitrate: 200_000 }));
    await encode(codec, 60, 120);
    codec.close();
    expect(chunks.some(({ type }) => type === 'key')).toBe(false);
    const size = (of: readonly EncodedVideoChunk[]): number =>
      of.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(size(chunks.slice(-30))).toBeLessThan(size(before.slice(-30)) / 2);
  });

  test('layers can be left out, and say so', async () => {
    const { codec, chunks, metadata } = encoder();
    codec.configure(config('vp09.00.10.08', { scalabilityMode: 'L1T3' }));
    await encode(codec, 0, 16);
    codec.close();
    const layers = metadata.map(({ svc }) => svc!.temporalLayerId);
    expect(layers).toEqual([0, 2, 1, 2, 0, 2, 1, 2, 0, 2, 1, 2, 0, 2, 1, 2]);
    const base = chunks.filter((_, i) => layers[i] === 0);
    const seen = await watch(base, 'vp09.00.10.08');
    expect(seen.map(({ index }) => index)).toEqual([0, 4, 8, 12]);
    expect(Math.min(...seen.map(({ db }) => db))).toBeGreaterThan(28);
  });

  test('frames of another size are seen in that which is configured', async () => {
    const large = movingPicture(640, 360);
    const { codec, chunks } = encoder();
    codec.configure(config('vp8'));
    for (let i = 0; i < 5; i++) codec.encode(new web.VideoFrame(large(i), { timestamp: i }));
    await codec.flush();
    codec.close();
    const frames: VideoFrame[] = [];
    const decoder = new web.VideoDecoder({ output: (frame) => frames.push(frame), error: fail });
    decoder.configure({ codec: 'vp8' });
    for (const chunk of chunks) decoder.decode(chunk);
    await decoder.flush();
    decoder.close();
    expect(frames).toHaveLength(5);
    const data = new Uint8Array(frames[4]!.allocationSize());
    await frames[4]!.copyTo(data);
    const wanted = new PictureScaler(640, 360, WIDTH, HEIGHT).scale(large(4));
    expect(psnr(wanted, i420Picture(WIDTH, HEIGHT, data))).toBeGreaterThan(28);
  });

  test('a level that is too low for the picture is refused', async () => {
    const hd = config('avc1.42e01f', { width: 1920, height: 1080 });
    expect(await web.VideoEncoder.isConfigSupported(hd)).toMatchObject({ supported: false });
    const higher = { ...hd, codec: 'avc1.42e028' };
    expect(await web.VideoEncoder.isConfigSupported(higher)).toMatchObject({ supported: true });
  });
});
