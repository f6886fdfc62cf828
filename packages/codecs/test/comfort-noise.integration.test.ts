import { describe, expect, test } from '@jest/globals';
import { ComfortNoise, dbfs, isDtx, loadOpus } from '../src/index.js';
import {
  channelOf,
  concat,
  interleave,
  noise,
  rms,
  roughness,
  tone,
  voice,
} from './support/signals.js';
import { speech } from './support/speech.js';
import { bandLevel, powerSpectrum } from './support/spectrum.js';

const RATE = 48_000;
const bad = expect.objectContaining({ name: 'ArgumentError', code: 'BAD_ARGUMENT' });

const FALLING = [0.9, 0];
const RESONANT = [1.97, -0.98];

/** Noise of a level in dBFS, in which each sample holds so much of the last two. */
function background(
  seed: number,
  length: number,
  level: number,
  [last, before]: readonly number[] = FALLING,
): Float32Array {
  const out = noise(seed, length);
  for (let i = 2; i < length; i++) out[i]! += last! * out[i - 1]! + before! * out[i - 2]!;
  const scale = 10 ** (level / 20) / rms(out);
  return out.map((x) => x * scale);
}

function listen(comfort: ComfortNoise, samples: Float32Array, block = 960): void {
  for (let at = 0; at < samples.length; at += block) comfort.listen(samples.slice(at, at + block));
}

function generate(comfort: ComfortNoise, length: number, block = 480): Float32Array {
  const out = new Float32Array(length);
  for (let at = 0; at < length; at += block) comfort.generate(out.subarray(at, at + block));
  return out;
}

/** Within 2 dB in each of the bands between the frequencies given. */
function expectSameColour(actual: Float32Array, expected: Float32Array, ...edges: number[]): void {
  const [is, should] = [powerSpectrum(actual), powerSpectrum(expected)];
  for (const [i, high] of edges.slice(1).entries()) {
    const off = bandLevel(is, RATE, edges[i]!, high) - bandLevel(should, RATE, edges[i]!, high);
    expect(Math.abs(off)).toBeLessThan(2);
  }
}

const make = (sampleRate = RATE, channels = 1): ComfortNoise =>
  new ComfortNoise({ sampleRate, channels });

describe.each([
  ['falling', FALLING],
  ['flat', [0, 0]],
  ['rising', [-0.8, 0]],
  ['resonant', RESONANT],
])('a background with a %s spectrum', (_, colour) => {
  const heard = background(7, RATE, -50, colour);

  test('is continued at its level and in its colour', () => {
    const comfort = make();
    listen(comfort, heard);
    const noise = generate(comfort, RATE);
    expect(Math.abs(dbfs(rms(noise)) + 50)).toBeLessThan(1);
    expectSameColour(noise, heard, 200, 400, 800, 1600, 3200, 6400, 12_800, 24_000);
  });

  test('is known after a quarter of a second', () => {
    const comfort = make();
    listen(comfort, heard.subarray(0, RATE / 4));
    expect(Math.abs(dbfs(rms(generate(comfort, RATE))) + 50)).toBeLessThan(1.5);
  });
});

test.each([8_000, 16_000, 44_100])('at %i Hz the level is kept too', (rate) => {
  const comfort = make(rate);
  listen(comfort, background(3, rate, -55), 160);
  expect(Math.abs(dbfs(rms(generate(comfort, rate, rate / 100))) + 55)).toBeLessThan(1);
});

test.each([40, 12])('talk %i dB above the background does not raise it', (above) => {
  const still = background(1, 2 * RATE, -60);
  const heard = still.slice();
  const voiced = voice(140, RATE, RATE / 5);
  const scale = 10 ** ((above - 60) / 20) / rms(voiced);
  const talk = voiced.map((x, i) => scale * x * Math.sin((Math.PI * i) / voiced.length));
  // Syllables of 200 ms, and then 200 ms in which nothing is said.
  for (let at = 0; at + RATE < heard.length; at += RATE) {
    for (let syllable = 0; syllable < 4; syllable++) {
      const from = at + syllable * talk.length;
      talk.forEach((x, i) => (heard[from + i]! += x));
    }
  }
  const comfort = make();
  listen(comfort, heard.subarray(0, 1.75 * RATE));
  const noise = generate(comfort, RATE);
  const settled = noise.subarray(480);
  expect(Math.abs(dbfs(rms(settled)) + 60)).toBeLessThan(2);
  expectSameColour(settled, still, 100, 1000, 10_000);
});

