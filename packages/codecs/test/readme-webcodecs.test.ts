import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { asInABrowser } from '../examples/as-in-a-browser.js';
import { movingPicture } from '../src/index.js';
import { describeNative } from './support/native-video.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the sample of WebCodecs in the README is the example file', () => {
  const section = read('../README.md')
    .split(/^## /m)
    .find((each) => each.startsWith('WebCodecs\n'));
  const block = /```ts\n(.*?)```/s.exec(section ?? '')?.[1];
  expect(block).toBe(read('../examples/as-in-a-browser.ts'));
});

describeNative('the example of WebCodecs', () => {
  test('shows every picture at its time', async () => {
    const picture = movingPicture(64, 48);
    const pictures = Array.from({ length: 20 }, (_, i) => picture(i));
    expect(await asInABrowser(pictures)).toEqual(pictures.map((_, i) => i * 33_333));
  });
});
