import { describe, expect, test } from '@jest/globals';
import { loadOpus, movingPicture } from '../src/index.js';
import { webCodecs, type VideoFrame } from '../src/webcodecs/index.js';
import { TestProvider } from './support/video-provider.js';

const web = webCodecs({ video: new TestProvider(), opus: await loadOpus() });
const named = (name: string) => expect.objectContaining({ name });
const bytes = (length: number, from = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (from + i) & 0xff);

/** 6 by 4 pixels of Y counted from 0, U from 100 and V from 200. */
const I420 = { format: 'I420', codedWidth: 6, codedHeight: 4, timestamp: 5 } as const;
const pixels = Uint8Array.from([...bytes(24), ...bytes(6, 100), ...bytes(6, 200)]);
const frame = (): VideoFrame => new web.VideoFrame(pixels, I420);
async function read(source: VideoFrame, options = {}): Promise<number[]> {
  const data = new Uint8Array(source.allocationSize(options));
  await source.copyTo(data, options);
  return [...data];
}

describe('a video frame', () => {
  test('says what it is, and gives its pixels back', async () => {
    const one = new web.VideoFrame(pixels, { ...I420, duration: 40, displayWidth: 12 });
    expect(one).toMatchObject({
      format: 'I420',
      codedWidth: 6,
      codedHeight: 4,
      displayWidth: 12,
      displayHeight: 4,
      visibleRect: { x: 0, y: 0, width: 6, height: 4 },
      timestamp: 5,
      duration: 40,
    });
    expect(await read(one)).toEqual([...pixels]);
    const data = new Uint8Array(36);
    expect(await one.copyTo(data)).toEqual([
      { offset: 0, stride: 6 },
      { offset: 24, stride: 3 },
      { offset: 30, stride: 3 },
    ]);
    expect(frame().duration).toBeNull();
  });

  test('is read from and copied to any layout, in shared memory too', async () => {
    const layout = [
      { offset: 40, stride: 8 },
      { offset: 0, stride: 4 },
      { offset: 10, stride: 5 },
    ];
    const memory = new SharedArrayBuffer(100);
    expect(frame().allocationSize({ layout })).toBe(72);
    expect(await frame().copyTo(memory, { layout })).toEqual(layout);
    const out = new Uint8Array(memory);
    expect([...out.subarray(48, 54)]).toEqual([6, 7, 8, 9, 10, 11]);
    expect([...out.subarray(4, 7)]).toEqual([103, 104, 105]);
    expect([...out.subarray(15, 18)]).toEqual([203, 204, 205]);
    const again = new web.VideoFrame(memory, { ...I420, layout });
    expect(await read(again)).toEqual([...pixels]);
  });

  test('copies a part of itself', async () => {
    const rect = { x: 2, y: 2, width: 3, height: 2 };
    expect(await read(frame(), { rect })).toEqual([14, 15, 16, 20, 21, 22, 104, 105, 204, 205]);
  });

  test('keeps its pixels whatever becomes of where they came from', async () => {
    const data = pixels.slice();
    const one = new web.VideoFrame(data, I420);
    data.fill(0);
    expect(await read(one)).toEqual([...pixels]);
    const picture = movingPicture(16, 16)(1);
    const other = new web.VideoFrame(picture, { timestamp: 1 });
    const before = await read(other);
    picture.y.data.fill(0);
    expect(await read(other)).toEqual(before);
  });

  test('shares its picture with clones, each closed by itself', async () => {
    const one = new web.VideoFrame(pixels, { ...I420, duration: 40, displayWidth: 12 });
    const clone = one.clone();
    const later = new web.VideoFrame(one, { timestamp: 9 });
    one.close();
    one.close();
    expect(one).toMatchObject({ format: null, codedWidth: 0, codedHeight: 0, displayWidth: 0 });
    expect([one.visibleRect, one.timestamp]).toEqual([null, 5]);
    expect(() => one.clone()).toThrow(named('InvalidStateError'));
    expect(() => one.allocationSize()).toThrow(named('InvalidStateError'));
    await expect(one.copyTo(new Uint8Array(36))).rejects.toEqual(named('InvalidStateError'));
    expect(clone).toMatchObject({ timestamp: 5, duration: 40, displayWidth: 12 });
    expect(later).toMatchObject({ timestamp: 9, duration: 40, displayWidth: 12 });
    expect(await read(clone)).toEqual([...pixels]);
    expect(await read(later)).toEqual([...pixels]);
  });

  test.each([
    ['too few bytes', pixels.subarray(1), {}],
    ['no time', pixels, { timestamp: undefined }],
    ['a time that is none', pixels, { timestamp: Number.NaN }],
    ['no format', pixels, { format: undefined }],
    ['no width', pixels, { codedWidth: 0 }],
    ['a stride below its width', pixels, { layout: [{ offset: 0, stride: 5 }] }],
    ['two planes', pixels, { layout: [I420, I420].map(() => ({ offset: 0, stride: 6 })) }],
    [
      'planes over each other',
      new Uint8Array(99),
      {
        layout: [
          { offset: 0, stride: 6 },
          { offset: 23, stride: 3 },
          { offset: 50, stride: 3 },
        ],
      },
    ],
  ])('cannot be made of %s', (_, data, init) => {
    expect(() => new web.VideoFrame(data, { ...I420, ...init } as never)).toThrow(TypeError);
  });

  test('is never of another format, nor copied to where it has no room or place', async () => {
    expect(() => new web.VideoFrame(pixels, { ...I420, format: 'NV12' } as never)).toThrow(
      named('NotSupportedError'),
    );
    expect(() => frame().allocationSize({ format: 'RGBA' } as never)).toThrow(
      named('NotSupportedError'),
    );
    await expect(frame().copyTo(new Uint8Array(35))).rejects.toThrow(TypeError);
    for (const rect of [
      { x: 1, y: 0, width: 2, height: 2 },
      { x: 4, y: 0, width: 3, height: 2 },
      { x: 0, y: 0, width: 0, height: 2 },
    ]) {
      await expect(frame().copyTo(new Uint8Array(99), { rect })).rejects.toThrow(TypeError);
    }
  });
});

