import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of the README is the one that runs', async () => {
  const block = /```ts\n([\s\S]*?)```/.exec(text('../README.md'))![1];
  expect(block).toBe(text('../examples/receive.ts'));
  const { played } = await import('../examples/receive.js');
  expect(played).toEqual([
    '90 ms: packet 3, captured at 1700000000060000',
    '110 ms: packet 4, captured at 1700000000080000',
    '130 ms: packet 5, captured at 1700000000100000',
    '150 ms: conceal',
    '160 ms: conceal',
    '170 ms: packet 7, captured at 1700000000140000',
    '190 ms: packet 8, captured at 1700000000160000',
  ]);
});
