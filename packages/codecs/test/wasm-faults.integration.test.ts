import { readFileSync } from 'node:fs';
import { expect, jest, test } from '@jest/globals';
import { i420Picture, movingPicture, psnr, type EncodedVideoFrame } from '../src/index.js';
import { QueuedDecoder } from '../src/video/queued-decoder.js';
import { QueuedEncoder } from '../src/video/queued-encoder.js';
import { ThreadDecoderEngine, ThreadEncoderEngine } from '../src/video/wasm/thread-engines.js';
import { codecs as native, describeNative } from './support/native-video.js';
import { decoded, encodeAll, picture, withPair } from './support/video-conformance.js';
import { wasmCodecs } from './support/wasm-video.js';

// Thousands of frames; on a busy machine that takes its time.
jest.setTimeout(240_000);

const aborting = new URL('support/aborting-libav.mjs', import.meta.url).href;
const options = { codec: 'VP9', bitrate: 200_000, fps: 30 } as const;

test('VP9: a small frame with a picture of gigabytes behind it is refused, and its memory given back', async () => {
  await withPair(
    { encoders: wasmCodecs, decoders: wasmCodecs },
    { codec: 'VP9' },
    async (encoder, decoder) => {
      const frame = (await encoder.encode(picture(0)))!;
      const huge = frame.data.slice();
      // Width and height less one, 16 bits each behind 4 bits (VP9 bitstream specification §7.2): 16,384 each.
      huge.set([(huge[4]! & 0xf0) | 3, 0xff, 0xf3, 0xff, 0xf0 | (huge[8]! & 0x0f)], 4);
      // A superframe (annex B): the frames, then an index with the length of each in two bytes.
      const length = [frame.data.length & 0xff, frame.data.length >> 8];
      const data = Uint8Array.from([...frame.data, ...huge, 0xc9, ...length, ...length, 0xc9]);
      const [resident, highest] = [process.memoryUsage.rss(), process.resourceUsage().maxRSS];
      expect(await decoder.decode({ ...frame, data })).toEqual({ ok: false, reason: 'corrupt' });
      expect(process.resourceUsage().maxRSS - highest).toBeLessThan(512 * 1024);
      await decoded(decoder, frame);
      expect(process.memoryUsage.rss() - resident).toBeLessThan(100_000_000);
    },
  );
});

test('a heap that aborts fails one picture of its encoder, and the next is a key frame', async () => {
  const engine = new ThreadEncoderEngine({ work: 'encode', codec: 'VP9', library: aborting });
  const encoder = new QueuedEncoder(
    options,
    { ...options, encode: true, decode: true, temporalLayers: 1 },
    engine,
  );
  const wasm = { encoders: wasmCodecs, decoders: wasmCodecs };
  await withPair(wasm, options, async (other, decoder) => {
    const keys: (boolean | undefined)[] = [];
    const failures: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      const frame = await encoder.encode(picture(i)).catch((error: unknown) => {
        failures.push(error);
      });
      keys.push(frame?.key);
      if (frame) await decoded(decoder, frame);
      expect((await other.encode(picture(i)))?.key).toBe(i === 0);
    }
    expect(keys).toEqual([true, false, undefined, true, false]);
    expect(failures).toMatchObject([{ code: 'CODEC_FAILED', cause: { message: 'unreachable' } }]);
    expect(encoder.statistics).toMatchObject({ encoded: 4, failed: 1 });
  });
  encoder.close();
});

test('a heap that aborts fails one frame of its decoder, which goes on with the next key frame', async () => {
  const engine = new ThreadDecoderEngine({ work: 'decode', codec: 'VP9', library: aborting });
  const decoder = new QueuedDecoder('VP9', engine);
  const encoder = await wasmCodecs.createEncoder(options);
  const outcomes: string[] = [];
  for (let i = 0; i < 6; i++) {
    const frame = await encoder.encode(picture(i), { keyFrame: i === 4 });
    const result = await decoder.decode(frame!);
    outcomes.push(result.ok ? 'shown' : result.reason);
  }
  expect(outcomes).toEqual(['shown', 'shown', 'corrupt', 'key-frame-needed', 'shown', 'shown']);
  encoder.close();
  decoder.close();
});

test('a library that cannot be loaded fails every picture, and says why', async () => {
  const library = new URL('support/no-such-library.mjs', import.meta.url).href;
  const engine = new ThreadEncoderEngine({ work: 'encode', codec: 'VP9', library });
  for (let i = 0; i < 2; i++)
    await expect(
      engine.encode(picture(i), { ...options, keyFrame: false, temporalLayers: 1 }),
    ).rejects.toThrow('no-such-library.mjs');
  engine.close();
});

/** Decodes the pictures of five slices each, and tells how close they come to what was encoded. */
async function throughSlices(alter: (data: Uint8Array) => Uint8Array): Promise<number[]> {
  const file = readFileSync(new URL('fixtures/five-slices.json', import.meta.url), 'utf8');
  const { frames } = JSON.parse(file) as { frames: string[] };
  const decoder = await wasmCodecs.createDecoder({ codec: 'H264' });
  const source = movingPicture(96, 80);
  const quality: number[] = [];
  for (const [i, text] of frames.entries()) {
    const data = alter(new Uint8Array(Buffer.from(text, 'base64')));
    const frame = { data, key: i === 0, temporalId: 0, timestamp: 0, capture: undefined };
    quality.push(psnr(source(i), await decoded(decoder, frame)));
  }
  decoder.close();
  return quality;
}

