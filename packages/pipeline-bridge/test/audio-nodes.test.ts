import { expect, test } from '@jest/globals';
import type { Micros } from '@rm/codecs';
import type { AudioData, JsonData, RuntimeData } from '@rm/pipeline-bridge';
import { single, text, turn } from './builders.js';

/** A sine of 440 Hz, sampled from `at` µs on. */
function sine(at: number, length: number, sampleRate = 48_000, streamId = 'mic'): AudioData {
  return {
    kind: 'audio',
    streamId,
    capture: { time: at as Micros, bound: 250 as Micros },
    samples: Float32Array.from({ length }, (_, n) => tone(at + (n * 1e6) / sampleRate)),
    sampleRate,
    channels: 1,
  };
}

const tone = (at: number): number => 0.5 * Math.sin((2 * Math.PI * 440 * at) / 1e6);

const soundsOf = (out: readonly RuntimeData[]): AudioData[] =>
  out.filter((data): data is AudioData => data.kind === 'audio');
const toldOf = (out: readonly RuntimeData[]): unknown[] =>
  out.filter((data): data is JsonData => data.kind === 'json').map(({ value }) => value);

/** The most that a sample differs from what the tone was when its capture time says, from `from` µs on. */
function worstError(sounds: readonly AudioData[], from: number): number {
  let worst = 0;
  for (const { samples, sampleRate, capture } of sounds) {
    for (const [n, sample] of samples.entries()) {
      const at = capture!.time + (n * 1e6) / sampleRate;
      if (at >= from) worst = Math.max(worst, Math.abs(sample - tone(at)));
    }
  }
  return worst;
}

test.each([['chunk_size'], ['chunkSize']])(
  'audio is cut into chunks of one length whose capture times are their own (%s)',
  async (name) => {
    const { session, out } = await single('AudioChunkerNode', { [name]: 512 });
    for (let n = 0; n < 16; n++) session.send(sine(n * 10_000, 480));
    session.send(text('passes'));
    const sounds = soundsOf(out);
    expect(sounds.map(({ samples }) => samples.length)).toEqual(Array(15).fill(512));
    expect(sounds[1]!.capture!.time).toBe(10_667);
    // Times are whole microseconds: one more or less is 0.0014.
    expect(worstError(sounds, 0)).toBeLessThan(0.002);
    expect(out.at(-1)).toEqual(text('passes'));
  },
);

test('chunks of two channels and of two streams do not mix', async () => {
  const { session, out } = await single('Chunker', { chunk_size: 3 });
  const stereo = (streamId: string, samples: number[]): AudioData => ({
    ...sine(0, 0, 48_000, streamId),
    samples: Float32Array.from(samples),
    channels: 2,
  });
  session.send(stereo('a', [1, -1, 2, -2]));
  session.send(stereo('b', [9, -9, 8, -8]));
  session.send(stereo('a', [3, -3, 4, -4]));
  expect(soundsOf(out).map(({ streamId, samples }) => [streamId, [...samples]])).toEqual([
    ['a', [1, -1, 2, -2, 3, -3]],
  ]);
});

test.each([
  [48_000, 16_000],
  [16_000, 48_000],
  [44_100, 48_000],
])('sound of %i samples a second comes out at %i, in time and whole', async (from, to) => {
  const { session, out, errors } = await single('FastResampleNode', {
    target_rate: to,
    source_rate: from,
    quality: 'High',
  });
  const block = from / 100;
  for (let n = 0; n < 30; n++) session.send(sine(n * 10_000, block, from));
  const sounds = soundsOf(out);
  const total = sounds.reduce((sum, { samples }) => sum + samples.length, 0);
  expect(sounds.every(({ sampleRate }) => sampleRate === to)).toBe(true);
  expect(total).toBeGreaterThan(0.29 * to);
  // The very start is heard through a filter that finds nothing before it.
  expect(worstError(sounds, 10_000)).toBeLessThan(0.002);
  expect(sounds.every(({ capture }) => capture!.bound === 250)).toBe(true);
  expect(errors).toEqual([]);
});

test('what is at the target rate already passes as it is, and another than the source rate is an error', async () => {
  const { session, out, errors } = await single('Resample', { targetRate: 8000 });
  const sound = sine(0, 80, 8000);
  session.send(sound);
  expect(out).toEqual([sound]);
  const strict = await single('Resample', { target_rate: 8000, source_rate: 16_000 });
  strict.session.send(sine(0, 480));
  expect(strict.errors.map(({ message }) => message)).toEqual([
    'node "node": audio of 48000 samples a second came; source_rate says 16000',
  ]);
  expect(errors).toEqual([]);
  await expect(single('Resample', {})).rejects.toThrow('give target_rate');
});

