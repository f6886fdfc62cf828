import { expect, test } from '@jest/globals';
import { micros, millis } from '@rm/rtp-sync';
import { QualityMeter } from '../../src/quality/quality-meter.js';

const sample = (received: number, lost: number, jitter = 0, roundTrip?: number) => ({
  packetsReceived: received,
  packetsLost: lost,
  jitter: millis(jitter),
  roundTrip: roundTrip === undefined ? undefined : millis(roundTrip),
});

const scoreOf = (...samples: ReturnType<typeof sample>[]): number | undefined => {
  const meter = new QualityMeter();
  for (const [i, each] of samples.entries()) meter.update(each, micros(i * 1e6));
  return meter.quality?.score;
};

test('a clean connection scores 100, and one nothing came over has no score', () => {
  expect(scoreOf(sample(0, 0))).toBeUndefined();
  expect(scoreOf(sample(1, 0, 5, 40), sample(51, 0, 30, 100))).toBe(100);
});

test('round trip, loss and jitter each take off what the transport of RemoteMedia takes off, and no more', () => {
  const clean = sample(1, 0);
  expect(scoreOf(clean, sample(101, 0, 0, 300))).toBe(80);
  expect(scoreOf(clean, sample(101, 0, 0, 2000))).toBe(70);
  expect(scoreOf(clean, sample(98, 3))).toBe(70);
  expect(scoreOf(clean, sample(51, 50))).toBe(60);
  expect(scoreOf(clean, sample(101, 0, 80))).toBe(90);
  expect(scoreOf(clean, sample(101, 0, 900))).toBe(80);
  expect(scoreOf(clean, sample(51, 50, 900, 2000))).toBe(10);
});

test('loss is forgotten after five seconds', () => {
  const meter = new QualityMeter();
  let received = 0;
  const second = (i: number, lost: number): void => {
    received += 50;
    meter.update(sample(received, lost), micros(i * 1e6));
  };
  second(0, 0);
  second(1, 25);
  expect(meter.quality).toMatchObject({ acceptable: true, score: 60 });
  for (let i = 2; i <= 5; i++) second(i, 25);
  expect(meter.quality!.score).toBeLessThan(100);
  second(6, 25);
  expect(meter.quality).toEqual({ score: 100, acceptable: true, loss: 0 });
});
