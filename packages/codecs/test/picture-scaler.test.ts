import { expect, test } from '@jest/globals';
import { i420Picture, type VideoPicture } from '../src/index.js';
import { PictureScaler } from '../src/webcodecs/picture-scaler.js';

/** A picture whose planes are functions of where a sample is, 0 to 1 from edge to edge. */
function painted(
  width: number,
  height: number,
  paint: (x: number, y: number, plane: number) => number,
): VideoPicture {
  const picture = i420Picture(width, height);
  for (const [plane, { data, stride }] of [picture.y, picture.u, picture.v].entries()) {
    for (let at = 0; at < data.length; at++) {
      const x = ((at % stride) + 0.5) / stride;
      const y = (Math.floor(at / stride) + 0.5) / (data.length / stride);
      data[at] = Math.round(paint(x, y, plane));
    }
  }
  return picture;
}

/** Largest difference between two pictures, away from the edges. */
function furthest(a: VideoPicture, b: VideoPicture): number {
  const planes = [a.y, a.u, a.v].map((plane, i) => [plane, [b.y, b.u, b.v][i]!] as const);
  return Math.max(
    ...planes.flatMap(([one, { data }]) => {
      const rows = data.length / one.stride;
      return Array.from(data, (value, at) => {
        const x = at % one.stride;
        const y = Math.floor(at / one.stride);
        const edge = x < 2 || y < 2 || x >= one.stride - 2 || y >= rows - 2;
        return edge ? 0 : Math.abs(value - one.data[at]!);
      });
    }),
  );
}

const gradient = (x: number, y: number, plane: number): number =>
  plane === 0 ? 30 + 120 * x + 80 * y : plane === 1 ? 200 * x : 250 - 200 * y;

test.each([
  [64, 48, 32, 24],
  [64, 48, 128, 96],
  [64, 48, 40, 90],
  [65, 33, 100, 34],
  [64, 48, 64, 20],
])('a gradient of %ix%i stays one at %ix%i, nowhere shifted', (fw, fh, tw, th) => {
  const scaler = new PictureScaler(fw, fh, tw, th);
  const out = scaler.scale(painted(fw, fh, gradient));
  expect([out.width, out.height]).toEqual([tw, th]);
  expect(furthest(painted(tw, th, gradient), out)).toBeLessThanOrEqual(1);
});

test('one colour stays what it is to the edges, black and white too', () => {
  for (const value of [0, 1, 128, 254, 255]) {
    const out = new PictureScaler(30, 22, 17, 41).scale(painted(30, 22, () => value));
    for (const { data } of [out.y, out.u, out.v]) expect(new Set(data)).toEqual(new Set([value]));
  }
});

test('detail that the smaller picture cannot hold becomes grey, not a pattern', () => {
  const stripes = i420Picture(128, 128);
  stripes.y.data.forEach((_, at, data) => (data[at] = at % 2 === 0 ? 0 : 255));
  const { y } = new PictureScaler(128, 128, 50, 50).scale(stripes);
  const inner = Array.from(y.data).filter((_, at) => at % 50 > 1 && at % 50 < 48);
  expect(Math.min(...inner)).toBeGreaterThan(105);
  expect(Math.max(...inner)).toBeLessThan(150);
});

test('it says which pictures it is for', () => {
  const scaler = new PictureScaler(32, 16, 20, 18);
  expect(scaler.fits(i420Picture(32, 16), 20, 18)).toBe(true);
  expect(scaler.fits(i420Picture(32, 18), 20, 18)).toBe(false);
  expect(scaler.fits(i420Picture(30, 16), 20, 18)).toBe(false);
  expect(scaler.fits(i420Picture(32, 16), 20, 20)).toBe(false);
  expect(scaler.fits(i420Picture(32, 16), 22, 18)).toBe(false);
});
