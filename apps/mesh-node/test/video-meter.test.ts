import { expect, test } from '@jest/globals';
import { type VideoFrame, i420Picture } from '@rm/codecs';
import { type Micros, micros, millis } from '@rm/rtp-sync';
import { VideoMeter } from '../src/video-meter.js';
import { writeStamp } from '../src/video-stamp.js';

/** Wall clock at time 0, just before the stamps' time wraps. */
const UNIX = 65_536_000 * 20_000 - 1_000_000;
const origin = micros(UNIX);

/** A picture captured at `time`, by its stamp and by the stream, which may be wrong by so many ms. */
function captured(time: Micros, number: number | undefined, wrongMs = 0): VideoFrame {
  const picture = i420Picture(128, 72);
  if (number !== undefined)
    writeStamp(picture, { number, time: Math.round((UNIX + time) / 1000) % 65_536 });
  return {
    ...picture,
    timestamp: 0,
    capture: { time: micros(time + wrongMs * 1000), bound: micros(0) },
  };
}

interface Shown {
  readonly at: number;
  readonly delay: number;
  readonly number?: number;
  readonly sound?: number;
  readonly wrong?: number;
}

/** A meter that has seen these, times in ms. */
function meter(pictures: readonly Shown[]): VideoMeter {
  const of = new VideoMeter(origin, millis(0));
  for (const { at, delay, number, sound, wrong } of pictures) {
    of.received({ data: new Uint8Array(1000), key: number === 0 }, millis(at));
    of.shown({
      frame: captured(millis(at - delay), number, wrong),
      now: millis(at),
      soundCaptured: sound === undefined ? undefined : millis(sound),
    });
  }
  return of;
}

test('latency is measured by the stamp and by the stream apart, also when the stamp wraps', () => {
  const pictures = Array.from({ length: 100 }, (_, i) => ({
    at: 33 * (i + 1),
    delay: i < 90 ? 40 : 80,
    number: i,
    wrong: 7,
  }));
  const { glassToGlass, stamps } = meter(pictures).total(millis(3400));
  expect(glassToGlass).toEqual({ p50: 33, p95: 73 });
  expect(stamps).toEqual({ missing: 0, outOfOrder: 0, glassToGlass: { p50: 40, p95: 80 } });
});

test('the skew of sound is measured by the stamp, or else by the stream', () => {
  const skew = (number: number | undefined, sound: number): unknown =>
    meter([
      { at: 2000, delay: 50, ...(number !== undefined && { number }), sound, wrong: 10 },
    ]).total(millis(2000)).skew;
  expect(skew(0, 1980)).toEqual({ p50: -30, p95: -30 });
  expect(skew(0, 1900)).toEqual({ p50: 50, p95: 50 });
  expect(skew(undefined, 1980)).toEqual({ p50: -20, p95: -20 });
});

test('pictures that are missing or come out of order are told by their numbers, over the wrap', () => {
  const numbers = [2 ** 20 - 2, 2 ** 20 - 1, 0, 3, 2, 4, 4, 5];
  const pictures = numbers.map((number, i) => ({ at: 33 * (i + 1), delay: 20, number }));
  const { stamps } = meter(pictures).total(millis(300));
  // 1 and 2 are missing when 3 comes, 3 once more behind the late 2; 2 and the second 4 are out of order.
  expect(stamps).toMatchObject({ missing: 3, outOfOrder: 2 });
});

test('a sender that begins anew has lost nothing', () => {
  const pictures = [500_000, 500_001, 0, 1].map((number, i) => ({ at: 33 * i, delay: 20, number }));
  expect(meter(pictures).total(millis(200)).stamps).toMatchObject({ missing: 0, outOfOrder: 0 });
});

test('a freeze is a gap of more than 150 ms, and of more than three usual ones', () => {
  const freezes = (gaps: readonly number[]): number => {
    let at = 0;
    return meter(gaps.map((gap) => ({ at: (at += gap), delay: 20 }))).total(millis(at)).freezes;
  };
  const steady = (gap: number): number[] => Array.from({ length: 20 }, () => gap);
  expect(freezes([...steady(33), 149, ...steady(33)])).toBe(0);
  expect(freezes([...steady(33), 151, ...steady(33), 400])).toBe(2);
  expect(freezes([...steady(200), 400])).toBe(0);
  expect(freezes([...steady(200), 700])).toBe(1);
});

test('a report has what came since the last one, the summary all of it until the stream ended', () => {
  const of = meter([
    { at: 100, delay: 20, number: 0 },
    { at: 200, delay: 20, number: 1 },
  ]);
  expect(of.recent(millis(1000))).toMatchObject({
    seconds: 1,
    received: 2,
    bytes: 2000,
    keyFrames: 1,
    shown: 2,
  });
  of.received({ data: new Uint8Array(10), key: false }, millis(1500));
  expect(of.recent(millis(2000))).toMatchObject({ seconds: 1, received: 1, bytes: 10, shown: 0 });
  expect(of.recent(millis(2000)).stamps).toBeUndefined();
  expect(of.total(millis(2000))).toMatchObject({ seconds: 2, received: 3, shown: 2 });
  expect(of.total(millis(60_000))).toMatchObject({ seconds: 1.5, received: 3 });
});