test('delayed sound comes out later by just so much, with its own capture time', async () => {
  const { session, out } = await single('Delay', { delay_ms: 25 });
  for (let n = 0; n < 8; n++) session.send(sine(n * 10_000, 480));
  const sounds = soundsOf(out);
  expect(sounds.map(({ capture }) => capture!.time)).toEqual(
    Array.from({ length: 8 }, (_, n) => n * 10_000 - 25_000),
  );
  expect(sounds[0]!.samples.every((sample) => sample === 0)).toBe(true);
  expect(sounds[1]!.samples.every((sample) => sample === 0)).toBe(true);
  // Times are whole microseconds: one more or less is 0.0014.
  expect(worstError(sounds, 0)).toBeLessThan(0.002);
  const none = await single('Delay', { delay_ms: 0 });
  none.session.send(sine(0, 480));
  expect(none.out).toMatchObject([{ capture: { time: 0 } }]);
});

test('silence that lasts is told once, and its end', async () => {
  const { session, out } = await single('SilenceDetectorNode', { sustained_silence_ms: 30 });
  const quiet = (at: number): AudioData => ({ ...sine(at, 480), samples: new Float32Array(480) });
  session.send(sine(0, 480));
  for (const at of [10_000, 20_000, 30_000, 40_000]) session.send(quiet(at));
  session.send(sine(50_000, 480));
  session.send(quiet(60_000));
  expect(toldOf(out)).toEqual([
    {
      type: 'silence',
      is_sustained_silence: true,
      silence_duration_ms: 30,
      rms_db: -127,
      timestamp_us: 30_000,
    },
    expect.objectContaining({
      is_sustained_silence: false,
      silence_duration_ms: 40,
      timestamp_us: 50_000,
    }),
  ]);
  expect(soundsOf(out)).toHaveLength(7);
});

/** Something like a vowel: a train of pulses through two formants. */
function vowel(at: number): AudioData {
  const samples = new Float32Array(320);
  for (let n = 0; n < 320; n++) {
    const t = at / 1e6 + n / 16_000;
    const pulse = (t * 120) % 1;
    const ring = Math.exp(-pulse * 6);
    samples[n] =
      0.4 * ring * (Math.sin(2 * Math.PI * 700 * t) + 0.6 * Math.sin(2 * Math.PI * 1200 * t));
  }
  return { ...sine(at, 0, 16_000), samples };
}

test('who begins and ends to speak is told before the frame, stream by stream', async () => {
  const { session, out, errors } = await single('VAD', { hangover_ms: 40 });
  const quiet = (at: number): AudioData => ({
    ...sine(at, 0, 16_000),
    samples: new Float32Array(320),
  });
  for (let n = 0; n < 10; n++) {
    session.send(quiet(n * 20_000));
    await turn();
  }
  for (let n = 10; n < 25; n++) session.send(vowel(n * 20_000));
  for (let n = 25; n < 40; n++) session.send(quiet(n * 20_000));
  const told = toldOf(out) as { speaking: boolean; timestamp_us: number }[];
  expect(told.map(({ speaking }) => speaking)).toEqual([true, false]);
  expect(told[0]!.timestamp_us).toBeGreaterThanOrEqual(200_000);
  expect(told[0]!.timestamp_us).toBeLessThanOrEqual(260_000);
  expect(told[1]!.timestamp_us).toBeGreaterThanOrEqual(500_000);
  expect(told[1]!.timestamp_us).toBeLessThanOrEqual(700_000);
  expect(soundsOf(out)).toHaveLength(40);
  session.send({ ...quiet(0), channels: 2 });
  session.send({ ...quiet(0), samples: new Float32Array(100) });
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('audio of 2 channels'),
    expect.stringContaining('10, 20 or 30 ms'),
  ]);
  await session.close();
});

test('of more than 64 streams those that came first are forgotten, and begin anew', async () => {
  const { session, out } = await single('Chunker', { chunk_size: 2 });
  const one = (streamId: string): AudioData => ({
    ...sine(0, 0, 48_000, streamId),
    samples: Float32Array.of(1),
  });
  for (let n = 0; n < 65; n++) session.send(one(`s${n}`));
  session.send(one('s0'));
  session.send(one('s64'));
  expect(soundsOf(out).map(({ streamId }) => streamId)).toEqual(['s64']);
});
