import { expect, test } from '@jest/globals';
import {
  AdaptiveDelayPolicy,
  ArrivalModel,
  type DelayPolicy,
  FixedDelayPolicy,
  NetEqDelayPolicy,
  micros,
} from '../src/index.js';
import { at, random } from './simulate.js';

/** Packets of 20 ms from second `from` on, in order, each late by what `delay` gives in µs. */
const feed = (policy: DelayPolicy, seconds: number, delay: () => number, from = 0): void => {
  for (let i = 0; i < seconds * 50; i++)
    policy.observe(micros(delay()), at(from * 1000 + i * 20), at(20), false);
};
/** A single packet, in order. */
const packet = (policy: DelayPolicy, delay: number, time: number): void =>
  policy.observe(at(delay), at(time), at(20), false);

test('a quiet network brings the target down to its minimum', () => {
  const policy = new AdaptiveDelayPolicy({ start: at(80), min: at(20) });
  expect(policy.target).toBe(80_000);
  feed(policy, 60, () => 500);
  expect(policy.target).toBe(20_000);
});

test('where a queue fills and drains the target goes with it, for less delay than covering its peak', () => {
  const seed = 5;
  const rnd = random(seed);
  const policy = new AdaptiveDelayPolicy();
  const [late, targets]: [number[], number[]] = [[], []];
  for (let i = 0; i < 3000; i++) {
    // Three seconds up to 150 ms and three down again, and 10 ms of noise.
    const phase = (i % 300) / 150;
    const delay = 150 * (phase < 1 ? phase : 2 - phase) + 10 * rnd();
    if (i >= 2000) {
      late.push(Math.max(0, delay * 1000 - policy.target));
      targets.push(policy.target);
    }
    packet(policy, delay, i * 20);
  }
  const mean = targets.reduce((sum, target) => sum + target, 0) / targets.length;
  expect({ seed, late: late.filter((d) => d > 0).length }).toEqual({ seed, late: 0 });
  expect(mean).toBeLessThan(120_000);
});

test('a queue that the path itself outgrew is not waited for', () => {
  const policy = new AdaptiveDelayPolicy();
  const queue = (i: number): number => 1000 * Math.abs((i % 300) - 150);
  for (let i = 0; i < 2999; i++) packet(policy, queue(i) / 1000, i * 20);
  expect(policy.target).toBeGreaterThan(140_000);
  policy.pathChanged();
  packet(policy, 5, 60_000);
  expect(policy.target).toBeLessThan(60_000);
});

test('what following would save has to be worth the changes of speed', () => {
  const range = (height: number): number => {
    const policy = new AdaptiveDelayPolicy();
    const targets = Array.from({ length: 4000 }, (_, i) => {
      packet(policy, height * Math.abs(1 - (i % 150) / 75), i * 20);
      return policy.target;
    }).slice(3000);
    return Math.max(...targets) - Math.min(...targets);
  };
  expect(range(60)).toBe(0);
  expect(range(140)).toBeGreaterThan(50_000);
});

test('spikes are covered that come every eleven seconds, but not those of every thirty', () => {
  const target = (every: number): number => {
    const policy = new AdaptiveDelayPolicy();
    feed(policy, every * 10 + 5, () => 1000);
    for (let spike = 10; spike < 20; spike++) {
      packet(policy, 120, spike * every * 1000 + 5000);
      feed(policy, spike < 19 ? every : 5, () => 1000, spike * every + 5);
    }
    return policy.target;
  };
  expect(target(11)).toBeGreaterThanOrEqual(110_000);
  expect(target(30)).toBeLessThanOrEqual(16_000);
});

test('where packets are late independently of each other the target stays where it is', () => {
  const seed = 9;
  const rnd = random(seed);
  const policy = new AdaptiveDelayPolicy();
  const jitter = (): number => 60_000 * rnd();
  feed(policy, 60, jitter);
  const targets = Array.from({ length: 500 }, (_, i) => {
    packet(policy, jitter() / 1000, 60_000 + i * 20);
    return policy.target;
  });
  const range = Math.max(...targets) - Math.min(...targets);
  expect({ seed, still: range <= 10_000 }).toEqual({ seed, still: true });
});

