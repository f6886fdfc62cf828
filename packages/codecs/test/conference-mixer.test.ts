import { expect, test } from '@jest/globals';
import { ConferenceMixer } from '../src/index.js';
import { concat, noise, rms, roughness, snr, tone } from './support/signals.js';

const BLOCK = 480;
const FORMAT = { sampleRate: 48_000, channels: 1, blockLength: BLOCK };
const DELAY = new ConferenceMixer(FORMAT).latency;
const bad = expect.objectContaining({ name: 'ArgumentError', code: 'BAD_ARGUMENT' });

/** What each participant hears, without the limiter's delay, when each says what is given, or nothing. */
function confer(
  said: readonly (Float32Array | undefined)[],
  gainAt: (participant: number, block: number) => number = () => 1,
): Float32Array[] {
  const mixer = new ConferenceMixer(FORMAT);
  const participants = said.map(() => mixer.join());
  const heard = said.map((): Float32Array[] => []);
  const length = Math.max(...said.map((samples) => samples?.length ?? 0));
  for (let at = 0; at < length + DELAY; at += BLOCK) {
    mixer.begin();
    participants.forEach((participant, i) => {
      participant.setGain(gainAt(i, at / BLOCK));
      const block = said[i]?.slice(at, at + BLOCK);
      if (block?.length === BLOCK) participant.write(block);
    });
    participants.forEach((participant, i) => {
      const out = new Float32Array(BLOCK);
      participant.read(out);
      heard[i]!.push(out);
    });
  }
  return heard.map((blocks) => concat(blocks).subarray(DELAY, DELAY + length));
}

test('who speaks alone hears nothing, and everyone else exactly what was said', () => {
  const said = noise(1, 4800, 0.7);
  const [own, ...others] = confer([said, undefined, new Float32Array(4800)]);
  expect(own).toEqual(new Float32Array(4800));
  for (const heard of others) expect(heard).toEqual(said);
});

test('everyone hears the sum of all others, to the last bit', () => {
  const said = [2, 3, 4, 5, 6].map((seed) => noise(seed, 4800, 0.15));
  for (const [i, heard] of confer(said).entries()) {
    const others = said.filter((_, k) => k !== i);
    const sum = Float32Array.from({ length: 4800 }, (_, n) =>
      others.reduce((total, samples) => total + samples[n]!, 0),
    );
    expect(heard).toEqual(sum);
  }
});

test('a loud voice leaves no trace in what its owner hears of a faint one', () => {
  const loud = noise(7, 4800, 8);
  const faint = noise(8, 4800, 1e-4);
  expect(snr(faint, confer([loud, faint])[0]!)).toBeGreaterThan(200);
});

test('sixteen loud voices stay within ±1', () => {
  const said = Array.from({ length: 16 }, (_, i) => tone(150 + 13 * i, 48_000, 9600, 0.5));
  for (const heard of confer(said)) {
    expect(heard.every((x) => Math.abs(x) <= 1)).toBe(true);
    expect(rms(heard)).toBeGreaterThan(0.2);
  }
});

test('who writes nothing in a block is silent in it, whatever came before', () => {
  const mixer = new ConferenceMixer(FORMAT);
  const [a, b] = [mixer.join(), mixer.join()];
  const out = new Float32Array(BLOCK);
  mixer.begin();
  a.write(new Float32Array(BLOCK).fill(0.5));
  a.read(out);
  b.read(out);
  mixer.begin();
  a.read(out);
  expect(out).toEqual(new Float32Array(BLOCK));
  b.read(out);
  expect(out.subarray(DELAY)).toEqual(new Float32Array(BLOCK - DELAY));
});

test('a gain is reached evenly within a block, and muting makes no click', () => {
  const said = tone(300, 48_000, 4800);
  const [, heard] = confer(
    [said, undefined],
    (_, block) => [1, 1, 0.25, 0.25, 0, 0, 1][block] ?? 1,
  );
  expect(roughness(heard!)).toBeLessThan(roughness(said) * 1.5);
  expect(heard!.subarray(0, 960)).toEqual(said.subarray(0, 960));
  expect(heard![960 + 239]).toBeCloseTo(said[960 + 239]! * 0.625, 6);
  expect(heard!.subarray(1440, 1920)).toEqual(said.subarray(1440, 1920).map((x) => x / 4));
  expect(heard!.subarray(2400, 2880)).toEqual(new Float32Array(480));
  expect(heard!.subarray(3360)).toEqual(said.subarray(3360));
});

test('one who sends nonsense spoils nobody’s sound', () => {
  const said = noise(9, 960, 0.5);
  const nonsense = new Float32Array(960).map((_, i) => [NaN, Infinity, -Infinity][i % 3]!);
  const [first, , third] = confer([said, nonsense, undefined]);
  expect(first).toEqual(new Float32Array(960));
  expect(third).toEqual(said);
});

test('stereo stays stereo', () => {
  const mixer = new ConferenceMixer({ ...FORMAT, channels: 2 });
  const [speaker, listener] = [mixer.join(), mixer.join()];
  const out = new Float32Array(2 * BLOCK);
  mixer.begin();
  speaker.setGain(0.5);
  speaker.write(Float32Array.from({ length: 2 * BLOCK }, (_, i) => (i % 2 === 0 ? 0.6 : -0.2)));
  listener.read(out);
  // The gain goes from 1 to 0.5 over the block: what is out of the limiter's delay is its beginning.
  const last = BLOCK - DELAY;
  expect(out[2 * DELAY]).toBeCloseTo(0.6 * (1 - 0.5 / BLOCK), 6);
  expect(out[2 * BLOCK - 2]).toBeCloseTo(0.6 * (1 - (0.5 * last) / BLOCK), 6);
  expect(out[2 * BLOCK - 1]).toBeCloseTo(-0.2 * (1 - (0.5 * last) / BLOCK), 6);
});

test('what cannot be mixed is refused', () => {
  const mixer = new ConferenceMixer(FORMAT);
  const participant = mixer.join();
  mixer.begin();
  expect(() => participant.write(new Float32Array(479))).toThrow(bad);
  expect(() => participant.read(new Float32Array(481))).toThrow(bad);
  participant.write(new Float32Array(480));
  expect(() => participant.write(new Float32Array(480))).toThrow(bad);
  for (const gain of [-1, NaN, Infinity]) expect(() => participant.setGain(gain)).toThrow(bad);
  for (const blockLength of [0, 1.5, NaN]) {
    expect(() => new ConferenceMixer({ ...FORMAT, blockLength })).toThrow(bad);
  }
  expect(() => new ConferenceMixer({ ...FORMAT, sampleRate: 10 })).toThrow(bad);
});
