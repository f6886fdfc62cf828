import { expect, test } from '@jest/globals';
import { ShadowPlayout } from '../src/shadow-playout.js';

const MS = 1000;
const SECOND = 1_000_000;

/** Two candidates, at once and `second` ms later, and a clock of packets of 20 ms that keep their time. */
function shadow(second: number): {
  readonly playout: ShadowPlayout;
  readonly quiet: (seconds: number) => void;
  readonly late: (delay: number, overtaken?: boolean) => boolean;
} {
  const playout = new ShadowPlayout(Float64Array.of(0, second * MS), 30 * SECOND);
  let now = 0;
  const packet = (delay: number, overtaken: boolean): boolean =>
    playout.packet(delay * MS, (now += 20 * MS), 20 * MS, overtaken, 0);
  return {
    playout,
    quiet: (seconds) => {
      for (let i = 0; i < seconds * 50; i++) packet(0, false);
    },
    late: (delay, overtaken = false) => packet(delay, overtaken),
  };
}

test('a packet late in its order costs the wait, one that was overtaken only itself', () => {
  for (const [overtaken, cheapest] of [
    [false, 1],
    [true, 0],
  ] as const) {
    const { playout, quiet, late } = shadow(100);
    quiet(10);
    late(400, overtaken);
    // Ten seconds at 100 ms more cost as much as concealing 33 ms at this price.
    expect(playout.cheapest(30 * SECOND)).toBe(cheapest);
  }
});

test('whoever waited for a packet is not late for those behind it', () => {
  const { late } = shadow(100);
  expect([300, 280, 260, 40].map((delay) => late(delay))).toEqual([true, false, false, false]);
});

test('a spike speaks for a delay that covers it, a stall for none', () => {
  for (const [delay, cheapest] of [
    [450, 1],
    [600, 0],
  ] as const) {
    const { playout, quiet, late } = shadow(400);
    quiet(10);
    late(delay);
    expect(playout.cheapest(1000 * SECOND)).toBe(cheapest);
  }
});

test('what is long ago counts less, by time', () => {
  const { playout, quiet, late } = shadow(100);
  late(100);
  quiet(20);
  expect(playout.cheapest(100 * SECOND)).toBe(1);
  quiet(40);
  expect(playout.cheapest(100 * SECOND)).toBe(0);
});

test('after any time the present counts as much as ever', () => {
  const { playout, quiet, late } = shadow(100);
  quiet(430);
  for (let i = 0; i < 20; i++) {
    late(100);
    quiet(1);
  }
  expect(playout.cheapest(10 * SECOND)).toBe(1);
});

test('what is taken back is the last second or two, not what was before', () => {
  const { playout, quiet, late } = shadow(100);
  quiet(10);
  late(100);
  playout.takeBack();
  expect(playout.cheapest(100 * SECOND)).toBe(0);
  late(100);
  quiet(3);
  playout.takeBack();
  expect(playout.cheapest(100 * SECOND)).toBe(1);
});

test('what all candidates share is paid by each, and counts when it is compared with others', () => {
  const playout = new ShadowPlayout(Float64Array.of(0, 100 * MS), 30 * SECOND);
  for (let i = 1; i <= 500; i++)
    playout.packet(0, i * 20 * MS, 20 * MS, false, 0, 30 * MS * 20 * MS);
  expect(playout.cost(0, SECOND)).toBeCloseTo(30 * MS, 3);
  expect(playout.cost(1, SECOND)).toBeCloseTo(130 * MS, 3);
});
