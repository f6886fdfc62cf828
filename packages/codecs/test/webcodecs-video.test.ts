import { beforeEach, describe, expect, test } from '@jest/globals';
import { loadOpus, UnsupportedError } from '../src/index.js';
import { rtpTicks } from '../src/webcodecs/rtp-ticks.js';
import {
  webCodecs,
  type EncodedVideoChunk,
  type EncodedVideoChunkMetadata,
  type VideoDecoderConfig,
  type VideoEncoderConfig,
  type VideoFrame,
  type WebCodecs,
  type WebVideoEncoder,
} from '../src/webcodecs/index.js';
import { DELTA, KEY, TestProvider } from './support/video-provider.js';

const opus = await loadOpus();
let provider: TestProvider;
let web: WebCodecs;
beforeEach(() => {
  provider = new TestProvider();
  web = webCodecs({ video: provider, opus });
});

const CONFIG: VideoEncoderConfig = {
  codec: 'vp8',
  width: 16,
  height: 16,
  bitrate: 100_000,
  framerate: 30,
  latencyMode: 'realtime',
};

/** A picture of 16 by 16 that begins with `value`. */
function frame(value: number, timestamp: number = value * 33_333): VideoFrame {
  const data = new Uint8Array(384);
  data[0] = value;
  const init = { format: 'I420', codedWidth: 16, codedHeight: 16, timestamp } as const;
  return new web.VideoFrame(data, { ...init, duration: 33_333 });
}

interface Told {
  readonly chunks: EncodedVideoChunk[];
  readonly metadata: EncodedVideoChunkMetadata[];
  readonly errors: string[];
  readonly events: string[];
}

function encoder(): Told & { codec: WebVideoEncoder } {
  const told: Told = { chunks: [], metadata: [], errors: [], events: [] };
  const codec = new web.VideoEncoder({
    output: (chunk, metadata) => {
      told.chunks.push(chunk);
      told.metadata.push(metadata);
      told.events.push(`output ${chunk.timestamp}`);
    },
    error: ({ name }) => {
      told.errors.push(name);
      told.events.push(`error ${codec.state}`);
    },
  });
  return { ...told, codec };
}

function encode(codec: WebVideoEncoder, value: number, keyFrame = false): void {
  const input = frame(value);
  codec.encode(input, { keyFrame });
  input.close();
}

function lastByte(chunk: EncodedVideoChunk): number {
  const data = new Uint8Array(chunk.byteLength);
  chunk.copyTo(data);
  return data.at(-1)!;
}

