import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ERROR_MEANINGS, ErrorCode } from '@rm/signaling-protocol';
import type { ErrorName } from '@rm/signaling-protocol';
import { meet } from '../examples/call-a-peer.js';
import { VirtualWorld } from './support/virtual-world.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = read('../README.md');

test('the example of the README is the one in examples/, and it works', async () => {
  const [, sample] = /```ts\n([^]*?)```/.exec(readme) ?? [];
  expect(sample).toBe(read('../examples/call-a-peer.ts'));
  const world = new VirtualWorld();
  const first = meet(world.runtime(), 'ws://x', 'first', 'v=0\nfirst');
  await world.run(100);
  const second = meet(world.runtime(), 'ws://x', 'second', 'v=0\nsecond');
  expect(await world.settle(Promise.all([first, second]))).toEqual(['v=0\nsecond', 'v=0\nfirst']);
});

test('the README lists every wire error as the code has it', () => {
  const rows = [...readme.matchAll(/^\| (-\d+) +\| `(\w+)` +\| (.+?) +\| (.+?) +\|$/gm)];
  const names = Object.keys(ErrorCode) as ErrorName[];
  expect(rows.map(([, ...cells]) => cells)).toEqual(
    names.map((name) => {
      const { cause, remedy } = ERROR_MEANINGS[name];
      return [String(ErrorCode[name]), name, cause, remedy];
    }),
  );
});