test('talk heard first is forgotten as soon as the background behind it is heard', () => {
  const comfort = make();
  listen(comfort, voice(140, RATE, RATE / 4));
  listen(comfort, background(2, RATE / 5, -60));
  expect(Math.abs(dbfs(rms(generate(comfort, RATE).subarray(480))) + 60)).toBeLessThan(2);
});

test('a background that grows louder or fainter is followed within two seconds', () => {
  const comfort = make();
  for (const level of [-60, -45, -65]) {
    listen(comfort, background(4, 2 * RATE, level));
    expect(Math.abs(dbfs(rms(generate(comfort, RATE))) - level)).toBeLessThan(1.5);
  }
});

test('a frame that dips, as after a loss, does not make the background fainter', () => {
  const comfort = make();
  const heard = background(5, RATE, -50);
  heard.subarray(24_000, 24_960).fill(0);
  listen(comfort, heard);
  expect(Math.abs(dbfs(rms(generate(comfort, RATE))) + 50)).toBeLessThan(1);
});

test('the pauses of an Opus sender with DTX sound like the room between its words', async () => {
  const opus = await loadOpus();
  const settings = { application: 'voip', bitrate: 24_000, complexity: 5, dtx: true } as const;
  const encoder = await opus.createEncoder({ sampleRate: RATE, channels: 1, ...settings });
  const decoder = await opus.createDecoder({ sampleRate: RATE, channels: 1 });
  const said = background(14, 3 * RATE, -50);
  speech(1, RATE, RATE).forEach((x, i) => (said[i]! += x));
  const comfort = make();
  const levels = { room: [] as number[], noise: [] as number[] };
  for (let at = 0; at < said.length; at += 960) {
    const packet = encoder.encode(said.subarray(at, at + 960));
    const samples = isDtx(packet) ? generate(comfort, 960) : decoder.decode(packet)!;
    if (!isDtx(packet)) comfort.listen(samples);
    // Speech is over after a second, and what Opus adds to it soon after.
    if (at > 1.2 * RATE) levels[isDtx(packet) ? 'noise' : 'room'].push(rms(samples) ** 2);
  }
  encoder.close();
  decoder.close();
  const [room, noise] = [levels.room, levels.noise].map((powers) => {
    expect(powers.length).toBeGreaterThan(10);
    return 10 * Math.log10(powers.reduce((sum, power) => sum + power) / powers.length);
  });
  expect(Math.abs(noise! - room!)).toBeLessThan(1.5);
});

test('before anything was heard there is silence, and after silence too', () => {
  const comfort = make();
  expect(generate(comfort, 960)).toEqual(new Float32Array(960));
  listen(comfort, new Float32Array(RATE));
  expect(generate(comfort, 960)).toEqual(new Float32Array(960));
});

test('a single frame is no background yet', () => {
  const comfort = make();
  listen(comfort, background(16, 960, -50));
  expect(generate(comfort, 960).subarray(240)).toEqual(new Float32Array(720));
});

test('what is no number, or beyond all bounds, is not learnt from', () => {
  const comfort = make();
  const heard = background(15, RATE, -50);
  listen(comfort, heard.subarray(0, 24_000));
  for (const sample of [NaN, Infinity, 3e38]) comfort.listen(new Float32Array(960).fill(sample));
  listen(comfort, heard.subarray(24_000, 28_800));
  expect(Math.abs(dbfs(rms(generate(comfort, RATE))) + 50)).toBeLessThan(1);
});

test('less than −80 dBFS is silence, more than −30 is not generated', () => {
  const faint = make();
  listen(faint, background(6, RATE, -85));
  expect(rms(generate(faint, 960).subarray(240))).toBe(0);
  const loud = make();
  listen(loud, background(6, RATE, -12));
  expect(Math.abs(dbfs(rms(generate(loud, RATE).subarray(480))) + 30)).toBeLessThan(1);
});

