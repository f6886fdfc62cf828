import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseWav } from '@rm/codecs';
import { match, rms, toneAmplitude } from '../src/analysis.js';
import { type DemoRun, runMain } from '../src/run-main.js';

let folder: string;
let run: DemoRun;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rm-demo-'));
  run = await runMain(join(folder, 'measured'), { interruptAfterMs: 5000 });
}, 40_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function samplesOf(path: string): Promise<Float32Array> {
  const wav = parseWav(await readFile(path));
  if (!wav.ok) throw new Error(`${path}: ${wav.reason}`);
  expect(wav.value).toMatchObject({ sampleRate: 48_000, channels: 1 });
  return wav.value.samples;
}

const recording = (node: string, from: string): Promise<Float32Array> =>
  samplesOf(join(folder, 'measured', node, `${from}.wav`));

const speech = (): Promise<Float32Array> =>
  samplesOf(fileURLToPath(new URL('../assets/speech.wav', import.meta.url)));

/** Half a second at a time, as more may hold a change of the playout delay, on either way: the median match. */
async function medianMatch(
  samples: Float32Array,
): Promise<{ correlation: number; gainDb: number }> {
  const source = await speech();
  const matches = [];
  for (let from = 48_000; from + 24_000 <= samples.length; from += 24_000) {
    const part = samples.subarray(from, from + 24_000);
    if (rms(part) > 0.005) matches.push(match(part, source, 48_000));
  }
  expect(matches.length).toBeGreaterThanOrEqual(3);
  matches.sort((a, b) => a.correlation - b.correlation);
  return matches[matches.length >> 1]!;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!;

test('every link carried audio, and what was measured of it makes sense', () => {
  const { summary, status, log } = run;
  expect({ ok: summary.ok, status, log }).toEqual({ ok: true, status: 0, log: expect.anything() });
  expect(summary.nodes).toEqual(['node-a', 'node-b', 'node-c']);
  expect(summary.links.map(({ from, to }) => `${from} ${to}`).sort()).toEqual([
    'node-a node-b',
    'node-a node-c',
    'node-b node-a',
    'node-b node-c',
    'node-c node-a',
    'node-c node-b',
  ]);
  for (const link of summary.links) {
    expect(link.packets).toBeGreaterThan(5 * 50 - 10);
    expect(link.lost).toBe(0);
    expect(link.connectMs).toBeGreaterThan(0);
    expect(link.rttMs).toBeGreaterThan(0);
    expect(link.jitterBufferMs!.mean).toBeGreaterThan(5);
    // A packet, the encoder's lookahead, and at least the tick it waits for.
    expect(link.mouthToEarMs!.p50).toBeGreaterThan(30);
    expect(link.mouthToEarMs!.p95).toBeGreaterThanOrEqual(link.mouthToEarMs!.p50);
    expect(link.mouthToEarMs!.bound).toBeGreaterThan(0);
    expect(link.mouthToEarMs!.bound).toBeLessThan(20);
    expect(link.wav).toBe(join(folder, 'measured', link.to, `${link.from}.wav`));
  }
});

test('node-c hears the speech of node-a', async () => {
  const { correlation, gainDb } = await medianMatch(await recording('node-c', 'node-a'));
  expect(correlation).toBeGreaterThan(0.95);
  expect(Math.abs(gainDb)).toBeLessThan(0.5);
});

test('node-c hears the speech of node-a through node-b, 6 dB lower', async () => {
  const { correlation, gainDb } = await medianMatch(await recording('node-c', 'node-b'));
  expect(correlation).toBeGreaterThan(0.95);
  expect(Math.abs(gainDb + 6)).toBeLessThan(0.5);
});

test('node-a hears the tone of node-c at its frequency and level, and nothing else', async () => {
  const samples = (await recording('node-a', 'node-c')).subarray(-3 * 48_000);
  // Of each tenth of a second by itself: a packet concealed on a busy machine shifts the phase of what follows.
  const tenths = Array.from({ length: 30 }, (_, i) => samples.subarray(i * 4800, (i + 1) * 4800));
  const amplitude = median(tenths.map((part) => toneAmplitude(part, 440, 48_000)));
  expect(amplitude).toBeGreaterThan(0.095);
  expect(amplitude).toBeLessThan(0.105);
  expect(median(tenths.map(rms))).toBeLessThan(0.105 / Math.SQRT2);
});

test('node-b tells the others of the level it measures', () => {
  for (const to of ['node-a', 'node-c']) {
    const link = run.summary.links.find((l) => l.from === 'node-b' && l.to === to)!;
    expect(link.messages).toBeGreaterThan(5);
  }
});

test('Ctrl-C ends every process within two seconds', () => {
  expect(run.interruptMs).toBeLessThan(2000);
  expect(run).toMatchObject({ leftProcesses: 0, leftListening: false });
});

test('with --seconds it ends by itself, and nothing is left', async () => {
  const short = await runMain(join(folder, 'short'), { seconds: 1 });
  expect(short).toMatchObject({ status: 0, leftProcesses: 0, leftListening: false });
  expect(short.summary.seconds).toBeCloseTo(1, 0);
  // Once a timer of 15 s that nobody waited for any more held the process.
  expect(short.totalMs).toBeLessThan(12_000);
}, 20_000);

test('a mistake on the command line is told in one line, with status 2', async () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const failure = promisify(execFile)(process.execPath, [main, '--seconds', 'soon']);
  await expect(failure).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("'--seconds <n>' argument 'soon' is invalid"),
  });
});
