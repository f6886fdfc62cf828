import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFrameHeader } from '../src/video/frame-header.js';
import { readH264PictureSize } from '../src/video/h264-sps.js';

/** Exp-Golomb code of a number as text (ITU-T H.264 §9.1). */
function ue(value: number): string {
  const bits = (value + 1).toString(2);
  return '0'.repeat(bits.length - 1) + bits;
}

interface Fields {
  readonly columns: number;
  readonly rows: number;
  /** Left, right, top and bottom, in units of two pixels. */
  readonly crop?: readonly [number, number, number, number];
  readonly order?: string;
  readonly profile?: number;
  readonly framesOnly?: '0' | '1';
}

/** A sequence parameter set in Annex B, written field by field from ITU-T H.264 §7.3.2.1.1. */
function sps({
  columns,
  rows,
  crop,
  order = ue(2),
  profile = 66,
  framesOnly = '1',
}: Fields): Uint8Array {
  const head = [0x67, profile, 0xc0, 31].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const size = `${ue(1)}0${ue(columns - 1)}${ue(rows - 1)}${framesOnly}1`;
  const cropping = crop ? `1${crop.map(ue).join('')}` : '0';
  const bits = `${head}${ue(0)}${ue(0)}${order}${size}${cropping}01`;
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
  const unit: number[] = [];
  for (const byte of bytes.map((each) => Number.parseInt(each, 2))) {
    if (byte <= 3 && unit.at(-1) === 0 && unit.at(-2) === 0) unit.push(3);
    unit.push(byte);
  }
  return Uint8Array.from([0, 0, 0, 1, ...unit]);
}

test('a parameter set tells the size coded, and what of it is shown', () => {
  expect(readH264PictureSize(sps({ columns: 40, rows: 23, crop: [0, 0, 0, 4] }))).toEqual({
    codedWidth: 640,
    codedHeight: 368,
    left: 0,
    top: 0,
    width: 640,
    height: 360,
  });
  expect(readH264PictureSize(sps({ columns: 80, rows: 45 }))).toMatchObject({
    width: 1280,
    height: 720,
  });
});

test('any size is read back, whichever way pictures are ordered', () => {
  const orders = [
    `${ue(0)}${ue(4)}`,
    `${ue(1)}1${ue(0)}${ue(3)}${ue(2)}${ue(0)}${ue(70_000)}`,
    ue(2),
  ];
  const offset = fc.nat({ max: 7 });
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 512 }),
      fc.integer({ min: 2, max: 512 }),
      fc.option(fc.tuple(offset, offset, offset, offset), { nil: undefined }),
      fc.constantFrom(...orders),
      (columns, rows, crop, order) => {
        const [left, right, top, bottom] = crop ?? [0, 0, 0, 0];
        const set = sps({ columns, rows, order, ...(crop && { crop }) });
        expect(readH264PictureSize(set)).toEqual({
          codedWidth: 16 * columns,
          codedHeight: 16 * rows,
          left: 2 * left,
          top: 2 * top,
          width: 16 * columns - 2 * (left + right),
          height: 16 * rows - 2 * (top + bottom),
        });
      },
    ),
  );
});

test.each([
  ['high profile', sps({ columns: 4, rows: 4, profile: 100 })],
  ['interlaced', sps({ columns: 4, rows: 4, framesOnly: '0' })],
  ['cropped to nothing', sps({ columns: 4, rows: 4, crop: [16, 16, 0, 0] })],
  ['cut short', sps({ columns: 4, rows: 4 }).subarray(0, 9)],
  ['absent', Uint8Array.of(0, 0, 1, 0x65, 1, 2, 3)],
])('a parameter set that is %s tells nothing', (_, data) => {
  expect(readH264PictureSize(data)).toBeUndefined();
});

test('bytes from anywhere are read without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const size = readH264PictureSize(Uint8Array.from([0, 0, 1, 0x67, ...bytes]));
      expect(size === undefined || (size.width > 0 && size.height > 0)).toBe(true);
    }),
  );
});

test('a key frame of H.264 tells its pixels before it is decoded', () => {
  const idr = [0, 0, 0, 1, 0x65, 0x88];
  const set = sps({ columns: 512, rows: 512 });
  expect(readFrameHeader('H264', Uint8Array.from([...set, ...idr]))).toEqual({
    key: true,
    pixels: 8192 * 8192,
  });
  expect(readFrameHeader('H264', Uint8Array.from(idr))).toEqual({ key: true, pixels: 0 });
});
