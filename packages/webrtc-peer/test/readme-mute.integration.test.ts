import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { AudioFrame } from '@rm/codecs';
import { pushToTalk } from '../examples/push-to-talk.js';
import { Mesh, type MeshNode, weriftBackend } from '../src/index.js';
import { tone } from './support/audio-link.js';
import { SignalingServer } from './support/memory-signaling.js';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of the README is the one that runs: who presses is heard by those who want to', async () => {
  expect(text('../README.md')).toContain(`\`\`\`ts\n${text('../examples/push-to-talk.ts')}\`\`\``);
  const server = new SignalingServer();
  const backend = await weriftBackend();
  const join = (peerId: string): Promise<Mesh> =>
    Mesh.create({ signaling: server.client(peerId), backend });
  const [ann, ben] = [await join('ann'), await join('ben')];
  /** Resolves when ben hears ann as loud as that, or not at all. */
  const heard = (node: MeshNode, fits: (peak: number | undefined) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const off = node.onTick((frames) => {
        const samples = frames.get('ann')?.samples;
        if (!fits(samples && Math.max(...samples))) return;
        off();
        resolve();
      });
    });
  const source = tone(440);
  const hum = (listener: (frame: AudioFrame) => void): void => {
    let n = 0;
    ann.onTick(() => {
      const samples = Float32Array.from({ length: 480 }, () => source(n++));
      listener({ samples, sampleRate: 48_000, channels: 1, capture: undefined });
    });
  };
  const talk = await pushToTalk(ann, hum);
  const listen = await pushToTalk(ben, () => undefined);
  await Promise.all([ann.connect(), ben.connect()]);
  await heard(ben, (peak) => peak !== undefined && peak < 0.001);
  talk.press(true);
  await heard(ben, (peak) => peak !== undefined && peak > 0.3);
  listen.ignore('ann', true);
  await heard(ben, (peak) => peak === undefined);
  listen.ignore('ann', false);
  await heard(ben, (peak) => peak !== undefined && peak > 0.3);
  talk.press(false);
  await heard(ben, (peak) => peak !== undefined && peak < 0.001);
  await Promise.all([ann.close(), ben.close()]);
  server.close();
}, 60_000);
