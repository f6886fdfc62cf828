import { expect, test } from '@jest/globals';
import { micros } from '@rm/rtp-sync';
import { TestPattern } from '../src/test-pattern.js';
import { readStamp } from '../src/video-stamp.js';

const UNIX = 1_700_000_000_123_456;
const pattern = (fps: number): TestPattern =>
  new TestPattern({ width: 128, height: 72, fps, unixOrigin: micros(UNIX) });

/** Pictures of `ticks` ticks from 5 s on: the tick each came on, and its number. */
function pictures(fps: number, ticks: readonly number[]): { tick: number; number: number }[] {
  const source = pattern(fps);
  return ticks.flatMap((tick) => {
    const picture = source.at(micros(5_000_000 + tick * 10_000));
    return picture === undefined ? [] : { tick, number: readStamp(picture)!.number };
  });
}

const seconds = (n: number): number[] => Array.from({ length: 100 * n }, (_, tick) => tick);

test.each([1, 7, 15, 24, 25, 29.97, 30, 50, 60, 100])(
  'at %f fps each picture comes on the first tick at or after its time, none is left out',
  (fps) => {
    const shown = pictures(fps, seconds(10));
    expect(shown.map(({ number }) => number)).toEqual(shown.map((_, i) => i));
    expect(shown.length).toBe(Math.ceil((9.99 + 1e-9) * fps));
    for (const { tick, number } of shown) {
      const late = tick / 100 - number / fps;
      expect(late).toBeGreaterThan(-1e-9);
      expect(late).toBeLessThan(0.01);
    }
  },
);

test('what was skipped in a stall is missing in the numbers, and not made up for', () => {
  const ticks = [0, 1, 2, 3, 4, 50, 51, 52, 53, 54];
  expect(pictures(30, ticks).map(({ number }) => number)).toEqual([0, 1, 15, 16]);
});

test('a picture was captured at its tick, and says so by the wall clock', () => {
  const picture = pattern(30).at(micros(5_000_000))!;
  expect(picture.capture).toEqual({ time: 5_000_000, bound: 0 });
  const captured = Math.round((UNIX + 5_000_000) / 1000);
  expect(readStamp(picture)).toEqual({ number: 0, time: captured % 65_536 });
});

test('it moves as fast at any rate', () => {
  const after = (fps: number): Uint8Array => {
    const source = pattern(fps);
    source.at(micros(0));
    return source.at(micros(2_000_000))!.y.data.subarray(128 * 24);
  };
  expect(after(15)).toEqual(after(60));
});
