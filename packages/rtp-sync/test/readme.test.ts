import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of the README is the one that runs', async () => {
  const block = /```ts\n([\s\S]*?)```/.exec(text('../README.md'))![1];
  expect(block).toBe(text('../examples/receive.ts'));
  const { played } = await import('../examples/receive.js');
  expect(played).toEqual([
    '30 ms: payload 1, captured at 1700000000000000',
    '50 ms: payload 2, captured at 1700000000020000',
    '70 ms: conceal',
    '80 ms: conceal',
    '90 ms: conceal',
  ]);
});
