import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { openConference } from '../examples/conference.js';
import { concat, noise, rms } from './support/signals.js';
import { speech } from './support/speech.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the README shows the conference', () => {
  expect(read('../README.md')).toContain(`\`\`\`ts\n${read('../examples/conference.ts')}\`\`\``);
});

test('in the conference each hears the others, and the room of who is silent goes on', async () => {
  const room = noise(1, 96_000, 0.002);
  const talk = speech(2, 48_000, 96_000).map((x, i) => x + room[i]!);
  const conference = await openConference(3);
  const heard: Float32Array[][] = [[], [], []];
  const spoke = [0, 0, 0];
  for (let at = 0; at < 96_000; at += 480) {
    // The first talks, the second is heard for a second and then sends nothing, the third never did.
    const second = at < 48_000 ? room.slice(at, at + 480) : undefined;
    const tick = conference.tick([talk.slice(at, at + 480), second, undefined]);
    tick.heard.forEach((samples, i) => heard[i]!.push(samples.slice()));
    tick.speaking.forEach((speaking, i) => (spoke[i]! += speaking ? 1 : 0));
  }
  conference.close();
  const [first, second, third] = heard.map((blocks) => concat(blocks));
  // The first hears the second's room, and then noise as loud; it is 2 ms behind.
  const level = (from: number): number => rms(first!.subarray(from, from + 24_000));
  expect(level(60_000) / level(20_000)).toBeGreaterThan(0.9);
  expect(level(60_000) / level(20_000)).toBeLessThan(1.1);
  expect(second!.subarray(96)).toEqual(talk.subarray(0, -96));
  expect(rms(third!)).toBeGreaterThan(rms(talk) * 0.95);
  expect(spoke[0]).toBeGreaterThan(180);
  expect(spoke[1]).toBeLessThan(20);
  expect(spoke[2]).toBe(0);
});
