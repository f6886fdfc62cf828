import { expect, test } from '@jest/globals';
import { i420Picture, type EncodedVideoFrame, type VideoFrame } from '../src/index.js';
import type { DecoderEngine, EncoderEngine, EngineSettings } from '../src/video/engine.js';
import { QueuedDecoder } from '../src/video/queued-decoder.js';
import { QueuedEncoder } from '../src/video/queued-encoder.js';

type Packet = Awaited<ReturnType<EncoderEngine['encode']>>;

/** An encoder that finishes a picture when told; a packet is the picture's first sample. */
class SlowEngine implements EncoderEngine {
  readonly settings: EngineSettings[] = [];
  closed = false;
  #finish: (() => void) | undefined;
  #outcome: 'packet' | 'dropped' | 'failed' = 'packet';

  encode({ y }: VideoFrame, settings: EngineSettings): Promise<Packet> {
    this.settings.push(settings);
    const data = y.data.slice(0, 1);
    return new Promise((resolve, reject) => {
      this.#finish = () => {
        if (this.#outcome === 'failed') reject(new Error('out of memory'));
        else if (this.#outcome === 'dropped') resolve(undefined);
        else resolve({ data, key: settings.keyFrame, temporalId: 0 });
      };
    });
  }

  /** Ends the picture under way and lets the next one start. */
  async finish(outcome: 'packet' | 'dropped' | 'failed' = 'packet'): Promise<void> {
    this.#outcome = outcome;
    this.#finish?.();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }
}

function slowEncoder(): { engine: SlowEngine; encoder: QueuedEncoder } {
  const engine = new SlowEngine();
  const options = { codec: 'VP9', bitrate: 500_000, fps: 30 } as const;
  const capability = { codec: 'VP9', encode: true, decode: true, temporalLayers: 3 } as const;
  return { engine, encoder: new QueuedEncoder(options, capability, engine) };
}

function picture(value: number): VideoFrame {
  const frame = { ...i420Picture(16, 16), timestamp: value * 3000, capture: undefined };
  frame.y.data.fill(value);
  return frame;
}

test('the newest picture waits, and those before it give way', async () => {
  const { engine, encoder } = slowEncoder();
  const out = [1, 2, 3, 4].map((value) => encoder.encode(picture(value)));
  await engine.finish();
  await engine.finish();
  const frames = await Promise.all(out);
  expect(frames.map((frame) => frame?.data[0])).toEqual([1, undefined, undefined, 4]);
  expect(frames[3]?.timestamp).toBe(12_000);
  expect(encoder.statistics).toMatchObject({ encoded: 2, replaced: 2 });
});

test('a waiting picture is what it was when it was given', async () => {
  const { engine, encoder } = slowEncoder();
  void encoder.encode(picture(1));
  const reused = picture(2);
  const out = encoder.encode(reused);
  reused.y.data.fill(99);
  await engine.finish();
  await engine.finish();
  expect((await out)?.data[0]).toBe(2);
});

test('a key frame asked for with a picture that gives way is made of the next', async () => {
  const { engine, encoder } = slowEncoder();
  void encoder.encode(picture(1));
  void encoder.encode(picture(2), { keyFrame: true });
  const out = encoder.encode(picture(3));
  await engine.finish();
  await engine.finish();
  expect((await out)?.key).toBe(true);
  expect(encoder.statistics.keyFrames).toBe(1);
});

test('a key frame is owed until one comes out', async () => {
  const { engine, encoder } = slowEncoder();
  const dropped = encoder.encode(picture(1), { keyFrame: true });
  await engine.finish('dropped');
  const failed = encoder.encode(picture(2)).catch((error: unknown) => error);
  await engine.finish('failed');
  const made = encoder.encode(picture(3));
  await engine.finish();
  void encoder.encode(picture(4));
  await engine.finish();
  expect(await dropped).toBeUndefined();
  expect(await failed).toMatchObject({ code: 'CODEC_FAILED' });
  expect((await made)?.key).toBe(true);
  expect(engine.settings.map(({ keyFrame }) => keyFrame)).toEqual([true, true, true, false]);
  expect(encoder.statistics).toEqual({
    encoded: 2,
    keyFrames: 1,
    replaced: 0,
    rateDropped: 1,
    failed: 1,
  });
});

test('a key frame asked for while another is made is still owed', async () => {
  const { engine, encoder } = slowEncoder();
  void encoder.encode(picture(1), { keyFrame: true });
  const out = encoder.encode(picture(2), { keyFrame: true });
  await engine.finish();
  await engine.finish();
  expect((await out)?.key).toBe(true);
});

test('new rates and layers hold from the next picture on', async () => {
  const { engine, encoder } = slowEncoder();
  void encoder.encode(picture(1));
  encoder.setRates({ bitrate: 200_000 });
  encoder.setRates({ fps: 15 });
  encoder.configure({ temporalLayers: 2 });
  await engine.finish();
  void encoder.encode(picture(2));
  await engine.finish();
  expect(engine.settings.map((each) => [each.bitrate, each.fps, each.temporalLayers])).toEqual([
    [500_000, 30, 1],
    [200_000, 15, 2],
  ]);
});

test.each([{ bitrate: 9999 }, { bitrate: Number.NaN }, { fps: 0 }, { fps: 241 }])(
  'rates out of range are refused and change nothing: %j',
  async (rates) => {
    const { engine, encoder } = slowEncoder();
    expect(() => encoder.setRates(rates)).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }),
    );
    expect(() => encoder.configure({ temporalLayers: 4 })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
    void encoder.encode(picture(1));
    await engine.finish();
    expect(engine.settings).toEqual([
      { bitrate: 500_000, fps: 30, temporalLayers: 1, keyFrame: false },
    ]);
  },
);