test('H264: pictures of several slices are shown whole', async () => {
  const quality = await throughSlices((data) => data);
  expect(quality).toHaveLength(3);
  expect(Math.min(...quality)).toBeGreaterThan(40);
});

test('H264: a stream that does not say its pictures are in order is shown without delay', async () => {
  // The same parameter set without its VUI, whose bitstream restriction says so (ITU-T H.264 §E.2.1).
  const set = Buffer.from('000000016742c00b8c8d431620', 'hex');
  const quality = await throughSlices((data) =>
    (data[4]! & 0x1f) === 7
      ? Uint8Array.from([...set, ...data.subarray(data.indexOf(0x68) - 4)])
      : data,
  );
  expect(quality).toHaveLength(3);
  expect(Math.min(...quality)).toBeGreaterThan(40);
});

describeNative('H.264 from the add-on', () => {
  test('a frame larger than the buffer of h264decoder is refused, and the next key frame shown', async () => {
    await withPair(
      { encoders: native, decoders: wasmCodecs },
      { codec: 'H264' },
      async (encoder, decoder) => {
        const [key, delta] = await encodeAll(encoder, 0, 2);
        const data = new Uint8Array((1 << 20) + 1);
        data.set(key!.data);
        expect(await decoder.decode({ ...key!, data })).toEqual({ ok: false, reason: 'corrupt' });
        // Filled up to the last byte it is still a frame.
        const largest = data.slice(0, 1 << 20);
        await decoded(decoder, { ...key!, data: largest });
        await decoded(decoder, delta!);
      },
    );
  });

  test('the largest picture is shown', async () => {
    await withPair(
      { encoders: native, decoders: wasmCodecs },
      { codec: 'H264' },
      async (encoder, decoder) => {
        const source = { ...i420Picture(4096, 2304), timestamp: 0, capture: undefined };
        const seen = await decoded(decoder, (await encoder.encode(source))!);
        expect([seen.width, seen.height]).toEqual([4096, 2304]);
      },
    );
  });
});

/** Numbers below `n` from a seed (mulberry32). */
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * n);
  };
}

/** One of the ways in which bytes arrive damaged, or are made to look like it. */
function damage(frame: Uint8Array, other: Uint8Array, below: (n: number) => number): Uint8Array {
  const data = frame.slice();
  switch (below(7)) {
    case 0:
      for (let i = 1 + below(8); i > 0; i--) data[below(data.length)]! ^= 1 << below(8);
      return data;
    case 1:
      // The header decides what a decoder allocates and where it reads.
      for (let i = 1 + below(4); i > 0; i--) data[below(Math.min(40, data.length))] = below(256);
      return data;
    case 2:
      return data.subarray(0, 1 + below(data.length));
    case 3: {
      const at = below(data.length);
      data.set(other.subarray(0, data.length - at), at);
      return data;
    }
    case 4:
      return Uint8Array.from([...data, ...other]);
    case 5:
      return Uint8Array.from({ length: 1 + below(300) }, () => below(256));
    default: {
      const at = below(data.length);
      data.fill(below(2) * 255, at, at + below(64));
      return data;
    }
  }
}

test.each(['VP8', 'VP9', 'H264'] as const)(
  '%s: 4,000 damaged frames are refused or shown, and key frames after them',
  async (codec) => {
    const encoders = wasmCodecs.capabilities.some((each) => each.codec === codec && each.encode)
      ? wasmCodecs
      : native;
    if (!encoders.capabilities.some((each) => each.codec === codec)) return;
    const seed = Date.now() % 1_000_000;
    const below = random(seed);
    const small = movingPicture(176, 144);
    await withPair({ encoders, decoders: wasmCodecs }, { codec }, async (encoder, decoder) => {
      const clip: EncodedVideoFrame[] = [];
      for (let i = 0; i < 24; i++)
        clip.push((await encoder.encode(small(i), { keyFrame: i % 8 === 0 }))!);
      const outcomes: Record<string, number> = {};
      for (let i = 0; i < 4000; i++) {
        const at = i % clip.length;
        const frame = clip[at]!;
        const data = damage(frame.data, clip[below(clip.length)]!.data, below);
        const result = await decoder.decode({ ...frame, data });
        const outcome = result.ok ? 'shown' : result.reason;
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (result.ok && result.frame) decoder.recycle(result.frame);
        if (result.ok && !frame.key) continue;
        // The damage shall meet a decoder in mid-stream: bring it back there from the last key frame on.
        const from = clip.findLastIndex(({ key }, k) => key && k <= at);
        for (const whole of clip.slice(from, at + 1)) {
          const again = await decoder.decode(whole);
          if (!again.ok && whole.key) throw new Error(`seed ${seed}: no key frame after ${i}`);
          if (again.ok && again.frame) decoder.recycle(again.frame);
        }
      }
      expect({ seed, ...outcomes }).toMatchObject({ seed, shown: expect.any(Number) });
      expect(outcomes['corrupt']).toBeGreaterThan(400);
      expect(outcomes['shown']).toBeGreaterThan(100);
    });
  },
);
