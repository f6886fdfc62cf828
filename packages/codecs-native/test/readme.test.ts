import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { throughNative } from '../examples/through-native.js';
import { describeNative } from './support/native.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the sample in the README is the example file', () => {
  const block = /```ts\n(.*?)```/s.exec(read('../README.md'))?.[1];
  expect(block).toBe(read('../examples/through-native.ts'));
});

describeNative('the example', () => {
  test('gives the picture back', async () => {
    const luma = await throughNative(90);
    expect(luma.length).toBe(64 * 48);
    expect(luma.every((sample) => Math.abs(sample - 90) <= 1)).toBe(true);
  });
});
