import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseWav } from '@rm/codecs';
import { runVoiceDesk } from '../examples/voice-desk.js';
import { frame } from './builders.js';

const file = (name: string): Promise<string> =>
  readFile(new URL(`../${name}`, import.meta.url), 'utf8');

async function block(language: string): Promise<string | undefined> {
  const readme = await file('README.md');
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme)?.[1];
}

test('the README shows the example as it is', async () => {
  expect(await block('ts')).toBe(await file('examples/voice-desk.ts'));
  expect(await block('yaml')).toBe(await file('examples/voice-desk.yaml'));
});

test('the README’s manifest and code make a voice louder, measure it and record it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'readme-'));
  const take = join(folder, 'take.wav');
  const manifest = (await block('yaml'))?.replace('take.wav', JSON.stringify(take)) ?? '';
  const lines: string[] = [];
  const frames = Array.from({ length: 40 }, (_, n) => frame(0.1, { at: n * 10_000 }));
  await runVoiceDesk(manifest, frames, (line) => lines.push(line));
  expect(lines).toEqual([
    'meter: {"type":"level","rms_dbfs":-14,"peak_dbfs":-14,"timestamp_us":0}',
    'meter: {"type":"level","rms_dbfs":-14,"peak_dbfs":-14,"timestamp_us":200000}',
  ]);
  const wav = parseWav(await readFile(take));
  expect(wav.ok && wav.value.samples).toHaveLength(19_200);
  await rm(folder, { recursive: true });
});
