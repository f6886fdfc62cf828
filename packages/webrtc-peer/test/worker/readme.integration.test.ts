import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SignalingServer } from '../support/memory-signaling.js';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the examples of the README are those that run: a node in a worker hears one that hums', async () => {
  const readme = text('../../README.md');
  expect(readme).toContain(`\`\`\`js\n${text('../../examples/choir-setup.mjs')}\`\`\``);
  expect(readme).toContain(`\`\`\`ts\n${text('../../examples/join-in-a-worker.ts')}\`\`\``);
  const { createNode } = await import('../../examples/join-in-a-worker.js');
  const { hum } = await import('../../examples/join-a-room.js');
  const server = new SignalingServer();
  const ben = await createNode(await server.address('ben'), 'ben');
  const heard = new Promise<number>((resolve) => {
    ben.onTick((frames) => {
      const peak = Math.max(0, ...(frames.get('ann')?.samples ?? []));
      if (peak > 0.2) resolve(peak);
    });
  });
  await ben.connect();
  const ann = await hum(await server.address('ann'), 'ann', () => undefined);
  expect(await heard).toBeLessThan(0.35);
  await Promise.all([ann.close(), ben.close()]);
  server.close();
});
