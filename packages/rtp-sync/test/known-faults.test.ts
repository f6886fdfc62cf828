// Faults that other jitter buffers have or had, each as what a listener may rely on here.
import { expect, test } from '@jest/globals';
import { AdaptiveDelayPolicy, FixedDelayPolicy, JitterBuffer } from '../src/index.js';
import {
  type Arrival,
  PTIME,
  type Tick,
  at,
  packetsHeard,
  random,
  simulate,
  stream,
  ticksOf,
} from './simulate.js';

const fixed = (delay: number): JitterBuffer =>
  new JitterBuffer({ clockRate: 48_000, policy: new FixedDelayPolicy(at(delay)) });

/** Delay in ms of what is heard at each tick, of a stream sent from 0 on with timestamps from 0 on. */
const delays = (ticks: readonly Tick[]): { readonly at: number; readonly delay: number }[] =>
  ticks
    .filter((tick) => typeof tick.heard[0] === 'number')
    .map((tick) => ({ at: tick.at, delay: tick.at - tick.timestamp / 48 }));

test.each([
  ['one packet', 1],
  ['five packets', 5],
  ['half a second', 25],
])('the latency does not stay up after the loss of %s', (_, lost) => {
  const arrivals = stream(600, (i) => (i >= 300 && i < 300 + lost ? undefined : 1));
  const ticks = simulate(fixed(40), arrivals, 12_000, { stretch: true });
  const before = delays(ticks)
    .filter((tick) => tick.at < 6000)
    .at(-1)!.delay;
  const back = delays(ticks).filter((tick) => tick.at > 6000 + 20 * lost + 2000);
  for (const { delay } of back) expect(Math.abs(delay - before)).toBeLessThanOrEqual(11);
});

test('the latency does not stay up after packets that came late', () => {
  const arrivals = stream(600, (i) => (i >= 300 && i < 310 ? (310 - i) * 20 : 1));
  const ticks = simulate(fixed(40), arrivals, 12_000, { stretch: true });
  const worst = Math.max(...delays(ticks).map(({ delay }) => delay));
  expect(worst).toBeGreaterThan(150);
  const back = delays(ticks).filter((tick) => tick.at > 6200 + 2000);
  for (const { delay } of back) expect(delay).toBeLessThanOrEqual(51 + 1);
});

test('the beginning waits for time, not for a number of packets', () => {
  for (const ptime of [480, 960, 2880]) {
    const jb = fixed(40);
    let begun = -1;
    for (let now = 0, sent = 0; begun < 0 && now < 2000; now += 10) {
      for (; (sent * ptime) / 48 <= now; sent++)
        jb.insert(sent, sent * ptime, ptime, new Uint8Array(1), at((sent * ptime) / 48));
      if (jb.next(at(now), 0).op === 'decode') begun = now;
    }
    expect(begun).toBeGreaterThanOrEqual(80);
    expect(begun).toBeLessThanOrEqual(100);
  }
});

test('the timeline rests on the packets, not on what was played: two minutes of loss leave it where it was', () => {
  const seed = 23;
  const rnd = random(seed);
  const arrivals = stream(6000, () => (rnd() < 0.1 ? undefined : 15 * rnd()));
  const ticks = simulate(fixed(40), arrivals, 119_000, { stretch: true });
  const heard = delays(ticks).filter((tick) => tick.at > 2000);
  for (const { delay } of heard)
    if (delay < 30 || delay > 65) throw new Error(`seed ${seed}: ${delay} ms`);
  expect(ticksOf(ticks, 'silence')).toBeLessThanOrEqual(15);
});

test.each([1000, -1000])(
  'two minutes of a clock that is off by %i ppm leave the delay where it was',
  (ppm) => {
    const arrivals = stream(6000, (i) => 5 + (i * 20 * ppm) / 1e6);
    const ticks = simulate(fixed(40), arrivals, 119_000, { stretch: true });
    for (const { at: now, delay } of delays(ticks).filter((tick) => tick.at > 2000)) {
      const drifted = (now * ppm) / 1e6;
      expect(Math.abs(delay - drifted - 47)).toBeLessThan(18);
    }
    expect(ticksOf(ticks, 'conceal')).toBe(0);
  },
);

test('what was learnt of the network outlasts a pause of the sender', () => {
  const seed = 8;
  const rnd = random(seed);
  const jb = new JitterBuffer({ clockRate: 48_000, policy: new AdaptiveDelayPolicy() });
  const jittery = (): number => 60 * rnd();
  const before = stream(1500, jittery);
  const after = stream(100, jittery, { sequence: 1500, timestamp: 1900 * PTIME }).map(
    (a): Arrival => ({ ...a, at: a.at + 1900 * 20 }),
  );
  simulate(jb, before, 30_000, { stretch: true });
  const learnt = jb.targetDelay;
  const { concealedSamples } = jb.statistics();
  const ticks = simulate(jb, after, 40_200, { stretch: true });
  expect({ seed, kept: jb.targetDelay >= 0.9 * learnt }).toEqual({ seed, kept: true });
  expect(packetsHeard(ticks).filter((n) => n >= 1500).length).toBeGreaterThanOrEqual(98);
  expect(concealedSamples).toBeLessThan(48_000);
});

test('a stall of three seconds is followed by the present, at the delay from before, within two', () => {
  const jb = new JitterBuffer({ clockRate: 48_000, policy: new AdaptiveDelayPolicy() });
  const stalled = stream(1500, (i) => (i >= 1000 && i < 1150 ? (1150 - i) * 20 : 5));
  const ticks = simulate(jb, stalled, 30_000, { stretch: true });
  for (const { delay } of delays(ticks).filter((tick) => tick.at > 25_000))
    expect(delay).toBeLessThanOrEqual(50);
});

test('with probation a stray packet makes no sound', () => {
  const jb = new JitterBuffer({
    clockRate: 48_000,
    probation: 2,
    policy: new FixedDelayPolicy(at(40)),
  });
  const payload = new Uint8Array(1);
  expect(jb.insert(500, 0, PTIME, payload, at(0))).toBe('invalid');
  for (let t = 0; t < 300; t += 10) expect(jb.next(at(t), 0).op).toBe('silence');
  expect(jb.insert(7, 0, PTIME, payload, at(300))).toBe('invalid');
  expect(jb.insert(8, PTIME, PTIME, payload, at(320))).toBe('accepted');
  expect(() => new JitterBuffer({ clockRate: 48_000, probation: -1 })).toThrow(/probation/);
});