test('what is late seldom comes alone: for a second delay is not worked off below the largest', () => {
  const policy = new AdaptiveDelayPolicy();
  feed(policy, 20, () => 1000);
  packet(policy, 60, 20_000);
  expect(policy.target).toBeLessThan(50_000);
  expect(policy.ceiling).toBe(70_000);
  feed(policy, 0.7, () => 1000, 20.02);
  expect(policy.ceiling).toBe(70_000);
  feed(policy, 0.4, () => 1000, 20.72);
  expect(policy.ceiling).toBe(11_000);
  // One that stands out is over when it is over.
  packet(policy, 120, 22_000);
  expect(policy.ceiling).toBe(policy.target + 40_000);
  feed(policy, 1.2, () => 1000, 22.02);
  // After a stall the present is to be heard, and one that was overtaken delays nothing.
  packet(policy, 3000, 25_000);
  policy.observe(at(90), at(25_020), at(20), true);
  expect(policy.ceiling).toBe(11_000);
});

test('the target covers nearly all packets of a jittery network, and no more than it must', () => {
  const seed = 7;
  const rnd = random(seed);
  const policy = new AdaptiveDelayPolicy();
  const delay = (): number => 60_000 * rnd() ** 4;
  feed(policy, 30, delay);
  const late = Array.from({ length: 5000 }, delay).filter((d) => d > policy.target).length;
  expect({ seed, late: late / 5000 < 0.01 }).toEqual({ seed, late: true });
  expect(policy.target).toBeLessThanOrEqual(70_000);
});

test('one late packet does not move the target', () => {
  const policy = new AdaptiveDelayPolicy();
  feed(policy, 80, () => 1000);
  packet(policy, 300, 80_000);
  expect(policy.target).toBe(15_000);
});

test('one bad half second soon after the start does not move the target, however it came about', () => {
  const policy = new AdaptiveDelayPolicy();
  feed(policy, 2, () => 1000);
  for (const [i, delay] of [30, 60, 90].entries()) packet(policy, delay, 2000 + i);
  expect(policy.target).toBe(40_000);
});

test('a network that turns bad raises the target within two seconds and a good one lowers it again', () => {
  const policy = new AdaptiveDelayPolicy();
  feed(policy, 20, () => 1000);
  feed(policy, 2, () => 90_000, 20);
  expect(policy.target).toBeGreaterThanOrEqual(90_000);
  feed(policy, 90, () => 1000, 22);
  expect(policy.target).toBeLessThanOrEqual(16_000);
});

test('the target stays within its bounds', () => {
  const policy = new AdaptiveDelayPolicy({ start: at(50), min: at(50), max: at(100) });
  feed(policy, 10, () => 0);
  expect(policy.target).toBe(50_000);
  let n = 0;
  feed(policy, 10, () => (n++ % 25 === 0 ? 400_000 : 0), 10);
  expect(policy.target).toBe(100_000);
});

test('impossible bounds are refused', () => {
  expect(() => new AdaptiveDelayPolicy({ min: at(100), max: at(50) })).toThrow(RangeError);
  expect(() => new AdaptiveDelayPolicy({ start: at(10) })).toThrow(/0 ≤ min ≤ start ≤ max/);
});

test('a fixed policy does not move', () => {
  const policy = new FixedDelayPolicy(at(70));
  policy.observe();
  expect(policy.target).toBe(70_000);
});

test('packet delay is measured against the fastest of the last four seconds', () => {
  const model = new ArrivalModel();
  expect(model.update(at(1000), at(0))).toBe(0);
  expect(model.update(at(1035), at(20))).toBe(15_000);
  expect(model.update(at(1030), at(40))).toBe(0);
  expect(model.baseline).toBe(990_000);
  expect(model.update(at(1060), at(60))).toBe(10_000);
});

test('after a step of the path delay the baseline follows within the window', () => {
  const model = new ArrivalModel();
  for (let i = 0; i < 100; i++) model.update(at(i * 20), at(i * 20));
  let delay = 0;
  for (let i = 100; i < 320; i++) delay = model.update(at(i * 20 + 240), at(i * 20));
  expect(delay).toBe(0);
  expect(model.baseline).toBe(240_000);
});

test('a step of the path delay is found within a second and a half, and noise is taken for none', () => {
  const model = new ArrivalModel();
  const rnd = random(3);
  const send = (i: number, path: number): number =>
    model.update(at(i * 20 + path + 30 * rnd()), at(i * 20));
  for (let i = 0; i < 3000; i++) send(i, 0);
  expect(model.pathChanges).toBe(0);
  for (let i = 3000; i < 3076; i++) send(i, 120);
  expect(model.pathChanges).toBe(1);
  expect(send(3076, 120)).toBeLessThan(30_000);
  // The way back is seen by the first packet.
  send(3077, 0);
  expect(send(3078, 0)).toBeLessThan(30_000);
});

