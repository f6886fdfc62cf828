import { expect, test } from '@jest/globals';
import { copyPicture, i420Picture, i420Size, type VideoPicture } from '../src/index.js';

test('a picture of odd sides has chroma for its last column and row', () => {
  const picture = i420Picture(17, 19);
  expect(i420Size(17, 19)).toBe(17 * 19 + 2 * 9 * 10);
  expect([picture.y.data.length, picture.y.stride]).toEqual([323, 17]);
  expect([picture.u.data.length, picture.u.stride]).toEqual([90, 9]);
  expect([picture.v.data.length, picture.v.stride]).toEqual([90, 9]);
});

test('the planes lie one after another in the memory given, which is not copied', () => {
  const memory = Uint8Array.from({ length: 32 * 16 * 1.5 + 5 }, (_, i) => i);
  const { y, u, v } = i420Picture(32, 16, memory);
  memory[512] = 77;
  expect([y.data[0], u.data[0], v.data[0]]).toEqual([0, 77, (512 + 128) & 255]);
  expect(v.data.byteOffset + v.data.length).toBe(32 * 16 * 1.5);
});

test('too little memory is refused', () => {
  expect(() => i420Picture(32, 16, new Uint8Array(767))).toThrow('takes 768 bytes, not 767');
});

test('a copy takes the samples and leaves the padding of rows', () => {
  const padded = (fill: number): VideoPicture => ({
    width: 3,
    height: 2,
    y: { data: Uint8Array.from([1, 2, 3, fill, 4, 5, 6]), stride: 4 },
    u: { data: Uint8Array.from([7, 8, fill]), stride: 3 },
    v: { data: Uint8Array.from([9, 10]), stride: 2 },
  });
  const tight = i420Picture(3, 2);
  copyPicture(padded(99), tight);
  expect([...tight.y.data, ...tight.u.data, ...tight.v.data]).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ]);
});
