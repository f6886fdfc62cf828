import { describe, expect, test } from '@jest/globals';
import { VoiceActivity, type VoiceActivityOptions } from '../src/index.js';
import { concat, noise, rms } from './support/signals.js';
import { speech } from './support/speech.js';
import { watchWasmMemories } from './support/wasm-memories.js';

const bad = expect.objectContaining({ name: 'ArgumentError', code: 'BAD_ARGUMENT' });
const memories = watchWasmMemories();

/** For each frame, whether voice is found in it. */
async function detect(
  samples: Float32Array,
  { frameMs = 20, ...options }: VoiceActivityOptions & { frameMs?: number },
): Promise<boolean[]> {
  const detector = await VoiceActivity.create(options);
  const length = (options.sampleRate * frameMs) / 1000;
  const found = [];
  for (let at = 0; at + length <= samples.length; at += length) {
    found.push(detector.process(samples.subarray(at, at + length)));
  }
  detector.close();
  return found;
}

const share = (found: readonly boolean[]): number =>
  found.filter((active) => active).length / found.length;

describe.each([8_000, 16_000, 32_000, 48_000])('at %i Hz', (sampleRate) => {
  const spoken = speech(1, sampleRate, 3 * sampleRate);

  test.each([10, 20, 30])('speech in frames of %i ms is voice', async (frameMs) => {
    expect(share(await detect(spoken, { sampleRate, frameMs }))).toBeGreaterThan(0.9);
  });

  test('speech is voice in each mode', async () => {
    for (const mode of [0, 1, 2, 3] as const) {
      expect(share(await detect(spoken, { sampleRate, mode }))).toBeGreaterThan(0.85);
    }
  });

  test('silence and noise are not', async () => {
    const silence = new Float32Array(sampleRate);
    expect(share(await detect(silence, { sampleRate, hangover: 0 }))).toBe(0);
    const faint = noise(2, 3 * sampleRate, 0.005);
    const loud = noise(3, 3 * sampleRate, 0.04);
    for (const hiss of [faint, loud]) {
      const found = await detect(hiss, { sampleRate, mode: 3, hangover: 0 });
      expect(share(found.slice(50))).toBeLessThan(0.05);
    }
  });
});

test('speech begins and ends where it does, within 60 ms and the hangover', async () => {
  const still = new Float32Array(48_000);
  const samples = concat([still, speech(2, 48_000, 48_000), still]);
  const found = await detect(samples, { sampleRate: 48_000, hangover: 300 });
  const first = found.indexOf(true) * 20;
  const last = (found.lastIndexOf(true) + 1) * 20;
  expect(Math.abs(first - 1000)).toBeLessThanOrEqual(60);
  expect(last).toBeGreaterThanOrEqual(2200);
  expect(last).toBeLessThanOrEqual(2460);
});

test('the hangover bridges pauses, for as long as it is set', async () => {
  const spoken = speech(3, 16_000, 16_000);
  const samples = concat([spoken, new Float32Array(16_000)]);
  const ends: number[] = [];
  for (const hangover of [0, 100, 400]) {
    const found = await detect(samples, { sampleRate: 16_000, frameMs: 10, hangover });
    ends.push((found.lastIndexOf(true) + 1) * 10);
  }
  expect(ends[1]! - ends[0]!).toBe(100);
  expect(ends[2]! - ends[0]!).toBe(400);
});

test('a mode surer of voice takes less of a noisy room for it', async () => {
  // White noise through a low pass: loudest where voices are.
  const room = noise(4, 32_000, 0.3);
  for (let i = 1; i < room.length; i++) room[i]! += 0.9 * room[i - 1]!;
  const scale = 0.02 / rms(room);
  const quiet = room.map((x) => x * scale);
  const shares = [];
  for (const mode of [0, 3] as const) {
    shares.push(share(await detect(quiet, { sampleRate: 8_000, mode, hangover: 0 })));
  }
  expect(shares[1]).toBeLessThan(shares[0]!);
});

test('detectors do not disturb each other, nor does one that is closed twice', async () => {
  const gone = await VoiceActivity.create({ sampleRate: 16_000 });
  gone.close();
  const spoken = speech(5, 16_000, 16_000);
  const alone = await detect(spoken, { sampleRate: 16_000 });
  const one = await VoiceActivity.create({ sampleRate: 16_000 });
  // What it held belongs to another by now.
  gone.close();
  const other = await VoiceActivity.create({ sampleRate: 48_000, mode: 0 });
  const hiss = noise(6, 960);
  const found = alone.map((_, i) => {
    other.process(hiss);
    return one.process(spoken.subarray(i * 320, i * 320 + 320));
  });
  expect(found).toEqual(alone);
  one.close();
  other.close();
});

test('samples beyond full scale, and what are no numbers, are taken as they come', async () => {
  const detector = await VoiceActivity.create({ sampleRate: 8_000 });
  for (const sample of [40, -40, NaN, Infinity]) {
    expect(typeof detector.process(new Float32Array(80).fill(sample))).toBe('boolean');
  }
  detector.close();
});

test('close gives the memory back, however often detectors come and go', async () => {
  await detect(new Float32Array(160), { sampleRate: 16_000 });
  const [memory] = memories;
  const bytes = memory!.buffer.byteLength;
  for (let i = 0; i < 40_000; i++) {
    const detector = await VoiceActivity.create({ sampleRate: 16_000 });
    detector.close();
    detector.close();
  }
  expect(memories).toEqual([memory]);
  expect(memory!.buffer.byteLength).toBe(bytes);
});

test('a closed detector says so', async () => {
  const detector = await VoiceActivity.create({ sampleRate: 16_000 });
  detector.close();
  expect(() => detector.process(new Float32Array(160))).toThrow(
    expect.objectContaining({ name: 'ClosedError', code: 'CLOSED' }),
  );
});

test.each([
  { sampleRate: 44_100 },
  { sampleRate: 16_000, mode: 4 as 3 },
  { sampleRate: 16_000, hangover: -1 },
  { sampleRate: 16_000, hangover: NaN },
])('%j is refused', async (options) => {
  await expect(VoiceActivity.create(options)).rejects.toEqual(bad);
});

test.each([0, 159, 640])('a frame of %i samples at 16 kHz is refused', async (length) => {
  const detector = await VoiceActivity.create({ sampleRate: 16_000 });
  expect(() => detector.process(new Float32Array(length))).toThrow(bad);
  detector.close();
});
