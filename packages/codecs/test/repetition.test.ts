import { expect, test } from '@jest/globals';
import { Repetition } from '../src/dsp/repetition.js';
import {
  channelOf,
  concat,
  fitSine,
  interleave,
  noise,
  rms,
  roughness,
  snr,
  tone,
} from './support/signals.js';

const RATE = 48_000;

test.each([1, 2])('a tone goes on in phase for 10 ms, on %i channels', (channels) => {
  const signal = tone(220, RATE, 4800);
  const input = channels === 2 ? interleave(signal, tone(440, RATE, 4800)) : signal;
  const repetition = new Repetition({ sampleRate: RATE, channels });
  repetition.received(input.slice(0, 2400 * channels));
  const out = new Float32Array(480 * channels);
  repetition.conceal(out);
  expect(snr(signal.subarray(2400, 2880), channelOf(out, 0, channels))).toBeGreaterThan(30);
});

test('the level falls from 10 ms on and is zero after 60 ms', () => {
  const repetition = new Repetition({ sampleRate: RATE, channels: 1 });
  repetition.received(tone(300, RATE, 1920));
  const parts = Array.from({ length: 8 }, () => {
    const out = new Float32Array(480);
    repetition.conceal(out);
    return rms(out);
  });
  expect(parts[0]).toBeGreaterThan(0.34);
  const expected = [1, 0.9, 0.7, 0.5, 0.3, 0.1, 0, 0];
  parts.forEach((level, i) =>
    expect(Math.abs(level / parts[0]! - expected[i]!)).toBeLessThan(0.03),
  );
});

test('after the loss, the received signal takes over within 5 ms and without a click', () => {
  const signal = tone(200, RATE, 9600);
  const shifted = tone(200, RATE, 9600).subarray(100);
  const repetition = new Repetition({ sampleRate: RATE, channels: 1 });
  const before = signal.slice(0, 2400);
  const lost = new Float32Array(300);
  const after = shifted.slice(2700, 5100);
  repetition.received(before);
  repetition.conceal(lost);
  repetition.received(after);
  expect(after.subarray(240)).toEqual(shifted.subarray(2940, 5100));
  // Two signals 1 apart at most, faded over 240 samples, meet at corners of 1/240; a jump would be 1.
  expect(roughness(concat([before, lost, after]))).toBeLessThan(1 / 240);
  const untouched = shifted.slice(5100, 6060);
  repetition.received(untouched);
  expect(untouched).toEqual(shifted.slice(5100, 6060));
});

test('history is gathered from frames shorter and longer than 30 ms alike', () => {
  const signal = tone(170, RATE, 9600);
  for (const frame of [120, 480, 1440, 2880]) {
    const repetition = new Repetition({ sampleRate: RATE, channels: 1 });
    for (let at = 0; at < 5760; at += frame) repetition.received(signal.slice(at, at + frame));
    const out = new Float32Array(480);
    repetition.conceal(out);
    expect(fitSine(out, 170, RATE).snr).toBeGreaterThan(25);
    expect(snr(signal.subarray(5760, 6240), out)).toBeGreaterThan(25);
  }
});

test('noise is continued as noise of its level', () => {
  const repetition = new Repetition({ sampleRate: RATE, channels: 1 });
  repetition.received(noise(6, 2880, 0.4));
  const out = new Float32Array(480);
  repetition.conceal(out);
  expect(rms(out)).toBeGreaterThan(0.19);
  expect(rms(out)).toBeLessThan(0.26);
});

test('a tone that swells is repeated without a seam', () => {
  const swelling = tone(200, RATE, 1920, 0.1).map((x, i) => x * 1.2 ** (i / 240));
  const shifted = swelling.slice(60);
  const repetition = new Repetition({ sampleRate: RATE, channels: 1 });
  repetition.received(shifted);
  const out = new Float32Array(1440);
  repetition.conceal(out);
  expect(roughness(out)).toBeLessThan(roughness(shifted) * 8);
});
