import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LipSync, micros, millis } from '../src/index.js';

/** Runs updates every 10 ms from `from` ms on; delays in ms by time in ms. */
const run = (
  sync: LipSync,
  from: number,
  until: number,
  audio: (ms: number) => number,
  video: (ms: number) => number,
): void => {
  for (let ms = from; ms < until; ms += 10)
    sync.update(millis(audio(ms)), millis(video(ms)), millis(ms));
};

test('before anything is played the streams are aligned at once, by delaying the earlier', () => {
  const sync = new LipSync();
  sync.update(millis(60), millis(140), millis(0));
  expect([sync.audioDelay, sync.videoDelay, sync.residual]).toEqual([80_000, 0, 0]);
  sync.update(millis(200), millis(140), millis(10));
  expect([sync.audioDelay, sync.videoDelay, sync.residual]).toEqual([0, 60_000, 0]);
});

test('within 5 ms nothing is corrected', () => {
  const sync = new LipSync();
  sync.update(millis(60), millis(60), millis(0));
  sync.begin();
  run(
    sync,
    10,
    60_000,
    () => 60,
    (ms) => (ms % 20 === 0 ? 65 : 55),
  );
  expect([sync.audioDelay, sync.videoDelay]).toEqual([0, 0]);
  expect(Math.abs(sync.residual!)).toBe(5_000);
});

test('beyond that the correction slews by 5 ms a second until within them', () => {
  const sync = new LipSync();
  sync.update(millis(60), millis(60), millis(0));
  sync.begin();
  sync.update(millis(60), millis(90), millis(0));
  run(
    sync,
    10,
    1_010,
    () => 60,
    () => 90,
  );
  expect(sync.audioDelay).toBe(5_000);
  expect(sync.residual).toBe(-25_000);
  run(
    sync,
    1_010,
    20_000,
    () => 60,
    () => 90,
  );
  expect(sync.residual).toBeGreaterThanOrEqual(-5_000);
  expect(sync.audioDelay).toBeLessThanOrEqual(25_050);
  expect(sync.realignments).toBe(0);
});

test('what anybody notices is corrected in one step after a second, and counted', () => {
  const sync = new LipSync();
  sync.update(millis(60), millis(60), millis(0));
  sync.begin();
  run(
    sync,
    0,
    900,
    () => 60,
    () => 260,
  );
  expect(sync.residual).toBeLessThan(-190_000);
  run(
    sync,
    900,
    1_100,
    () => 60,
    () => 260,
  );
  expect([sync.residual, sync.realignments]).toEqual([0, 1]);
  run(
    sync,
    1_100,
    5_000,
    () => 60,
    () => 260,
  );
  expect([sync.residual, sync.realignments]).toEqual([0, 1]);
});

test('a spike shorter than a second steps nothing', () => {
  const sync = new LipSync();
  sync.update(millis(60), millis(60), millis(0));
  sync.begin();
  run(
    sync,
    0,
    10_000,
    () => 60,
    (ms) => (ms % 2_000 < 800 ? 260 : 60),
  );
  expect(sync.realignments).toBe(0);
  expect(sync.audioDelay).toBeLessThan(50_000);
});

test('sound that comes to need more delay by itself is delayed less, and its playout does not move', () => {
  const sync = new LipSync();
  sync.update(millis(60), millis(160), millis(0));
  sync.begin();
  // 20 ms a second faster than any slew.
  for (let ms = 0; ms <= 5_000; ms += 10) {
    const audio = 60 + ms / 50;
    sync.update(millis(audio), millis(160), millis(ms));
    expect(audio * 1000 + sync.audioDelay).toBeCloseTo(160_000, -1);
  }
  expect(sync.audioDelay).toBeLessThanOrEqual(5_000);
});

test('what cannot be corrected within the limit is told as residual, and not tried again and again', () => {
  const sync = new LipSync({ maxExtraDelay: millis(100) });
  sync.update(millis(0), millis(400), millis(0));
  expect([sync.audioDelay, sync.residual]).toEqual([100_000, -300_000]);
  sync.begin();
  run(
    sync,
    0,
    10_000,
    () => 0,
    () => 400,
  );
  expect([sync.audioDelay, sync.residual, sync.realignments]).toEqual([100_000, -300_000, 0]);
});

test('only one stream is ever delayed, never negatively, and by no more than 5 ms a second but for counted steps', () => {
  const delay = fc.integer({ min: 0, max: 400_000 });
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ audio: delay, video: delay, wait: fc.integer({ min: 0, max: 2_000_000 }) }),
      ),
      (updates) => {
        const sync = new LipSync();
        sync.begin();
        let now = 0;
        let last = { audio: 0, video: 0 };
        let [extra, realignments] = [0, 0];
        for (const { audio, video, wait } of updates) {
          now += wait;
          sync.update(micros(audio), micros(video), micros(now));
          expect(Math.min(sync.audioDelay, sync.videoDelay)).toBe(0);
          const correction = sync.audioDelay - sync.videoDelay;
          expect(Math.abs(audio + correction - video - sync.residual!)).toBeLessThanOrEqual(2);
          const natural = Math.max(0, audio - last.audio, video - last.video);
          const slew = Math.min(1e6, wait) * 0.005;
          const step = sync.realignments === realignments ? natural + slew + 2 : Infinity;
          expect(Math.abs(correction - extra)).toBeLessThanOrEqual(step);
          extra = correction;
          ({ realignments } = sync);
          last = { audio, video };
        }
      },
    ),
  );
});

test('a limit out of range is refused', () => {
  expect(() => new LipSync({ maxExtraDelay: micros(-1) })).toThrow('maxExtraDelay');
});
