import { expect, test } from '@jest/globals';
import { type AlignedStream, PlayoutAlignment, millis } from '../src/index.js';
import { at } from './simulate.js';

/** Delay in ms that each stream needs at an instant in ms; undefined when it tells nothing. */
type Need = (now: number) => number | undefined;

/** Runs streams for `seconds`; gives their delays in ms, per tick of 10 ms. */
function run(
  needs: readonly Need[],
  seconds: number,
  alignment = new PlayoutAlignment({ maxDelay: millis(100) }),
  streams: readonly AlignedStream[] = needs.map(() => alignment.join()),
): (number | undefined)[][] {
  const given: (number | undefined)[][] = [];
  for (let now = 0; now < seconds * 1000; now += 10) {
    for (const [i, need] of needs.entries()) {
      const delay = need(now);
      if (delay !== undefined) streams[i]!.needs(millis(delay), millis(1), at(now));
    }
    alignment.update(at(now));
    given.push(streams.map(({ delay }) => (delay === undefined ? undefined : delay / 1000)));
  }
  return given;
}

test('a stream alone waits for nobody', () => {
  expect(run([() => 40], 3).flat()).toEqual(Array.from({ length: 300 }).fill(undefined));
});

test('streams that begin together are played with the delay of the slowest from the start', () => {
  const given = run([() => 30, () => 55, () => 42], 3);
  expect(given[0]).toEqual([55, 55, 55]);
  expect(given.at(-1)).toEqual([55, 55, 55]);
});

test('when a slower one joins the others come to its delay by 20 ms a second', () => {
  const given = run([() => 30, (now) => (now < 2000 ? undefined : 70)], 6);
  expect(given[199]).toEqual([undefined, undefined]);
  expect(given[300]![0]).toBeCloseTo(30 + 20.2, 0);
  expect(given.at(-1)).toEqual([70, 70]);
  const first = given.slice(200).map(([delay]) => delay!);
  for (const [i, delay] of first.slice(1).entries())
    expect(delay - first[i]!).toBeLessThanOrEqual(0.2001);
});

test('one that needs more than the limit is not waited for, and is played when it can be', () => {
  const given = run([() => 30, () => 40, () => 130], 3);
  expect(given.at(-1)).toEqual([40, 40, undefined]);
});

test('one that falls silent is not waited for any longer', () => {
  const given = run([() => 30, () => 35, (now) => (now < 2000 ? 90 : undefined)], 16);
  expect(given[150]).toEqual([90, 90, 90]);
  expect(given.at(-1)![0]).toBeLessThanOrEqual(40);
  expect(given.at(-1)![2]).toBeUndefined();
});

test('one whose clock is not known well is not waited for', () => {
  const alignment = new PlayoutAlignment();
  const [sure, unsure] = [alignment.join(), alignment.join()];
  sure.needs(millis(20), millis(1), at(0));
  unsure.needs(millis(60), millis(150), at(0));
  alignment.update(at(0));
  expect([sure.delay, unsure.delay]).toEqual([undefined, undefined]);
});

test('who is left alone, or begins anew, is played when it can be', () => {
  const alignment = new PlayoutAlignment();
  const streams = [alignment.join(), alignment.join(), alignment.join()];
  run([() => 30, () => 60, () => 50], 1, alignment, streams);
  streams[1]!.reset();
  expect(streams[1]!.delay).toBeUndefined();
  streams[1]!.close();
  streams[1]!.close();
  alignment.update(at(1000));
  expect(streams[0]!.delay).toBe(streams[2]!.delay);
  streams[2]!.close();
  alignment.update(at(1010));
  expect(streams.map(({ delay }) => delay)).toEqual([undefined, undefined, undefined]);
});

test('by default nobody waits beyond 60 ms after capture', () => {
  const given = run([() => 30, () => 58, () => 61], 3, new PlayoutAlignment());
  expect(given.at(-1)).toEqual([58, 58, undefined]);
});

test('a limit that makes no sense is refused', () => {
  expect(() => new PlayoutAlignment({ maxDelay: millis(-1) })).toThrow(RangeError);
  expect(() => new PlayoutAlignment({ maxDelay: millis(10_001) })).toThrow(/maxDelay/);
});
