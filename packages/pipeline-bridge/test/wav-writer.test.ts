import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseWav } from '@rm/codecs';
import { WavWriter } from '@rm/pipeline-bridge';
import type { WavError } from '@rm/pipeline-bridge';
import { frame, turn } from './builders.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wav-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(path: string): Promise<{ samples: Float32Array; sampleRate: number }> {
  const wav = parseWav(await readFile(path));
  if (!wav.ok) throw new Error(wav.reason);
  return wav.value;
}

test('every sample arrives in order, whatever the frame sizes', async () => {
  const writer = await WavWriter.open(join(folder, 'a.wav'));
  const expected: number[] = [];
  const samples = new Float32Array(20_000);
  for (const length of [1, 480, 11_999, 12_000, 12_001, 0, 20_000, 7]) {
    for (let i = 0; i < length; i++) {
      const value = ((expected.length * 7) % 65_536) / 32_768 - 1;
      samples[i] = value;
      expected.push(value);
    }
    writer.append({ ...frame(0), samples: samples.subarray(0, length) });
    samples.fill(0.123);
  }
  await writer.close();
  expect((await read(writer.path)).samples).toEqual(Float32Array.from(expected));
  expect(writer.droppedFrames).toBe(0);
});

test('what a killed process leaves behind plays, and lacks less than a second', async () => {
  const writer = await WavWriter.open(join(folder, 'a.wav'));
  for (const seconds of [1, 2, 3]) {
    for (let n = 0; n < 100; n++) writer.append(frame(0.5));
    let heard = new Float32Array(0);
    // The file as it is on disk while it is being recorded, header included.
    while (heard.length < seconds * 48_000 - 12_000) {
      await turn();
      const wav = parseWav(await readFile(writer.path));
      if (wav.ok) heard = wav.value.samples.slice();
    }
    expect(heard.every((sample) => sample === 0.5)).toBe(true);
  }
  await writer.close();
});

test('stereo is cut between frames only', async () => {
  const writer = await WavWriter.open(join(folder, 'a.wav'));
  const samples = Float32Array.from({ length: 882 }, (_, i) => (i % 2 === 0 ? 0.5 : -0.5));
  for (let n = 0; n < 60; n++) {
    writer.append({ samples, sampleRate: 44_100, channels: 2, capture: undefined });
  }
  await writer.close();
  const wav = await read(writer.path);
  expect(wav).toMatchObject({ sampleRate: 44_100, channels: 2 });
  expect(wav.samples).toHaveLength(60 * 882);
  expect(wav.samples.every((sample, i) => sample === (i % 2 === 0 ? 0.5 : -0.5))).toBe(true);
});

test('an empty recording is a valid file, and replaces an older one', async () => {
  const path = join(folder, 'a.wav');
  for (const frames of [5, 0]) {
    const writer = await WavWriter.open(path);
    for (let n = 0; n < frames; n++) writer.append(frame(0));
    await writer.close();
    expect((await read(path)).samples).toHaveLength(frames * 480);
  }
});

test('frames the file can’t take are counted and reported once', async () => {
  const errors: WavError[] = [];
  const writer = await WavWriter.open(join(folder, 'a.wav'), { onError: (e) => errors.push(e) });
  writer.append({ ...frame(0), sampleRate: NaN });
  writer.append({ ...frame(0), channels: 0 });
  writer.append(frame(0.5));
  writer.append({ ...frame(0), sampleRate: 16_000 });
  writer.append({ ...frame(0), channels: 2 });
  writer.append(frame(0.5));
  await writer.close();
  writer.append(frame(0.5));
  expect((await read(writer.path)).samples).toEqual(new Float32Array(960).fill(0.5));
  expect(writer.droppedFrames).toBe(5);
  expect(errors.map(({ code }) => code)).toEqual(['WAV_FORMAT']);

  const stereo = await WavWriter.open(join(folder, 'b.wav'));
  stereo.append({ ...frame(0), channels: 2, samples: new Float32Array(3) });
  await expect(stereo.close()).rejects.toMatchObject({ code: 'WAV_FORMAT' });
});

test('a backlog beyond the limit drops the newest, and recording goes on after it', async () => {
  const errors: string[] = [];
  const writer = await WavWriter.open(join(folder, 'a.wav'), {
    maxBacklog: 1,
    onError: ({ code }) => {
      errors.push(code);
      throw new Error('listener');
    },
  });
  // Nothing reaches the disk while this loop holds the thread.
  for (let n = 0; n < 150; n++) writer.append(frame(n < 100 ? 0.25 : 0.75));
  expect(writer.droppedFrames).toBe(50);
  let size = 0;
  while (size < 44 + 96_000) {
    await turn();
    size = (await readFile(writer.path)).length;
  }
  const more = Array.from({ length: 90 }, (_, n) => n / 128);
  for (const value of more) writer.append(frame(value));
  await writer.close();
  expect(errors).toEqual(['WAV_BACKLOG']);
  expect(writer.droppedFrames).toBe(50);
  const frames = [...Array<number>(100).fill(0.25), ...more];
  const expected = frames.flatMap((value) => Array<number>(480).fill(value));
  expect((await read(writer.path)).samples).toEqual(Float32Array.from(expected));
});

test('a file ends at the 4 GiB of the format', async () => {
  const writer = await WavWriter.open(join(folder, 'a.wav'));
  writer.append(frame(0.5));
  // Only the length of such a frame can be real in a test.
  writer.append({ ...frame(0), samples: { length: 2 ** 31 - 480 } as Float32Array });
  expect(writer.droppedFrames).toBe(1);
  await expect(writer.close()).rejects.toMatchObject({ code: 'WAV_FULL' });
  expect((await read(writer.path)).samples).toHaveLength(480);
});

test('a full disk is reported once, and append goes on without a throw', async () => {
  const errors: WavError[] = [];
  const writer = await WavWriter.open('/dev/full', { onError: (error) => errors.push(error) });
  for (let n = 0; n < 60; n++) writer.append(frame(0.5));
  while (errors.length === 0) await turn();
  for (let n = 0; n < 60; n++) writer.append(frame(0.5));
  await writer.close();
  expect(errors.map(({ code }) => code)).toEqual(['WAV_WRITE_FAILED']);
  expect(errors[0]?.message).toContain('ENOSPC');
  expect(writer.droppedFrames).toBe(60);

  const silent = await WavWriter.open('/dev/full');
  for (let n = 0; n < 60; n++) silent.append(frame(0.5));
  const closing = silent.close();
  expect(silent.close()).toBe(closing);
  await expect(closing).rejects.toMatchObject({ name: 'WavError', code: 'WAV_WRITE_FAILED' });
});
