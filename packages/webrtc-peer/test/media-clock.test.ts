import { expect, test } from '@jest/globals';
import { MediaClock } from '../src/clock/media-clock.js';
import { VirtualClock } from './support/virtual-clock.js';

function ticking(): { clock: VirtualClock; ticks: number[]; media: MediaClock } {
  const clock = new VirtualClock();
  const ticks: number[] = [];
  const media = new MediaClock(clock, (instant) => ticks.push(instant / 1000));
  media.start();
  return { clock, ticks, media };
}

const every10 = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 10 + 1 }, (_, i) => from + i * 10);

test('a tick for every 10 ms, at its nominal instant', () => {
  const { clock, ticks } = ticking();
  clock.advance(1000);
  expect(ticks).toEqual(every10(10, 1000));
});

test('ticks missed while the thread was busy are made up for, each with its own instant', () => {
  const { clock, ticks, media } = ticking();
  clock.advance(50);
  clock.block(85);
  clock.advance(65);
  expect(ticks).toEqual(every10(10, 200));
  expect(media.skipped).toBe(0);
});

test('after a stall of more than 200 ms the old ticks are skipped and counted', () => {
  const { clock, ticks, media } = ticking();
  clock.advance(50);
  clock.block(1000);
  clock.advance(10);
  expect(ticks).toEqual([...every10(10, 50), ...every10(860, 1060)]);
  expect(media.skipped).toBe(80);
});

test('waiting I/O comes before the samples of a late tick', () => {
  const clock = new VirtualClock();
  const events: string[] = [];
  const afterIo = clock.afterIo.bind(clock);
  clock.afterIo = (fn) => {
    events.push('io');
    return afterIo(fn);
  };
  new MediaClock(clock, () => events.push('tick')).start();
  clock.advance(20);
  expect(events).toEqual(['io', 'tick', 'io', 'tick']);
});

test('nothing is left after stop, not even from within a tick', () => {
  const clock = new VirtualClock();
  let count = 0;
  const media = new MediaClock(clock, () => {
    if (++count === 3) media.stop();
  });
  media.start();
  media.start();
  clock.block(100);
  clock.advance(1000);
  expect(count).toBe(3);
  expect(clock.timers).toBe(0);
});
