import { expect, test } from '@jest/globals';
import { type Micros, micros, millis } from '@rm/rtp-sync';
import fc from 'fast-check';
import { Pacer } from '../../src/congestion/index.js';

interface Packet {
  readonly name: string;
  readonly bytes: number;
}

const sizeOf = ({ bytes }: Packet): number => bytes;
const frame = (name: string, count: number, bytes = 1000): Packet[] =>
  Array.from({ length: count }, (_, i) => ({ name: `${name}${i}`, bytes }));

/** Lets packets leave whenever the pacer wants to; names with times in ms. */
function leaving(pacer: Pacer<Packet>, from: number, until: number): [number, string][] {
  const left: [number, string][] = [];
  let now = millis(from);
  for (;;) {
    for (const { name } of pacer.poll(now)) left.push([now / 1000, name]);
    const { next } = pacer;
    if (next === undefined || next > millis(until)) return left;
    now = micros(Math.max(next, now + 1));
  }
}

test('a frame is spread at one and a quarter times the target', () => {
  // 800 kbit/s: 1000 bytes take 10 ms, paced 8 ms
  const pacer = new Pacer<Packet>(800_000);
  pacer.frame(frame('v', 6), sizeOf, millis(0));
  const times = leaving(pacer, 0, 1000).map(([at]) => Math.round(at * 10) / 10);
  expect(times).toEqual([0, 8, 16, 24, 32, 40]);
  expect(pacer.next).toBeUndefined();
});

test('packets smaller than a timer step leave together', () => {
  const pacer = new Pacer<Packet>(8_000_000);
  pacer.frame(frame('v', 12), sizeOf, millis(0));
  // 0.8 ms each; those within 5 ms at once
  expect(pacer.poll(millis(0))).toHaveLength(7);
  expect(pacer.next).toBe(millis(5.6));
});

test('audio is not kept back, and video makes room for it', () => {
  const pacer = new Pacer<Packet>(800_000);
  pacer.frame(frame('v', 2), sizeOf, millis(0));
  expect(pacer.poll(millis(0)).map(({ name }) => name)).toEqual(['v0']);
  pacer.audioSent(150, millis(1));
  expect(pacer.next).toBe(micros(8000 + 1200));
});

test('what is sent again goes before new video', () => {
  const pacer = new Pacer<Packet>(800_000);
  pacer.frame(frame('v', 2), sizeOf, millis(0));
  pacer.poll(millis(0));
  pacer.retransmission({ name: 'again', bytes: 1000 }, 1000);
  expect(leaving(pacer, 0, 1000).map(([, name]) => name)).toEqual(['again', 'v1']);
});

test('a key frame leaves within a quarter of a second, however large it is', () => {
  const pacer = new Pacer<Packet>(300_000);
  pacer.frame(frame('key', 100), sizeOf, millis(0));
  const left = leaving(pacer, 0, 10_000);
  expect(left).toHaveLength(100);
  expect(left.at(-1)![0]).toBeGreaterThan(230);
  expect(left.at(-1)![0]).toBeLessThanOrEqual(250);
});

test('no packet waits longer than it may, in whatever frames it comes', () => {
  const frames = fc.array(
    fc.record({
      after: fc.integer({ min: 0, max: 80 }),
      packets: fc.integer({ min: 1, max: 60 }),
    }),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(frames, fc.integer({ min: 100_000, max: 3_000_000 }), (sent, target) => {
      const pacer = new Pacer<{ since: number; bytes: number }>(target, { maxDelay: millis(100) });
      let at = 0;
      let longest = 0;
      let count = 0;
      const step = (until: number): void => {
        for (; at < until; at++) {
          for (const { since } of pacer.poll(millis(at))) {
            longest = Math.max(longest, at - since);
            count++;
          }
        }
      };
      for (const { after, packets } of sent) {
        step(at + after);
        const some = Array.from({ length: packets }, () => ({ since: at, bytes: 1000 }));
        expect(pacer.frame(some, ({ bytes }) => bytes, millis(at))).toBe(true);
      }
      step(at + 1000);
      expect(count).toBe(sent.reduce((sum, { packets }) => sum + packets, 0));
      expect(longest).toBeLessThanOrEqual(101);
    }),
    { numRuns: 60 },
  );
});

test('a lower target counts for what already waits', () => {
  const pacer = new Pacer<Packet>(4_000_000, { maxDelay: 10e6 as Micros });
  pacer.frame(frame('v', 20), sizeOf, millis(0));
  pacer.poll(millis(0));
  pacer.target = 400_000;
  // 16 packets of 16 ms
  expect(leaving(pacer, 6, 2000).at(-1)![0]).toBeGreaterThan(180);
});

test('no more is sent again than leaves in a quarter of a second: the rest is asked for once more', () => {
  // 1 Mbit/s paced: 31 packets in 250 ms
  const pacer = new Pacer<Packet>(800_000);
  const taken = Array.from({ length: 60 }, (_, i) =>
    pacer.retransmission({ name: `again${i}`, bytes: 1000 }, 1000),
  );
  expect(taken.filter(Boolean)).toHaveLength(31);
  expect(pacer.statistics.retransmissionsRefused).toBe(29);
  const left = leaving(pacer, 0, 1000);
  expect(left).toHaveLength(31);
  expect(left.at(-1)![0]).toBeGreaterThan(230);
});

test('a path that has just become full is not filled further by what was encoded for more', () => {
  const pacer = new Pacer<Packet>(2_500_000);
  pacer.frame(frame('a', 9), sizeOf, millis(0));
  pacer.poll(millis(0));
  pacer.target = 320_000;
  for (const name of ['b', 'c', 'd']) pacer.frame(frame(name, 9), sizeOf, millis(1));
  const left = leaving(pacer, 1, 5000);
  const within = (ms: number): number => left.filter(([at]) => at <= ms).length;
  // 400 kbit/s paced: 50 bytes per ms
  expect(within(250)).toBeLessThanOrEqual(14);
  expect(left.at(-1)![0]).toBeGreaterThan(450);
  // Later frames have their deadline again.
  pacer.frame(frame('key', 40), sizeOf, millis(5000));
  expect(leaving(pacer, 5000, 9000).at(-1)![0]).toBeLessThanOrEqual(5250);
});

test('a frame that does not fit is refused as a whole, and what is sent again as well', () => {
  const pacer = new Pacer<Packet>(100_000, { maxBytes: 10_000 });
  expect(pacer.frame(frame('a', 8), sizeOf, millis(0))).toBe(true);
  expect(pacer.frame(frame('b', 3), sizeOf, millis(0))).toBe(false);
  expect(pacer.retransmission({ name: 'again', bytes: 2001 }, 2001)).toBe(false);
  expect(pacer.statistics).toEqual({
    queuedBytes: 8000,
    framesRefused: 1,
    retransmissionsRefused: 1,
  });
  expect(leaving(pacer, 0, 1000).map(([, name]) => name)).not.toContain('b0');
});

test('the wait of a frame that comes now is known', () => {
  const pacer = new Pacer<Packet>(800_000, { factor: 2 });
  pacer.frame(frame('v', 10), sizeOf, millis(0));
  expect(pacer.queueDelay).toBe(millis(50));
});
