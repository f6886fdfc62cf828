import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { throughVideo } from '../examples/through-video.js';
import { movingPicture, psnr } from '../src/index.js';
import { describeNative } from './support/native-video.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the sample of video in the README is the example file', () => {
  const section = read('../README.md')
    .split(/^## /m)
    .find((each) => each.startsWith('Video\n'));
  const block = /```ts\n(.*?)```/s.exec(section ?? '')?.[1];
  expect(block).toBe(read('../examples/through-video.ts'));
});

describeNative('the example of video', () => {
  test('shows every picture but the damaged one', async () => {
    const picture = movingPicture(64, 48);
    const pictures = Array.from({ length: 30 }, (_, i) => picture(i));
    const seen = await throughVideo(pictures);
    expect(seen.map(({ timestamp }) => timestamp / 3000)).toEqual(
      pictures.map((_, i) => i).filter((i) => i !== 10),
    );
    expect(psnr(pictures[29]!, seen.at(-1)!)).toBeGreaterThan(28);
  });
});
