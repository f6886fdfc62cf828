import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { floatToPcm16, wavHeader } from '@rm/codecs';
import { openSource } from '../src/source.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rm-source-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes a WAV file of `seconds` and returns its path; `sample(n, channel)` is its content. */
async function wav(
  name: string,
  sampleRate: number,
  channels: number,
  seconds: number,
  sample: (n: number, channel: number) => number,
): Promise<string> {
  const samples = Float32Array.from({ length: sampleRate * seconds * channels }, (_, i) =>
    sample(Math.floor(i / channels), i % channels),
  );
  const data = new Uint8Array(samples.length * 2);
  floatToPcm16(samples, data);
  const path = join(folder, name);
  await writeFile(path, Buffer.concat([wavHeader({ sampleRate, channels }, data.length), data]));
  return path;
}

async function read(spec: string, count: number): Promise<Float32Array> {
  const source = (await openSource(spec))!;
  const out = new Float32Array(count);
  // In ticks, as the node does.
  for (let i = 0; i < count; i += 480) source.read(out.subarray(i, i + 480));
  return out;
}

const amplitude = (samples: Float32Array, frequency: number): number => {
  let re = 0;
  let im = 0;
  samples.forEach((s, n) => {
    re += s * Math.cos((2 * Math.PI * frequency * n) / 48_000);
    im += s * Math.sin((2 * Math.PI * frequency * n) / 48_000);
  });
  return (2 * Math.hypot(re, im)) / samples.length;
};

test('a file is repeated without a gap', async () => {
  const path = await wav('ramp.wav', 48_000, 1, 0.1, (n) => n / 4800);
  const samples = await read(path, 14_400);
  samples.forEach((s, n) => expect(s).toBeCloseTo((n % 4800) / 4800, 3));
});

test.each([8000, 16_000, 44_100, 96_000])(
  'a file at %i Hz keeps its pitch and level',
  async (rate) => {
    const path = await wav(
      `${rate}.wav`,
      rate,
      1,
      1,
      (n) => 0.5 * Math.sin((2 * Math.PI * 440 * n) / rate),
    );
    const samples = await read(path, 48_000);
    expect(amplitude(samples.subarray(4800, 43_200), 440)).toBeCloseTo(0.5, 2);
  },
);

test('stereo is mixed down', async () => {
  const path = await wav('stereo.wav', 48_000, 2, 0.1, (_, channel) => (channel === 0 ? 0.6 : 0.2));
  expect((await read(path, 480))[100]).toBeCloseTo(0.4, 3);
});

test('tone:440 is a soft 440 Hz for as long as it runs', async () => {
  const samples = await read('tone:440', 480_000);
  expect(amplitude(samples.subarray(-48_000), 440)).toBeCloseTo(0.1, 4);
});

test('silence is silent, none is nothing', async () => {
  expect(await read('silence', 480)).toEqual(new Float32Array(480));
  expect(await openSource('none')).toBeUndefined();
});

test.each([
  ['/nowhere/speech.wav', /does not exist: give a WAV file, tone:HZ, silence or none/],
  ['tone:loud', /names no frequency: give 1 to 20000 Hz/],
  ['tone:', /names no frequency/],
  ['tone:-5', /names no frequency/],
  [tmpdir(), /cannot be read \(EISDIR\)/],
])('%s is refused with one clear line', async (spec, message) => {
  await expect(openSource(spec)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringMatching(message),
  });
});

test('a file that is no WAV file is refused', async () => {
  const path = join(folder, 'no.wav');
  await writeFile(path, 'hello');
  await expect(openSource(path)).rejects.toThrow(/is not a WAV file that can be read \(not-wav\)/);
});

test('a WAV file without samples is refused', async () => {
  await expect(openSource(await wav('empty.wav', 48_000, 1, 0, () => 0))).rejects.toThrow(
    /has no samples|no-data/,
  );
});
