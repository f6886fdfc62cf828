import { expect, test } from '@jest/globals';
import { h264PictureSize } from '../src/h264-picture-size.js';

const bytes = (hex: string): Uint8Array =>
  new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

// Parameter sets as x264 writes them.
test.each([
  ['baseline, cropped', 642, 362, '000000016742c01ed900a42fe224c044000003000400000300c83c58b920'],
  ['main', 176, 144, '00000001674d400beca162760220000003002000000641e28532c0'],
  ['high', 1920, 1080, '0000000167640028acd940780227e5c044000003000400000300c83c60c658'],
  ['high, of fields', 720, 576, '000000016764001eacd940b424d8088000000300800000190f8a14cb'],
  ['4:2:2', 352, 288, '00000001677a000dbcd9416096c044000003000400000300c83c50a658'],
  ['4:4:4', 322, 182, '0000000167f4000d919b282a33c7c5e022000003000200000300641e28532c'],
])('%s: the size is that of the pictures that are shown', (_, width, height, hex) => {
  expect(h264PictureSize(bytes(hex))).toEqual({ width, height });
  // With the slice behind it, and a delimiter before.
  expect(h264PictureSize(bytes(`00000109 10${hex}00000165888400`))).toEqual({ width, height });
});

/** Bits as a NAL unit: 0 and 1, the Exp-Golomb codes of numbers, and the end. */
const sps = (profile: number, ...fields: (string | number)[]): Uint8Array => {
  const ue = (value: number): string => {
    const binary = (value + 1).toString(2);
    return '0'.repeat(binary.length - 1) + binary;
  };
  const all = `${fields.map((each) => (typeof each === 'string' ? each : ue(each))).join('')}1`;
  const padded = all.padEnd(Math.ceil(all.length / 8) * 8, '0');
  const body = (padded.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  return Uint8Array.of(0, 0, 0, 1, 0x67, profile, 0, 30, ...body);
};

test('scaling matrices and the order of pictures are read past', () => {
  // Two lists: one of sixteen steps of 1, one that ends at once with -8, which is code number 16.
  const lists = ['1', ...Array.from({ length: 16 }, () => 1), '1', 16, '000000'];
  const order = [1, '0', 0, 0, 2, 3, 4];
  const size = [1, '0', 9, 8, '1', '1', '1', 0, 3, 0, 2, '0'];
  expect(h264PictureSize(sps(100, 0, 1, 0, 0, '0', '1', ...lists, 0, ...order, ...size))).toEqual({
    width: 154,
    height: 140,
  });
  expect(h264PictureSize(sps(66, 0, 0, 2, ...size))).toEqual({ width: 154, height: 140 });
});

test('bytes of anyone give a size or nothing, never an exception', () => {
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24;
  for (let round = 0; round < 2000; round++) {
    const sps = Uint8Array.from({ length: 5 + (next() % 40) }, (_, i) =>
      i < 4 ? Number(i === 3) : i === 4 ? 0x67 : i === 5 ? [66, 77, 100, 244][next() % 4]! : next(),
    );
    const { width, height } = h264PictureSize(sps) ?? { width: 1, height: 1 };
    expect(Math.min(width, height)).toBeGreaterThan(0);
    expect(Math.max(width, height)).toBeLessThan(65_536);
  }
  for (const nothing of ['', '00', '00000001', '0000000167', '0000000165 88 84'])
    expect(h264PictureSize(bytes(nothing))).toBeUndefined();
});
