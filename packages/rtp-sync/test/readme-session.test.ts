import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of a session in the README is the one that runs', async () => {
  const section = text('../README.md').split('## Several peers on one timeline')[1]!;
  expect(/```ts\n([\s\S]*?)```/.exec(section)![1]).toBe(text('../examples/session.ts'));
  const { heard } = await import('../examples/session.js');
  expect(heard).toEqual([
    '2980 ms: peer 0, sound of 2900 ms + 0 ms, picture of 2880 ms',
    '2980 ms: peer 1, sound of 2900 ms + 0 ms, no picture',
    '2990 ms: peer 0, sound of 2900 ms + 10 ms, picture of 2880 ms',
    '2990 ms: peer 1, sound of 2900 ms + 10 ms, no picture',
  ]);
});
