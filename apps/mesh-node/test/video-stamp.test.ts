import { expect, test } from '@jest/globals';
import { i420Picture, movingPicture } from '@rm/codecs';
import { readStamp, writeStamp } from '../src/video-stamp.js';

/** Numbers of some bits that are no less scattered than chance, and the same every time. */
const scattered = (count: number, bits: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.imul(i, 0x9e3779b1) >>> (32 - bits));

const stamps = [
  { number: 0, time: 0 },
  { number: 2 ** 20 - 1, time: 2 ** 16 - 1 },
  ...scattered(50, 20).map((number, i) => ({ number, time: scattered(50, 16)[49 - i]! })),
];

test.each([
  [128, 72],
  [129, 73],
  [360, 640],
  [641, 359],
  [1280, 720],
])('every stamp is read as it was written, in %ix%i', (width, height) => {
  for (const stamp of stamps) {
    const picture = i420Picture(width, height);
    writeStamp(picture, stamp);
    expect(readStamp(picture)).toEqual(stamp);
  }
});

test('cells are the Gray code of the number, the time, and a CRC-12 of both, row by row', () => {
  const picture = i420Picture(128, 72);
  writeStamp(picture, { number: 0x12345, time: 0xabcd });
  const rows = [0, 1, 2].map((row) =>
    Array.from({ length: 16 }, (_, column) =>
      picture.y.data[(row * 8 + 4) * 128 + column * 8 + 4]! > 128 ? '1' : '0',
    ).join(''),
  );
  // 0x12345 in Gray code is 0x1b2e7.
  expect(rows).toEqual(['0001101100101110', '0111' + '101010111100', '1101' + '101100100100']);
});

test('numbers and times wrap', () => {
  const picture = i420Picture(128, 72);
  writeStamp(picture, { number: 2 ** 20 + 5, time: 2 ** 16 + 7 });
  expect(readStamp(picture)).toEqual({ number: 5, time: 7 });
});

test.each(['turned over', 'grey'])('a cell that is %s is noticed', (how) => {
  for (const [i, stamp] of stamps.entries()) {
    const picture = i420Picture(128, 72);
    writeStamp(picture, stamp);
    const [left, top] = [(i % 16) * 8, Math.floor((i % 48) / 16) * 8];
    for (let y = top; y < top + 8; y++)
      for (let x = left; x < left + 8; x++) {
        const at = y * 128 + x;
        picture.y.data[at] = how === 'grey' ? 128 : 255 - picture.y.data[at]!;
      }
    expect(readStamp(picture)).toBeUndefined();
  }
});

test('pictures without a stamp have none', () => {
  const draw = movingPicture(320, 180);
  for (let i = 0; i < 30; i++) expect(readStamp(draw(i))).toBeUndefined();
  for (const level of [0, 255]) {
    const picture = i420Picture(320, 180);
    picture.y.data.fill(level);
    expect(readStamp(picture)).toBeUndefined();
  }
  expect(readStamp(i420Picture(64, 48))).toBeUndefined();
});
