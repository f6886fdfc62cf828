import { expect, test } from '@jest/globals';
import { i420Picture, i420Size } from '@rm/codecs';
import { ownedCopy, pictureData, pictureSize, planesOf } from '../src/index.js';
import type { RuntimeData } from '../src/index.js';
import { DataPool } from '../src/runtime-data/data-pool.js';

const POSITION = { streamId: 'camera', capture: undefined };

/** One piece of every kind that has a buffer. */
const bytes = (): Uint8Array => Uint8Array.from([1, 2, 3, 4]);
const WITH_BUFFER: readonly RuntimeData[] = [
  { ...POSITION, kind: 'audio', samples: Float32Array.of(1, 2), sampleRate: 8000, channels: 1 },
  {
    ...POSITION,
    kind: 'video',
    format: 'rgba32',
    width: 1,
    height: 1,
    pixels: bytes(),
    frameNumber: 7,
  },
  {
    ...POSITION,
    kind: 'video',
    format: 'encoded',
    codec: 'VP8',
    width: 2,
    height: 2,
    bytes: bytes(),
    keyFrame: true,
    frameNumber: 8,
  },
  { ...POSITION, kind: 'image', format: 'png', width: 1, height: 1, bytes: bytes() },
  { ...POSITION, kind: 'tensor', dtype: 0, shape: [1], bytes: bytes() },
  {
    ...POSITION,
    kind: 'numpy',
    dtype: 'float32',
    shape: [1],
    strides: [4],
    cContiguous: true,
    fContiguous: true,
    bytes: bytes(),
  },
  { ...POSITION, kind: 'binary', bytes: bytes() },
];

const bufferOf = (data: RuntimeData): Float32Array | Uint8Array => {
  if ('samples' in data) return data.samples;
  if ('pixels' in data) return data.pixels;
  if ('bytes' in data) return data.bytes;
  throw new Error(`${data.kind} has no buffer`);
};

test.each(WITH_BUFFER)(
  'a copy of $kind $format has all its fields and a buffer of its own',
  (data) => {
    for (const copy of [ownedCopy(data), new DataPool().copy(data)]) {
      expect(copy).toEqual(data);
      bufferOf(copy)[0] = 99;
      expect(bufferOf(data)[0]).toBe(1);
    }
  },
);

test('released buffers are used again for data of the same size, and only for that', () => {
  const pool = new DataPool();
  for (const data of WITH_BUFFER.slice(0, 2)) {
    const first = pool.copy(data);
    pool.release(first);
    const second = pool.copy(data);
    expect(bufferOf(second)).toBe(bufferOf(first));
    expect(bufferOf(pool.copy(data))).not.toBe(bufferOf(first));
  }
  const [, picture] = WITH_BUFFER;
  pool.release(pool.copy(picture!));
  const larger = { ...picture, height: 2, pixels: new Uint8Array(8) } as RuntimeData;
  expect(bufferOf(pool.copy(larger))).toHaveLength(8);
});

test('a frame whose planes follow each other is shared, and any other is copied without its padding', () => {
  const memory = new Uint8Array(i420Size(5, 3) + 4).map((_, index) => index);
  const frame = { ...i420Picture(5, 3, memory.subarray(4)), timestamp: 0, capture: undefined };
  const shared = pictureData(frame, 'camera', 3);
  expect(shared).toMatchObject({ width: 5, height: 3, streamId: 'camera', frameNumber: 3 });
  expect(shared.pixels.buffer).toBe(memory.buffer);
  expect([...shared.pixels]).toEqual([...memory.subarray(4)]);
  expect(planesOf(shared).v.data[0]).toBe(frame.v.data[0]);

  const padded = new Uint8Array(8 * 3).map((_, index) => 100 + index);
  const copied = pictureData({ ...frame, y: { data: padded, stride: 8 } }, 'camera', 4);
  expect(copied.pixels.buffer).not.toBe(memory.buffer);
  expect([...copied.pixels.subarray(0, 7)]).toEqual([100, 101, 102, 103, 104, 108, 109]);
  expect([...copied.pixels.subarray(15)]).toEqual([...memory.subarray(4 + 15)]);
});

test.each([
  ['i420', 5, 3, 15 + 2 * 6],
  ['nv12', 4, 4, 24],
  ['rgb24', 5, 3, 45],
  ['rgba32', 5, 3, 60],
] as const)('a %s picture of %i × %i takes %i bytes', (format, width, height, size) => {
  expect(pictureSize(format, width, height)).toBe(size);
});
