import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { VideoTimeline, micros } from '../src/index.js';
import { at } from './simulate.js';

/** Pushes a picture named by its capture time in ms, at `now` ms. */
const push = (video: VideoTimeline<number>, ms: number, now: number): boolean =>
  video.push(ms, { time: at(ms), bound: micros(500) }, at(now));

test('the picture given is the one due, not the latest', () => {
  const video = new VideoTimeline<number>(32);
  for (const ms of [0, 33, 66, 100, 133]) push(video, ms, ms + 20);
  const shown = [];
  for (let instant = 0; instant <= 140; instant += 10)
    shown.push(video.at(at(instant), at(instant + 150))?.frame);
  expect(shown).toEqual([0, 0, 0, 0, 33, 33, 33, 66, 66, 66, 100, 100, 100, 100, 133]);
  expect(video.at(at(150), at(300))!.capture).toEqual({ time: 133_000, bound: 500 });
});

test('nothing is given before the first picture is due', () => {
  const video = new VideoTimeline<number>(32);
  expect(video.at(at(0), at(100))).toBeUndefined();
  push(video, 50, 60);
  expect(video.at(at(49), at(149))).toBeUndefined();
  expect(video.at(at(50), at(150))!.frame).toBe(50);
});

test('a picture that comes after its time is given if nothing later was, else dropped and counted', () => {
  const video = new VideoTimeline<number>(32);
  push(video, 0, 10);
  video.at(at(60), at(100));
  expect(push(video, 33, 101)).toBe(true);
  expect(video.at(at(60), at(101))!.frame).toBe(33);
  expect(push(video, 20, 102)).toBe(false);
  expect(video.statistics()).toMatchObject({ framesLate: 1, framesRendered: 2, framesDropped: 1 });
});

test('pictures that nobody asked for in time are passed over and counted', () => {
  const video = new VideoTimeline<number>(32);
  for (const ms of [0, 33, 66]) push(video, ms, 80);
  expect(video.at(at(100), at(100))!.frame).toBe(66);
  expect(video.statistics()).toMatchObject({ framesSkipped: 2, framesRendered: 1 });
});

test('without a capture time a picture is due at once, and says that it has none', () => {
  const video = new VideoTimeline<number>(32);
  push(video, 100, 110);
  video.at(at(150), at(200));
  expect(video.push(1, undefined, at(200))).toBe(true);
  expect(video.at(at(150), at(200))).toMatchObject({ frame: 1, capture: undefined });
  expect(video.push(2, { time: at(9e6), bound: micros(0) }, at(201))).toBe(true);
  expect(video.push(3, { time: micros(Number.NaN), bound: micros(0) }, at(201))).toBe(true);
  expect(video.at(at(160), at(210))!.frame).toBe(3);
  expect(video.statistics().framesUnsynchronized).toBe(3);
  // When the clock is known again, time goes on as it should.
  push(video, 190, 230);
  expect(video.at(at(180), at(240))!.frame).toBe(3);
  expect(video.at(at(190), at(250))).toMatchObject({ frame: 190, capture: { time: 190_000 } });
});

test('the delay that pictures need is known from the first, and forgotten 5 s after the last', () => {
  const video = new VideoTimeline<number>(32);
  expect(video.requiredDelay(at(0))).toBeUndefined();
  push(video, 100, 170);
  expect(video.requiredDelay(at(170))).toBe(70_000);
  expect(video.requiredDelay(at(5_171))).toBeUndefined();
});

test('another stream begins anew', () => {
  const video = new VideoTimeline<number>(32);
  push(video, 5000, 5100);
  video.at(at(5000), at(5100));
  video.reset();
  expect(video.requiredDelay(at(5100))).toBeUndefined();
  expect(video.at(at(5000), at(5100))).toBeUndefined();
  push(video, 4000, 5200);
  expect(video.at(at(5000), at(5300))!.frame).toBe(4000);
});

test('pictures are shown in order, each at or after its time, and all are accounted for', () => {
  const frames = fc.array(fc.record({ delay: fc.nat(300), twice: fc.boolean() }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(frames, fc.integer({ min: 2, max: 40 }), (list, capacity) => {
      const video = new VideoTimeline<number>(capacity);
      const pushes = list
        .flatMap(({ delay, twice }, n) => {
          const first = { ms: n * 33, arrival: n * 33 + delay };
          return twice ? [first, { ms: n * 33, arrival: first.arrival + 3 }] : [first];
        })
        .sort((a, b) => a.arrival - b.arrival);
      let next = 0;
      let last = -1;
      const shown = new Set<number>();
      const wrong: object[] = [];
      for (let now = 0; now < 3000; now += 10) {
        for (; next < pushes.length && pushes[next]!.arrival <= now; next++)
          push(video, pushes[next]!.ms, now);
        const frame = video.at(at(now - 100), at(now))?.frame;
        if (frame === undefined) continue;
        if (frame < last || frame > now - 100) wrong.push({ now, frame });
        last = frame;
        shown.add(frame);
      }
      expect(wrong).toEqual([]);
      const s = video.statistics();
      expect(s.framesRendered).toBe(shown.size);
      expect(s.framesRendered + s.framesDropped).toBe(pushes.length);
      expect(s.framesDropped).toBe(
        s.framesLate + s.framesSkipped + s.framesDuplicated + s.framesOverflowed,
      );
    }),
  );
});

test('the time that pictures were held adds up', () => {
  const video = new VideoTimeline<number>(32);
  push(video, 0, 20);
  push(video, 33, 60);
  video.at(at(0), at(100));
  video.at(at(33), at(133));
  expect(video.statistics()).toMatchObject({ jitterBufferEmittedCount: 2 });
  expect(video.statistics().jitterBufferDelay).toBeCloseTo(0.153, 9);
});
