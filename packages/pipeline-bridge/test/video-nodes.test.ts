import { expect, test } from '@jest/globals';
import { i420Picture, i420Size } from '@rm/codecs';
import type { PictureData, RuntimeData } from '@rm/pipeline-bridge';
import { planesOf } from '@rm/pipeline-bridge';
import { single, text } from './builders.js';

/** A picture whose luma is as told; chroma 90 and 170. */
function picture(
  width: number,
  height: number,
  luma: (x: number, y: number) => number = () => 100,
): PictureData {
  const pixels = new Uint8Array(i420Size(width, height));
  const { y, u, v } = i420Picture(width, height, pixels);
  for (let at = 0; at < y.data.length; at++) y.data[at] = luma(at % width, Math.floor(at / width));
  u.data.fill(90);
  v.data.fill(170);
  return {
    kind: 'video',
    format: 'i420',
    streamId: 'camera',
    capture: undefined,
    width,
    height,
    pixels,
    frameNumber: 5,
  };
}

/** What comes of one picture, copied. */
async function through(
  node: string,
  params: Record<string, unknown>,
  data: RuntimeData,
): Promise<{ picture: PictureData | undefined; errors: readonly string[] }> {
  const { session, errors } = await single(node, params);
  let out: PictureData | undefined;
  session.onOutput((given) => {
    if (given.kind === 'video' && given.format !== 'encoded')
      out = { ...given, pixels: given.pixels.slice() };
  });
  session.send(data);
  await session.close();
  return { picture: out, errors: errors.map(({ message }) => message) };
}

test.each(['i420', 'nv12'] as const)(
  'grey has the light of a %s picture and no colour, and the sender’s stays',
  async (format) => {
    const sent = { ...picture(5, 3, (x) => 10 * x), format };
    const { picture: grey } = await through('VideoGrey', {}, sent);
    expect([...grey!.pixels.subarray(0, 15)]).toEqual([...sent.pixels.subarray(0, 15)]);
    expect([...grey!.pixels.subarray(15)]).toEqual(Array(12).fill(128));
    expect(sent.pixels[15]).toBe(90);
    expect(grey).toMatchObject({ streamId: 'camera', frameNumber: 5 });
  },
);

test('a picture of another format is refused by name, other data passes', async () => {
  const rgb = { ...picture(2, 2), format: 'rgb24' as const, pixels: new Uint8Array(12) };
  expect((await through('VideoGrey', {}, rgb)).errors).toEqual([
    'node "node": a picture of format rgb24 came; it takes i420 and nv12',
  ]);
  const scaled = await through('VideoScale', { width: 4, height: 4 }, rgb);
  expect(scaled.errors).toEqual(['node "node": a picture of format rgb24 came; it takes i420']);
  const { session, out } = await single('VideoScale', { width: 4, height: 4 });
  session.send(text('passes'));
  expect(out).toEqual([text('passes')]);
});

test.each([
  [64, 48, 32, 24],
  [64, 48, 21, 17],
  [31, 23, 64, 48],
  [64, 48, 100, 10],
])(
  'a slope of %i × %i stays one at %i × %i, in its place',
  async (width, height, toWidth, toHeight) => {
    const sent = picture(width, height, (x, y) => 20 + x + 2 * y);
    const { picture: scaled } = await through(
      'VideoScale',
      { width: toWidth, height: toHeight },
      sent,
    );
    expect(scaled).toMatchObject({ width: toWidth, height: toHeight, frameNumber: 5 });
    const { y, u, v } = planesOf(scaled!);
    // Away from the edge, where the filter finds nothing beyond.
    for (let row = 3; row < toHeight - 3; row++) {
      for (let column = 3; column < toWidth - 3; column++) {
        const x = ((column + 0.5) * width) / toWidth - 0.5;
        const expected = 20 + x + 2 * (((row + 0.5) * height) / toHeight - 0.5);
        expect(Math.abs(y.data[row * toWidth + column]! - expected)).toBeLessThan(1.01);
      }
    }
    expect(new Set(u.data)).toEqual(new Set([90]));
    expect(new Set(v.data)).toEqual(new Set([170]));
  },
);

test('the finest pattern becomes even grey when made smaller, not another pattern', async () => {
  const stripes = picture(96, 96, (x) => (x % 2) * 200);
  const { picture: scaled } = await through('VideoScale', { width: 32, height: 32 }, stripes);
  const inner = planesOf(scaled!).y.data.filter((_, at) => at % 32 > 1 && at % 32 < 30);
  expect(Math.max(...inner) - Math.min(...inner)).toBeLessThan(30);
  expect(Math.abs(inner.reduce((sum, each) => sum + each, 0) / inner.length - 100)).toBeLessThan(2);
});

test('a picture that has the size already passes in its own buffer', async () => {
  const { session } = await single('VideoScale', { width: 6, height: 4 });
  const sent = picture(6, 4);
  let same = false;
  session.onOutput((data) => {
    same = data.kind === 'video' && data.format === 'i420' && data.pixels === sent.pixels;
  });
  session.send(sent);
  expect(same).toBe(true);
});