/** Lets all that can happen without the provider happen. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

const named = (name: string) => expect.objectContaining({ name });

describe('a video encoder', () => {
  test('gives a chunk for each frame, in order, with the times of its frame', async () => {
    const { codec, chunks, metadata } = encoder();
    codec.configure(CONFIG);
    const times = [-7, 0, 33_333, 9_007_199_254_740_991];
    for (const [i, timestamp] of times.entries()) codec.encode(frame(i, timestamp));
    await codec.flush();
    expect(chunks.map(({ timestamp }) => timestamp)).toEqual(times);
    expect(chunks.map(({ duration }) => duration)).toEqual(times.map(() => 33_333));
    expect(chunks.map(({ type }) => type)).toEqual(['key', 'delta', 'delta', 'delta']);
    expect(chunks.map(lastByte)).toEqual([0, 1, 2, 3]);
    expect(provider.timestamps).toEqual(times.map(rtpTicks));
    expect(metadata[0]).toEqual({
      decoderConfig: { codec: 'vp8', codedWidth: 16, codedHeight: 16 },
    });
    expect(metadata.slice(1)).toEqual([{}, {}, {}]);
  });

  test('goes through its states as the specification says', async () => {
    const { codec, errors } = encoder();
    expect(codec.state).toBe('unconfigured');
    expect(() => codec.encode(frame(1))).toThrow(named('InvalidStateError'));
    await expect(codec.flush()).rejects.toEqual(named('InvalidStateError'));
    codec.reset();
    codec.configure(CONFIG);
    expect(codec.state).toBe('configured');
    codec.reset();
    expect(codec.state).toBe('unconfigured');
    codec.configure(CONFIG);
    codec.close();
    expect(codec.state).toBe('closed');
    expect(() => codec.encode(frame(1))).toThrow(named('InvalidStateError'));
    expect(() => codec.configure(CONFIG)).toThrow(named('InvalidStateError'));
    expect(() => codec.reset()).toThrow(named('InvalidStateError'));
    expect(() => codec.close()).toThrow(named('InvalidStateError'));
    await expect(codec.flush()).rejects.toEqual(named('InvalidStateError'));
    await settle();
    expect(errors).toEqual([]);
    expect(provider.open).toBe(0);
  });

  test('tells nothing before the call has returned', async () => {
    const { codec, events } = encoder();
    codec.configure({ ...CONFIG, codec: 'av01.0.04M.08' });
    expect([codec.state, events]).toEqual(['configured', []]);
    await settle();
    expect([codec.state, events]).toEqual(['closed', ['error closed']]);
  });

  test('counts what waits, and tells when that gets less', async () => {
    const { codec } = encoder();
    const sizes: number[] = [];
    codec.ondequeue = () => sizes.push(codec.encodeQueueSize);
    let heard = 0;
    codec.addEventListener('dequeue', () => heard++);
    provider.hold();
    codec.configure(CONFIG);
    for (const i of [1, 2, 3]) encode(codec, i);
    expect(codec.encodeQueueSize).toBe(3);
    const flushed = codec.flush();
    for (let i = 0; i < 4; i++) {
      await settle();
      provider.step();
    }
    await flushed;
    expect(sizes).toEqual([2, 1, 0]);
    expect(heard).toBe(3);
    codec.ondequeue = null;
    encode(codec, 4);
    provider.step(true);
    await codec.flush();
    expect(sizes).toHaveLength(3);
    codec.ondequeue = 'nothing' as never;
    expect(codec.ondequeue).toBeNull();
    encode(codec, 5);
    await codec.flush();
  });

  test('resolves a flush after all outputs before it, and no sooner', async () => {
    const { codec, events } = encoder();
    codec.configure(CONFIG);
    const flushes: Promise<void>[] = [];
    for (const i of [1, 2]) {
      encode(codec, i);
      flushes.push(codec.flush().then(() => void events.push(`flush ${i}`)));
    }
    await Promise.all(flushes);
    expect(events).toEqual(['output 33333', 'flush 1', 'output 66666', 'flush 2']);
  });

  test.each(['reset', 'close'] as const)(
    '%s rejects flushes with AbortError and gives nothing of what was under way',
    async (end) => {
      const { codec, events } = encoder();
      codec.configure(CONFIG);
      encode(codec, 1);
      await codec.flush();
      provider.hold();
      for (const i of [2, 3]) encode(codec, i);
      const flushed = codec.flush();
      await settle();
      codec[end]();
      expect(codec.encodeQueueSize).toBe(0);
      await expect(flushed).rejects.toEqual(named('AbortError'));
      provider.step(true);
      await settle();
      expect(events).toEqual(['output 33333']);
      expect(provider.open).toBe(0);
    },
  );

  test('can be configured again right after a reset, and begins with a key frame', async () => {
    const { codec, chunks } = encoder();
    provider.hold();
    codec.configure(CONFIG);
    encode(codec, 1);
    await settle();
    codec.reset();
    codec.configure(CONFIG);
    encode(codec, 2);
    provider.step(true);
    await codec.flush();
    expect(chunks.map((chunk) => [chunk.type, lastByte(chunk)])).toEqual([['key', 2]]);
    expect(provider.open).toBe(1);
  });

  test('follows bitrate and framerate without a key frame, on the same encoder', async () => {
    const { codec, chunks } = encoder();
    codec.configure(CONFIG);
    encode(codec, 1);
    codec.configure({ ...CONFIG, bitrate: 50_000, framerate: 15 });
    encode(codec, 2);
    await codec.flush();
    expect(provider.settings.map(({ bitrate, fps }) => [bitrate, fps])).toEqual([
      [100_000, 30],
      [50_000, 15],
    ]);
    expect(chunks.map(({ type }) => type)).toEqual(['key', 'delta']);
    expect(provider.encoders).toBe(1);
  });

  test('begins with a key frame at another size and with another codec', async () => {
    const { codec, chunks, metadata } = encoder();
    codec.configure(CONFIG);
    encode(codec, 1);
    codec.configure({ ...CONFIG, width: 32 });
    const init = { format: 'I420', codedWidth: 32, codedHeight: 16, timestamp: 0 } as const;
    codec.encode(new web.VideoFrame(new Uint8Array(768), init));
    codec.configure({ ...CONFIG, codec: 'vp09.00.10.08' });
    encode(codec, 3);
    await codec.flush();
    expect(chunks.map(({ type }) => type)).toEqual(['key', 'key', 'key']);
    expect(metadata.map(({ decoderConfig }) => decoderConfig)).toEqual([
      { codec: 'vp8', codedWidth: 16, codedHeight: 16 },
      { codec: 'vp8', codedWidth: 32, codedHeight: 16 },
      { codec: 'vp09.00.10.08', codedWidth: 16, codedHeight: 16 },
    ]);
    expect(provider.open).toBe(1);
  });

  test('makes key frames when asked, also for a frame that rate control drops', async () => {
    const { codec, chunks } = encoder();
    codec.configure(CONFIG);
    encode(codec, 1);
    encode(codec, 2, true);
    encode(codec, 255, true);
    encode(codec, 4);
    encode(codec, 5);
    await codec.flush();
    expect(chunks.map((chunk) => [chunk.type, lastByte(chunk)])).toEqual([
      ['key', 1],
      ['key', 2],
      ['key', 4],
      ['delta', 5],
    ]);
  });

  test('drops the oldest frames where more than 30 wait, but not a key frame asked for', async () => {
    const { codec, chunks } = encoder();
    provider.hold();
    codec.configure(CONFIG);
    let told = 0;
    codec.ondequeue = () => told++;
    for (let i = 0; i < 40; i++) encode(codec, i, i === 5);
    expect(codec.encodeQueueSize).toBe(30);
    await settle();
    expect(told).toBe(1);
    provider.step(true);
    await settle();
    provider.step(true);
    await codec.flush();
    expect(chunks.map(lastByte)).toEqual(Array.from({ length: 30 }, (_, i) => i + 10));
    expect(provider.settings[0]!.keyFrame).toBe(true);
    expect(provider.settings[1]!.keyFrame).toBe(false);
  });

  test('tells the layer of each chunk where there are several', async () => {
    const { codec, metadata } = encoder();
    const layered = { ...CONFIG, codec: 'vp09.00.10.08', scalabilityMode: 'L1T3' };
    codec.configure(layered);
    for (const i of [1, 2, 3, 4]) encode(codec, i);
    await codec.flush();
    expect(metadata.map(({ svc }) => svc?.temporalLayerId)).toEqual([0, 2, 1, 2]);
    expect(provider.settings[0]!.temporalLayers).toBe(3);
    codec.configure({ ...layered, scalabilityMode: 'L1T2' });
    for (const i of [5, 6]) encode(codec, i);
    await codec.flush();
    expect(provider.settings.at(-1)!.temporalLayers).toBe(2);
    expect([metadata.length, provider.encoders]).toEqual([6, 1]);
  });

  test('is closed with an error by a frame over which the codec fails', async () => {
    const { codec, errors } = encoder();
    codec.configure(CONFIG);
    for (const i of [254, 1]) encode(codec, i);
    await expect(codec.flush()).rejects.toEqual(named('EncodingError'));
    expect([codec.state, errors]).toEqual(['closed', ['EncodingError']]);
    expect(provider.open).toBe(0);
  });

  test('scales frames of other sizes to that which is configured', async () => {
    const { codec, chunks } = encoder();
    codec.configure(CONFIG);
    for (const [codedWidth, codedHeight, value] of [
      [32, 64, 10],
      [8, 8, 20],
      [17, 15, 30],
      [16, 16, 40],
      [17, 15, 50],
    ] as const) {
      const init = { format: 'I420', codedWidth, codedHeight, timestamp: 0 } as const;
      codec.encode(new web.VideoFrame(new Uint8Array(4_000).fill(value), init));
    }
    await codec.flush();
    expect(chunks.map(lastByte)).toEqual([10, 20, 30, 40, 50]);
  });

  test('does not take closed frames, and lets the caller close those it took', async () => {
    const { codec, chunks } = encoder();
    codec.configure(CONFIG);
    const closed = frame(1);
    closed.close();
    expect(() => codec.encode(closed)).toThrow(TypeError);
    expect(() => codec.encode({} as VideoFrame)).toThrow(TypeError);
    encode(codec, 7);
    await codec.flush();
    expect(chunks.map(lastByte)).toEqual([7]);
  });

  test('needs both callbacks', () => {
    const error = (): void => {};
    expect(() => new web.VideoEncoder({ error } as never)).toThrow(TypeError);
    expect(() => new web.VideoEncoder({ output: error } as never)).toThrow(TypeError);
  });

  test('is not disturbed by what failed before it was reset', async () => {
    const { codec, chunks, errors } = encoder();
    codec.configure(CONFIG);
    await codec.flush();
    provider.hold();
    encode(codec, 254);
    await settle();
    codec.reset();
    codec.configure(CONFIG);
    encode(codec, 1);
    provider.step(true);
    await codec.flush();
    expect([errors, chunks.length, codec.state]).toEqual([[], 1, 'configured']);
  });

  test('gives nothing once it is closed, however close an output was', async () => {
    for (let turns = 0; turns < 60; turns++) {
      const { codec, events } = encoder();
      codec.configure(CONFIG);
      await codec.flush();
      encode(codec, 1);
      for (let i = 0; i < turns; i++) await Promise.resolve();
      codec.close();
      const before = [...events];
      await settle();
      expect(events).toEqual(before);
    }
  });

  test('reports what a callback throws, and goes on', async () => {
    const reported: (() => void)[] = [];
    const real = globalThis.queueMicrotask;
    const outputs: number[] = [];
    const codec = new web.VideoEncoder({
      output: ({ timestamp }) => {
        outputs.push(timestamp);
        globalThis.queueMicrotask = (task) => void reported.push(task);
        throw new Error('the application failed');
      },
      error: () => {},
    });
    codec.configure(CONFIG);
    encode(codec, 1);
    await codec.flush();
    globalThis.queueMicrotask = real;
    expect(reported).toHaveLength(1);
    expect(reported[0]).toThrow('the application failed');
    expect([outputs, codec.state]).toEqual([[33_333], 'configured']);
  });

  test('goes on when a callback closes it', async () => {
    let outputs = 0;
    const codec: WebVideoEncoder = new web.VideoEncoder({
      output: () => {
        outputs++;
        codec.close();
      },
      error: () => {},
    });
    codec.configure(CONFIG);
    for (const i of [1, 2]) encode(codec, i);
    await expect(codec.flush()).rejects.toEqual(named('AbortError'));
    await settle();
    expect(outputs).toBe(1);
  });
});

describe('configurations of video', () => {
  const cases: [Partial<VideoEncoderConfig>, boolean][] = [
    [{}, true],
    [{ codec: 'vp09.00.10.08' }, true],
    [{ codec: 'vp09.00.41.08.01.01.01.01.00' }, true],
    [{ codec: 'vp09.02.10.10' }, false],
    [{ codec: 'vp09.00.99.08' }, false],
    [{ codec: 'vp09.00.10.08.03.01.01.01.00' }, false],
    [{ codec: 'vp9' }, false],
    [{ codec: 'VP8' }, false],
    [{ codec: 'avc1.42e01f', avc: { format: 'annexb' } }, true],
    [{ codec: 'avc1.42001E', avc: { format: 'annexb' } }, true],
    [{ codec: 'avc3.42e01f', avc: { format: 'annexb' } }, true],
    [{ codec: 'avc1.42e01f' }, false],
    [{ codec: 'avc1.42e01f', avc: {} }, false],
    [{ codec: 'avc1.64001f', avc: { format: 'annexb' } }, false],
    [{ codec: 'avc1.4d401f', avc: { format: 'annexb' } }, false],
    [{ codec: 'avc1.42e0ff', avc: { format: 'annexb' } }, false],
    [{ codec: 'avc1.42e01f', avc: { format: 'annexb' }, width: 1280, height: 720 }, true],
    [{ codec: 'avc1.42e01f', avc: { format: 'annexb' }, width: 1920, height: 1080 }, false],
    [{ codec: 'avc1.42e028', avc: { format: 'annexb' }, width: 1920, height: 1080 }, true],
    [{ codec: 'avc1.42e01f', avc: { format: 'annexb' }, bitrate: 15_000_000 }, false],
    [{ codec: 'avc1.42e01f', avc: { format: 'annexb' }, width: 17 }, false],
    [{ width: 17 }, true],
    [{ width: 15 }, false],
    [{ width: 8192, height: 8192 }, false],
    [{ bitrate: 9_999 }, false],
    [{ bitrate: 100_000_001 }, false],
    [{ framerate: 241 }, false],
    [{ latencyMode: 'quality' }, false],
    [{ alpha: 'keep' }, false],
    [{ bitrateMode: 'constant' }, true],
    [{ bitrateMode: 'quantizer' }, false],
    [{ hardwareAcceleration: 'prefer-software' }, true],
    [{ hardwareAcceleration: 'prefer-hardware' }, false],
    [{ scalabilityMode: 'L1T1' }, true],
    [{ scalabilityMode: 'L1T2' }, false],
    [{ codec: 'vp09.00.10.08', scalabilityMode: 'L1T2' }, true],
    [{ codec: 'vp09.00.10.08', scalabilityMode: 'L2T1' }, false],
  ];
  test.each(cases)(
    '%j: supported for encoding is %j, and configure() agrees',
    async (part, can) => {
      const config = { ...CONFIG, ...part };
      const { supported, config: known } = await web.VideoEncoder.isConfigSupported(config);
      expect(supported).toBe(can);
      expect(known).toMatchObject({ ...config, ...(part.avc && { avc: {} }) });
      const { codec, errors } = encoder();
      codec.configure(config);
      await settle();
      expect(errors).toEqual(can ? [] : ['NotSupportedError']);
      if (can) codec.close();
      expect(provider.open).toBe(0);
    },
  );

  test('bitrate and framerate need not be said', async () => {
    const { codec } = encoder();
    const { bitrate, framerate, ...rest } = CONFIG;
    codec.configure({ ...rest, width: 320, height: 180 });
    const init = { format: 'I420', codedWidth: 320, codedHeight: 180, timestamp: 0 } as const;
    codec.encode(new web.VideoFrame(new Uint8Array(86_400), init));
    await codec.flush();
    expect(provider.settings).toMatchObject([{ bitrate: 172_800, fps: 30 }]);
    expect([bitrate, framerate]).toEqual([100_000, 30]);
  });

  const invalid: Record<string, unknown>[] = [
    { codec: ' ' },
    { codec: undefined },
    { width: 0 },
    { height: -1 },
    { width: Number.NaN },
    { displayWidth: 0 },
    { bitrate: 0 },
    { framerate: 0 },
    { framerate: Number.POSITIVE_INFINITY },
    { latencyMode: 'fast' },
    { bitrateMode: 'cbr' },
    { avc: { format: 'raw' } },
  ];
  test.each(invalid)('%j is no configuration to encode by', async (part) => {
    const config = { ...CONFIG, ...part };
    const { codec } = encoder();
    expect(() => codec.configure(config)).toThrow(TypeError);
    expect(codec.state).toBe('unconfigured');
    await expect(web.VideoEncoder.isConfigSupported(config)).rejects.toThrow(TypeError);
  });

  const decoding: [Partial<VideoDecoderConfig>, boolean | 'TypeError'][] = [
    [{}, true],
    [{ codec: 'avc1.42e01f' }, true],
    [{ codec: 'avc1.42e01f', description: new Uint8Array(8) }, false],
    [{ codec: 'hev1.1.6.L93.B0' }, false],
    [{ hardwareAcceleration: 'prefer-hardware' }, false],
    [{ optimizeForLatency: true, codedWidth: 16, codedHeight: 16 }, true],
    [{ codec: '' }, 'TypeError'],
    [{ codedWidth: 16 }, 'TypeError'],
    [{ codedWidth: 0, codedHeight: 16 }, 'TypeError'],
    [{ displayAspectHeight: 16 }, 'TypeError'],
  ];
  test.each(decoding)('%j: supported for decoding is %j', async (part, can) => {
    const config = { codec: 'vp8', ...part };
    const outcome = web.VideoDecoder.isConfigSupported(config).then(
      ({ supported }) => supported,
      ({ name }: Error) => name,
    );
    expect(await outcome).toBe(can);
  });
});

describe('a video decoder', () => {
  const chunk = (value: number, key = false): EncodedVideoChunk =>
    new web.EncodedVideoChunk({
      type: key ? 'key' : 'delta',
      timestamp: value * 10 + 1,
      duration: 10,
      data: Uint8Array.from([...(key ? KEY : DELTA), value]),
    });
  const decoder = () => {
    const frames: VideoFrame[] = [];
    const errors: DOMException[] = [];
    const output = (each: VideoFrame): void => void frames.push(each);
    const codec = new web.VideoDecoder({ output, error: (error) => errors.push(error) });
    return { codec, frames, errors };
  };

  test('gives a frame for each chunk, in order, with its times and shape', async () => {
    const { codec, frames } = decoder();
    codec.configure({ codec: 'vp8', displayAspectWidth: 16, displayAspectHeight: 9 });
    for (const i of [0, 1, 2]) codec.decode(chunk(i, i === 0));
    expect(codec.decodeQueueSize).toBe(3);
    await codec.flush();
    expect(frames.map(({ timestamp, duration }) => [timestamp, duration])).toEqual([
      [1, 10],
      [11, 10],
      [21, 10],
    ]);
    const shape = { codedWidth: 16, codedHeight: 16, displayWidth: 28, displayHeight: 16 };
    expect(frames[2]).toMatchObject({ format: 'I420', ...shape });
    const data = new Uint8Array(384);
    await frames[2]!.copyTo(data);
    expect([...data.subarray(0, 256)]).toEqual(Array.from({ length: 256 }, () => 2));
  });

  test('gives a picture back to its provider when its last frame is closed', async () => {
    const { codec, frames } = decoder();
    codec.configure({ codec: 'vp8' });
    codec.decode(chunk(9, true));
    await codec.flush();
    const [first] = frames as [VideoFrame];
    const second = first.clone();
    expect(() => new web.VideoFrame(first, { displayWidth: 0 })).toThrow(TypeError);
    first.close();
    first.close();
    expect(provider.recycled).toHaveLength(0);
    second.close();
    expect(provider.recycled.map(({ y }) => y.data[0])).toEqual([9]);
  });

  test('gives pictures back that an encoder took, encoded them, dropped them or was reset over them', async () => {
    const { codec, frames } = decoder();
    codec.configure({ codec: 'vp8' });
    for (let i = 0; i < 40; i++) codec.decode(chunk(i, true));
    await codec.flush();
    const other = encoder().codec;
    other.configure(CONFIG);
    await other.flush();
    provider.hold();
    for (const each of frames.splice(0)) {
      other.encode(each);
      each.close();
    }
    expect(provider.recycled).toHaveLength(10);
    await settle();
    expect(provider.recycled).toHaveLength(10);
    provider.step();
    await settle();
    expect(provider.recycled).toHaveLength(11);
    other.reset();
    provider.step(true);
    await settle();
    expect(new Set(provider.recycled).size).toBe(40);
    expect(provider.recycled).toHaveLength(40);
  });

  test('gives nothing once it is closed, however close an output was', async () => {
    for (let turns = 0; turns < 60; turns++) {
      const { codec, frames, errors } = decoder();
      codec.configure({ codec: 'vp8' });
      await codec.flush();
      codec.decode(chunk(1, true));
      for (let i = 0; i < turns; i++) await Promise.resolve();
      codec.close();
      const before = frames.length;
      await settle();
      expect([frames.length, errors]).toEqual([before, []]);
    }
  });

  test('begins with a key frame, after a flush too', async () => {
    const { codec } = decoder();
    codec.configure({ codec: 'vp8' });
    expect(() => codec.decode(chunk(1))).toThrow(named('DataError'));
    const pretended = new web.EncodedVideoChunk({
      type: 'key',
      timestamp: 0,
      data: Uint8Array.from([...DELTA, 1]),
    });
    expect(() => codec.decode(pretended)).toThrow(named('DataError'));
    codec.decode(chunk(1, true));
    codec.decode(chunk(2));
    await codec.flush();
    expect(() => codec.decode(chunk(3))).toThrow(named('DataError'));
    codec.decode(chunk(4, true));
    codec.configure({ codec: 'vp8' });
    expect(() => codec.decode(chunk(5))).toThrow(named('DataError'));
    expect(() => codec.decode({} as EncodedVideoChunk)).toThrow(TypeError);
    codec.decode(chunk(6, true));
    await codec.flush();
    expect(provider.decoders).toBe(1);
    codec.close();
  });

  test('is closed with EncodingError by a damaged chunk, which it names', async () => {
    const { codec, frames, errors } = decoder();
    codec.configure({ codec: 'vp8' });
    for (const i of [1, 254, 3]) codec.decode(chunk(i, i === 1));
    await expect(codec.flush()).rejects.toEqual(named('EncodingError'));
    expect(frames).toHaveLength(1);
    expect(codec.state).toBe('closed');
    expect(errors.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      expect.stringContaining('EncodingError: the chunk is damaged'),
    ]);
    expect(provider.open).toBe(0);
  });

  test.each([
    [new UnsupportedError('no decoder is left'), 'NotSupportedError'],
    [new Error('out of memory'), 'EncodingError'],
  ])('is closed by a provider that says: %s', async (cause, name) => {
    const { codec, errors } = decoder();
    provider.createDecoder = () => Promise.reject(cause);
    codec.configure({ codec: 'vp8' });
    await settle();
    expect(errors).toMatchObject([{ name, message: cause.message, cause }]);
  });

  test('is closed when 1024 chunks wait and more come', async () => {
    const { codec, errors, frames } = decoder();
    provider.hold();
    codec.configure({ codec: 'vp8' });
    for (let i = 0; i < 1030; i++) codec.decode(chunk(1, true));
    expect(codec.decodeQueueSize).toBe(1024);
    await settle();
    expect(errors.map(({ name }) => name)).toEqual(['QuotaExceededError']);
    provider.step(true);
    await settle();
    expect([codec.state, frames.length, provider.open]).toEqual(['closed', 0, 0]);
  });

  test('leaves no decoder behind that comes after it was closed', async () => {
    const { codec } = decoder();
    provider.hold();
    codec.configure({ codec: 'vp8' });
    await settle();
    codec.close();
    provider.step(true);
    await settle();
    expect([provider.decoders, provider.open]).toEqual([1, 0]);
  });
});

test.each([
  [0, 0],
  [33_333, 3_000],
  [-33_333, 2 ** 32 - 3_000],
  [-1, 0],
  [47_721_858_844, 0],
  [Number.MAX_SAFE_INTEGER, undefined],
])('a time of %i µs has an RTP timestamp', (micros, ticks) => {
  const exact = Number(
    ((((BigInt(micros) * 9n + 50n) / 100n) % 2n ** 32n) + 2n ** 32n) % 2n ** 32n,
  );
  expect(rtpTicks(micros)).toBe(ticks ?? exact);
});
