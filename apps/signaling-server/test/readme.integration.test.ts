import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { atEnd, connected } from './support.js';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of the README is the one that runs: visitors of a website meet', async () => {
  const block = /```ts\n([\s\S]*?)```/.exec(text('../README.md'))?.[1];
  expect(block).toBe(text('../examples/beside-a-website.ts'));
  const { website } = await import('../examples/beside-a-website.js');
  const site = await website(0);
  atEnd(() => site.close());
  const { port } = site.http.address() as AddressInfo;
  const alice = await connected(`ws://127.0.0.1:${port}/signaling`, 'alice');
  await connected(`ws://127.0.0.1:${port}/signaling`, 'bob');
  expect((await alice.peers()).map(({ peerId }) => peerId)).toEqual(['bob']);
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('welcome');
});