describe('a chunk', () => {
  test('keeps a copy of its bytes', () => {
    const data = bytes(4, 7);
    const chunk = new web.EncodedVideoChunk({
      type: 'key',
      timestamp: -3.7,
      data: data.subarray(1),
    });
    data.fill(0);
    const out = new Uint8Array(5);
    chunk.copyTo(new DataView(out.buffer, 1));
    expect([...out]).toEqual([0, 8, 9, 10, 0]);
    expect(chunk).toMatchObject({ type: 'key', timestamp: -3, duration: null, byteLength: 3 });
    expect(() => chunk.copyTo(new Uint8Array(2))).toThrow(TypeError);
    const zero = new web.EncodedVideoChunk({ type: 'delta', timestamp: -0.5, data });
    expect(zero.timestamp).toBe(0);
  });

  test.each([
    { type: 'other' },
    { type: undefined },
    { timestamp: undefined },
    { timestamp: Number.POSITIVE_INFINITY },
    { duration: -1 },
  ])('%j makes none', (part) => {
    const init = { type: 'key', timestamp: 0, data: bytes(1), ...part };
    expect(() => new web.EncodedAudioChunk(init as never)).toThrow(TypeError);
  });
});

describe('audio data', () => {
  const INIT = { sampleRate: 48_000, numberOfFrames: 3, numberOfChannels: 2, timestamp: 7 };
  const interleaved = Float32Array.of(1, -1, 2, -2, 3, -3);
  const planar = Float32Array.of(1, 2, 3, -1, -2, -3);
  const both = [
    new web.AudioData({ ...INIT, format: 'f32', data: interleaved }),
    new web.AudioData({ ...INIT, format: 'f32-planar', data: planar }),
  ];

  test.each(both)('of either format is copied to both: %#', (data) => {
    expect(data).toMatchObject({ ...INIT, duration: 63 });
    const copy = (options: Parameters<typeof data.copyTo>[1]): number[] => {
      const out = new Float32Array(data.allocationSize(options) / 4);
      data.copyTo(out, options);
      return [...out];
    };
    expect(copy({ planeIndex: 0, format: 'f32' })).toEqual([...interleaved]);
    expect(copy({ planeIndex: 0, format: 'f32', frameOffset: 1, frameCount: 1 })).toEqual([2, -2]);
    expect(copy({ planeIndex: 1, format: 'f32-planar' })).toEqual([-1, -2, -3]);
    expect(copy({ planeIndex: 1, format: 'f32-planar', frameOffset: 2 })).toEqual([-3]);
    expect(copy({ planeIndex: 0 })).toEqual(data.format === 'f32' ? [...interleaved] : [1, 2, 3]);
  });

  test('is never copied beyond what there is', () => {
    const [data] = both as [(typeof both)[0]];
    const out = new Float32Array(6);
    for (const options of [
      { planeIndex: 1 },
      { planeIndex: 2, format: 'f32-planar' as const },
      { planeIndex: 0, frameOffset: 3 },
      { planeIndex: 0, frameOffset: 1, frameCount: 3 },
    ]) {
      expect(() => data.copyTo(out, options)).toThrow(RangeError);
    }
    expect(() => data.copyTo(out.subarray(1), { planeIndex: 0 })).toThrow(RangeError);
    expect(() => data.copyTo(new Uint8Array(30).subarray(1), { planeIndex: 0 })).toThrow(TypeError);
    expect(() => data.copyTo(out, { planeIndex: 0, format: 's16' } as never)).toThrow(
      named('NotSupportedError'),
    );
  });

  test('is gone when it is closed, but not its clones', () => {
    const data = new web.AudioData({ ...INIT, format: 'f32', data: interleaved });
    const clone = data.clone();
    data.close();
    expect(data).toMatchObject({ format: null, numberOfFrames: 0, numberOfChannels: 0 });
    expect(() => data.clone()).toThrow(named('InvalidStateError'));
    expect(() => data.allocationSize({ planeIndex: 0 })).toThrow(named('InvalidStateError'));
    expect(clone).toMatchObject({ ...INIT, format: 'f32' });
  });

  test.each([
    { numberOfFrames: 4 },
    { numberOfFrames: 0 },
    { numberOfChannels: 0 },
    { sampleRate: 0 },
    { timestamp: undefined },
    { format: undefined },
  ])('cannot be made with %j', (part) => {
    const init = { ...INIT, format: 'f32', data: interleaved, ...part };
    expect(() => new web.AudioData(init as never)).toThrow(TypeError);
  });
});