test('a longer path is not taken for jitter: what seemed late through it is taken back', () => {
  const policy = new AdaptiveDelayPolicy();
  feed(policy, 10, () => 1000);
  feed(policy, 1.9, () => 200_000, 10);
  expect(policy.target).toBeGreaterThan(100_000);
  policy.pathChanged();
  packet(policy, 0, 11_900);
  expect(policy.target).toBe(15_000);
});

test('a stall of seconds does not raise the target, a spike that comes again and again does', () => {
  const policy = new AdaptiveDelayPolicy();
  feed(policy, 60, () => 1000);
  for (let i = 0; i < 150; i++) packet(policy, 3000 - i * 20, 63_000 + i * 0.1);
  expect(policy.target).toBe(15_000);
  for (let second = 64; second < 94; second++) {
    packet(policy, 120, second * 1000);
    feed(policy, 1, () => 1000, second);
  }
  expect(policy.target).toBeGreaterThanOrEqual(110_000);
  expect(policy.target).toBeLessThanOrEqual(130_000);
});

test('who pays more for loss waits longer', () => {
  const targets = (['low-latency', 'balanced', 'robust', at(5), at(2000)] as const).map((price) => {
    const policy = new AdaptiveDelayPolicy({ pricePerPercent: price });
    const rnd = random(11);
    feed(policy, 60, () => (rnd() < 0.02 ? 400_000 * rnd() ** 2 : 0));
    return policy.target;
  });
  const [lowLatency, balanced, robust, least, most] = targets;
  expect(least).toBeLessThan(lowLatency!);
  expect(lowLatency).toBeLessThan(balanced!);
  expect(balanced).toBeLessThan(robust!);
  expect(robust).toBeLessThan(most!);
});

test('a price that is no duration is refused', () => {
  expect(() => new AdaptiveDelayPolicy({ pricePerPercent: at(0) })).toThrow(/pricePerPercent/);
  expect(() => new AdaptiveDelayPolicy({ pricePerPercent: 'cheap' as 'robust' })).toThrow(
    RangeError,
  );
});

test('bounds can be the 50 to 100 ms of a classic jitter buffer, or a single delay', () => {
  const classic = new AdaptiveDelayPolicy({ min: at(50), max: at(100) });
  expect(classic.target).toBe(50_000);
  let n = 0;
  const spiky = (): number => (n++ % 200 === 0 ? 150_000 : 0);
  feed(classic, 60, spiky);
  expect(classic.target).toBe(100_000);
  const single = new AdaptiveDelayPolicy({ min: at(70), max: at(70) });
  feed(single, 5, spiky);
  expect(single.target).toBe(70_000);
});

test('NetEq begins at 80 ms and aims for the bucket of 20 ms above its quantile', () => {
  const policy = new NetEqDelayPolicy();
  expect(policy.target).toBe(80_000);
  feed(policy, 3, () => 1000);
  expect(policy.target).toBe(20_000);
  feed(policy, 20, () => 45_000, 3);
  expect(policy.target).toBe(60_000);
  // Playout is sped up 20 ms above the target and the largest delay of the last 2 s.
  expect(policy.ceiling).toBe(60_000 + 45_000 + 20_000);
});

test('NetEq covers what comes in more than one of twenty half seconds', () => {
  const spiky = (every: number): number => {
    const policy = new NetEqDelayPolicy();
    let i = 0;
    feed(policy, 120, () => (++i % (every * 26) === 0 ? 130_000 : 1000));
    return policy.target;
  };
  expect(spiky(30)).toBe(20_000);
  expect(spiky(10)).toBe(140_000);
});

test('NetEq waits for reordered packets as long as 20 ms for each percent of them', () => {
  const target = (every: number): number => {
    const policy = new NetEqDelayPolicy();
    for (let i = 0; i < 5000; i++) {
      const reordered = i % every === 0;
      policy.observe(at(reordered ? 90 : 1), at(i * 20), at(20), reordered);
    }
    return policy.target;
  };
  expect(target(100)).toBe(20_000);
  expect(target(20)).toBe(80_000);
});

test('the target leaves room for a playout that is a little below it', () => {
  const policy = new AdaptiveDelayPolicy();
  let n = 0;
  feed(policy, 60, () => (n++ % 10 === 0 ? 50_000 : 0));
  expect(policy.target).toBeGreaterThanOrEqual(53_000);
  expect(policy.target).toBeLessThanOrEqual(60_000);
});