describe('between stream and noise', () => {
  test('there is no click, in either direction', () => {
    const comfort = make();
    const heard = background(8, 2 * RATE, -50, [0.99, 0]);
    listen(comfort, heard.subarray(0, RATE));
    const pause = generate(comfort, 4800);
    const after = heard.slice(1.5 * RATE);
    comfort.listen(after);
    const joined = concat([heard.subarray(RATE - 4800, RATE), pause, after]);
    expect(roughness(joined.subarray(4700, 5100))).toBeLessThan(1.2 * roughness(heard));
    expect(roughness(joined.subarray(9500, 9900))).toBeLessThan(1.2 * roughness(heard));
    expect(after.subarray(240)).toEqual(heard.subarray(1.5 * RATE + 240));
  });

  test('there is no click where something concealed comes before or after it, which is not learnt from', () => {
    const comfort = make();
    const room = background(17, RATE, -60);
    listen(comfort, room);
    // What is concealed is a tone, and cut off in full swing.
    const concealed = tone(440, RATE, 1000, 0.5);
    const before = concealed.slice();
    comfort.listen(before, false);
    const pause = generate(comfort, 9600);
    const after = concealed.slice(27);
    comfort.listen(after, false);
    const slope = (2 * Math.PI * 440 * 0.5) / RATE;
    expect(before).toEqual(concealed);
    expect(roughness(concat([before, pause, after]))).toBeLessThan(2.1 * slope);
    for (let i = 0; i < 10; i++) comfort.listen(new Float32Array(960), false);
    expect(Math.abs(dbfs(rms(generate(comfort, 9600).subarray(240))) + 60)).toBeLessThan(2);
  });

  test('there is no dip or bump in level', () => {
    const comfort = make();
    const heard = background(9, 2 * RATE, -50, RESONANT);
    listen(comfort, heard);
    const power = { begin: 0, end: 0 };
    for (let i = 0; i < 200; i++) {
      power.begin += rms(generate(comfort, 480).subarray(60, 180)) ** 2 / 200;
      const back = heard.slice(i * 480, i * 480 + 480);
      comfort.listen(back);
      power.end += rms(back.subarray(60, 180)) ** 2 / 200;
    }
    expect(Math.abs(10 * Math.log10(power.begin) + 50)).toBeLessThan(1);
    expect(Math.abs(10 * Math.log10(power.end) + 50)).toBeLessThan(1);
  });

  test('a tone cut off in full swing goes out within 5 ms and without a jump', () => {
    const comfort = make();
    const heard = tone(440, RATE, RATE, 0.5);
    listen(comfort, background(10, RATE, -60));
    listen(comfort, heard.subarray(0, 24_010));
    const pause = generate(comfort, 960);
    const step = (2 * Math.PI * 440 * 0.5) / RATE;
    // Played backwards, the tone keeps its slope but for the sign.
    expect(roughness(concat([heard.subarray(23_000, 24_010), pause]))).toBeLessThan(2 * step);
    expect(dbfs(rms(pause.subarray(240)))).toBeLessThan(-55);
  });
});

test('both channels have backgrounds of their own, and noises that are not the same', () => {
  const comfort = make(RATE, 2);
  const left = background(11, RATE, -45);
  const right = background(12, RATE, -60, [-0.8, 0]);
  listen(comfort, interleave(left, right), 1920);
  const out = generate(comfort, 2 * RATE, 960);
  for (const [channel, heard] of [left, right].entries()) {
    const noise = channelOf(out, channel, 2);
    expect(Math.abs(dbfs(rms(noise)) - dbfs(rms(heard)))).toBeLessThan(1);
    expectSameColour(noise, heard, 200, 800, 3200, 12_800);
  }
  const alike = make(RATE, 2);
  listen(alike, interleave(left, left), 1920);
  const same = generate(alike, RATE, 960);
  const difference = channelOf(same, 0, 2).map((x, i) => x - same[2 * i + 1]!);
  expect(dbfs(rms(difference))).toBeGreaterThan(-43);
});

test('however stream and pause are cut into blocks, the same noise comes out', () => {
  const heard = background(13, RATE, -50);
  const noises = [960, 120, 7].map((block) => {
    const comfort = make();
    listen(comfort, heard, block);
    return generate(comfort, 4800, block);
  });
  expect(noises[1]).toEqual(noises[0]);
  expect(noises[2]).toEqual(noises[0]);
});

test.each([
  { sampleRate: 7_999, channels: 1 },
  { sampleRate: NaN, channels: 1 },
  { sampleRate: RATE, channels: 3 },
])('%j is refused', (format) => {
  expect(() => new ComfortNoise(format)).toThrow(bad);
});

test('ragged blocks are refused', () => {
  const comfort = make(RATE, 2);
  expect(() => comfort.listen(new Float32Array(3))).toThrow(bad);
  expect(() => comfort.generate(new Float32Array(3))).toThrow(bad);
});