test('closing ends what is under way and what waits', async () => {
  const { engine, encoder } = slowEncoder();
  const out = [encoder.encode(picture(1)), encoder.encode(picture(2))];
  encoder.close();
  encoder.close();
  await engine.finish();
  expect(await Promise.all(out)).toEqual([undefined, undefined]);
  expect(engine.closed).toBe(true);
  expect(engine.settings).toHaveLength(1);
  await expect(encoder.encode(picture(3))).rejects.toMatchObject({ code: 'CLOSED' });
});

/** A decoder that finishes a frame when told; a picture's samples are the frame's last byte. */
class SlowDecoderEngine implements DecoderEngine {
  closed = false;
  readonly seen: number[] = [];
  #finish: (() => void) | undefined;

  decode(data: Uint8Array): ReturnType<DecoderEngine['decode']> {
    const value = data.at(-1)!;
    this.seen.push(value);
    return new Promise((resolve) => {
      this.#finish = () => resolve(picture(value));
    });
  }

  async finish(times = 1): Promise<void> {
    for (let i = 0; i < times * 10; i++) {
      if (i % 10 === 0) this.#finish?.();
      await Promise.resolve();
    }
  }

  close(): void {
    this.closed = true;
  }
}

const KEY = [0xf0, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0];
const DELTA = [0xb1, 0, 0, 0];

/** A VP8 frame whose last byte is `value`. */
function encoded(value: number, key = false): EncodedVideoFrame {
  const data = Uint8Array.from([...(key ? KEY : DELTA), value]);
  return { data, key, temporalId: 0, timestamp: value, capture: undefined };
}

test('a decoder that falls behind drops up to the next key frame, and what is before that one', async () => {
  const engine = new SlowDecoderEngine();
  const decoder = new QueuedDecoder('VP8', engine);
  const out = Array.from({ length: 35 }, (_, i) => decoder.decode(encoded(i, i === 0)));
  out.push(decoder.decode(encoded(35, true)), decoder.decode(encoded(36)));
  await engine.finish(40);
  const results = await Promise.all(out);
  expect(engine.seen).toEqual([0, 35, 36]);
  const reasons = results.map((each) => (each.ok ? each.frame?.timestamp : each.reason));
  expect(reasons).toEqual([0, ...Array.from({ length: 34 }, () => 'queue-full'), 35, 36]);
  expect(decoder.statistics).toMatchObject({ decoded: 3, dropped: { 'queue-full': 34 } });
});

test('a decoder that has caught up takes nothing behind the gap either', async () => {
  const engine = new SlowDecoderEngine();
  const decoder = new QueuedDecoder('VP8', engine);
  const out = Array.from({ length: 32 }, (_, i) => decoder.decode(encoded(i, i === 0)));
  await engine.finish(40);
  const before = await Promise.all(out);
  expect(before.filter(({ ok }) => ok)).toHaveLength(31);
  expect(await decoder.decode(encoded(32))).toEqual({ ok: false, reason: 'queue-full' });
  const key = decoder.decode(encoded(33, true));
  await engine.finish();
  expect(await key).toMatchObject({ ok: true });
});

test('frames come out in the order they went in', async () => {
  const engine = new SlowDecoderEngine();
  const decoder = new QueuedDecoder('VP8', engine);
  const order: number[] = [];
  const out = [0, 1, 2].map(async (i) => {
    const result = await decoder.decode(encoded(i, i === 0));
    if (result.ok) order.push(result.frame?.y.data[0] ?? -1);
  });
  await engine.finish(4);
  await Promise.all(out);
  expect(order).toEqual([0, 1, 2]);
});

test('a picture too large to decode is not begun', async () => {
  const engine = new SlowDecoderEngine();
  const decoder = new QueuedDecoder('VP8', engine);
  const huge = Uint8Array.from([...KEY.slice(0, 6), 0xff, 0x3f, 0xff, 0x3f, 0]);
  expect(await decoder.decode({ ...encoded(1, true), data: huge })).toEqual({
    ok: false,
    reason: 'too-large',
  });
  expect(engine.seen).toEqual([]);
});

test('closing a decoder answers everything that waits', async () => {
  const engine = new SlowDecoderEngine();
  const decoder = new QueuedDecoder('VP8', engine);
  const out = [0, 1, 2].map((i) => decoder.decode(encoded(i, i === 0)));
  decoder.close();
  await engine.finish();
  expect(engine.closed).toBe(true);
  const closed = { ok: false, reason: 'closed' };
  expect(await Promise.all([...out, decoder.decode(encoded(3))])).toEqual([
    closed,
    closed,
    closed,
    closed,
  ]);
});
