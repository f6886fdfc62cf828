import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseWav } from '@rm/codecs';
import type { JsonData, JsonValue, RuntimeData } from '@rm/pipeline-bridge';
import { PipelineRunner } from '@rm/pipeline-bridge';
import { audio, graph, single, text } from './builders.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodes-'));
});
afterEach(() => rm(folder, { recursive: true }));

function json(value: JsonValue): JsonData {
  return { kind: 'json', streamId: 'control', capture: undefined, value };
}

function levels(out: readonly RuntimeData[]): JsonValue[] {
  return out.flatMap((data) => (data.kind === 'json' ? [data.value] : []));
}

test.each([
  [{ gain_db: -6.0206 }, 0.25],
  [{ gain_db: 20 }, 5],
  [{ gain: 0.1 }, 0.05],
  [{ gain: 0 }, 0],
  [{}, 0.5],
])('Gain %j makes 0.5 to %d from the first sample on', async (params, expected) => {
  const { session, out } = await single('Gain', params);
  const sound = audio(0.5, { at: 77 });
  session.send(sound);
  session.send(text('as it is'));
  await session.close();
  expect(sound.samples.every((sample) => sample === 0.5)).toBe(true);
  const [first] = out;
  if (first?.kind !== 'audio') throw new Error('no audio');
  for (const sample of first.samples) expect(sample).toBeCloseTo(expected, 5);
  expect(first.samples).toHaveLength(480);
  expect(out).toMatchObject([
    { streamId: 'mic', capture: { time: 77 }, sampleRate: 48_000, channels: 1 },
    text('as it is'),
  ]);
});

test('a change of gain is ramped over one frame, in both channels alike, without a step', async () => {
  const { session, out, errors } = await single('Gain');
  const stereo = { ...audio(1), channels: 2 };
  session.send(stereo);
  session.send(json({ type: 'set_gain', gain_db: -120 }));
  session.send(json({ type: 'other' }));
  session.send(stereo);
  session.send(stereo);
  session.send(json({ type: 'set_gain', gain_db: 'loud' }));
  await session.close();
  const heard = out.flatMap((data) => (data.kind === 'audio' ? [...data.samples] : []));
  expect(out.filter(({ kind }) => kind === 'json')).toEqual([json({ type: 'other' })]);
  expect(heard[479]).toBe(1);
  expect(heard.at(-1)).toBeCloseTo(1e-6, 8);
  for (let i = 0; i < heard.length; i += 2) {
    expect(heard[i]).toBe(heard[i + 1]);
    expect(Math.abs((heard[i + 2] ?? heard[i] ?? 0) - (heard[i] ?? 0))).toBeLessThan(0.005);
  }
  expect(errors.map(({ code }) => code)).toEqual(['NODE_FAILED']);
});

test('AudioLevelNode tells the level of a full-scale sine and of silence, every 100 ms', async () => {
  const { session, out } = await single('AudioLevelNode');
  for (let at = 0; at < 200_000; at += 20_000) {
    const sound = audio(0, { ms: 20, at });
    if (at < 100_000) sound.samples.forEach((_, i, all) => (all[i] = Math.sin((i * Math.PI) / 48)));
    session.send(sound);
  }
  await session.close();
  expect(out.filter(({ kind }) => kind === 'audio')).toHaveLength(10);
  expect(levels(out)).toEqual([
    { type: 'level', rms_dbfs: -3.01, peak_dbfs: 0, timestamp_us: 0 },
    { type: 'level', rms_dbfs: -127, peak_dbfs: -127, timestamp_us: 100_000 },
  ]);
  expect(out[5]).toMatchObject({ kind: 'json', streamId: 'mic', capture: { time: 0, bound: 500 } });
});

test('levels keep their rate with any frame size, and streams apart', async () => {
  const { session, out } = await single('Level', { interval_ms: 50 });
  for (let n = 0; n < 100; n++) {
    session.send(audio(1, { ms: 30, stream: 'loud' }));
    session.send(audio(0.1, { ms: 30, stream: 'soft' }));
  }
  await session.close();
  for (const [stream, rms_dbfs] of [
    ['loud', 0],
    ['soft', -20],
  ] as const) {
    const told = levels(out.filter(({ streamId }) => streamId === stream));
    expect(told).toHaveLength(60);
    expect(new Set(told.map((value) => JSON.stringify(value)))).toEqual(
      new Set([
        JSON.stringify({ type: 'level', rms_dbfs, peak_dbfs: rms_dbfs, timestamp_us: null }),
      ]),
    );
  }
});

test('a change of format begins a new interval', async () => {
  const { session, out } = await single('Level');
  for (let n = 0; n < 9; n++) session.send(audio(1));
  for (let n = 0; n < 10; n++) session.send({ ...audio(0.1, { at: n }), sampleRate: 96_000 });
  for (let n = 0; n < 10; n++) session.send({ ...audio(0.1, { at: n }), sampleRate: 96_000 });
  await session.close();
  expect(levels(out)).toEqual([{ type: 'level', rms_dbfs: -20, peak_dbfs: -20, timestamp_us: 0 }]);
});

test('more streams than are measured at a time do no harm', async () => {
  const { session, out } = await single('Level', { interval_ms: 10 });
  for (let n = 0; n < 200; n++) session.send(audio(1, { stream: `s${n}` }));
  await session.close();
  expect(levels(out)).toHaveLength(200);
});

test('Record writes what passes into folders it makes, and passes everything on', async () => {
  const path = join(folder, 'new', 'deep', 'take.wav');
  const { session, out, errors } = await single('Recorder', { path });
  const sound = audio(0.5, { ms: 20, at: 5 });
  for (let n = 0; n < 30; n++) session.send(sound);
  session.send(text('marker'));
  session.send(audio(0.25, { stream: 'stranger' }));
  session.send({ ...sound, sampleRate: 16_000 });
  await session.close();
  const wav = parseWav(await readFile(path));
  if (!wav.ok) throw new Error(wav.reason);
  expect(wav.value).toMatchObject({ sampleRate: 48_000, channels: 1 });
  expect(wav.value.samples).toEqual(new Float32Array(30 * 960).fill(0.5));
  expect(out).toHaveLength(33);
  expect(out[0]).toEqual(sound);
  expect(errors.map(({ code, cause }) => [code, (cause as Error).name])).toEqual([
    ['NODE_FAILED', 'Error'],
    ['NODE_FAILED', 'WavError'],
  ]);
});

test('a path that cannot be written fails the session at once', async () => {
  const manifest = graph(['r:Record'], { r: { params: { path: join('/dev/null', 'x.wav') } } });
  await expect(new PipelineRunner().createSession(manifest)).rejects.toMatchObject({
    code: 'NODE_OPEN_FAILED',
    cause: { code: 'WAV_WRITE_FAILED' },
  });
});
