import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  AdaptiveDelayPolicy,
  FixedDelayPolicy,
  JitterBuffer,
  type PacketTraits,
} from '../src/index.js';
import {
  type Arrival,
  PTIME,
  TICK,
  type What,
  at,
  heard,
  lastDelay,
  random,
  simulate,
  stream,
  ticksOf,
} from './simulate.js';

const FEC: PacketTraits = { redundancy: PTIME, discontinuous: false };
const DTX: PacketTraits = { redundancy: 0, discontinuous: true };

const buffer = (delay = 40): JitterBuffer =>
  new JitterBuffer({ clockRate: 48_000, policy: new FixedDelayPolicy(at(delay)) });
const withFec = (arrivals: readonly Arrival[]): Arrival[] =>
  arrivals.map((arrival) => ({ ...arrival, traits: FEC }));
/** What was played from packet 40 on. */
const heardFrom = (all: readonly What[], first: number): What[] => all.slice(all.indexOf(first));

describe('in-band FEC', () => {
  test('a lost packet is played from the one after it, and nothing is concealed', () => {
    const jb = buffer();
    const lost = (i: number): number | undefined => (i === 50 ? undefined : 0);
    const ticks = simulate(jb, withFec(stream(100, lost)), 1990);
    expect(heardFrom(heard(ticks), 48).slice(0, 4)).toEqual([48, 49, 'recover', 51]);
    expect(ticksOf(ticks, 'recover')).toBe(2);
    expect(jb.statistics()).toMatchObject({
      recoveredSamples: PTIME,
      concealedSamples: 0,
      packetsLost: 1,
      fecPacketsReceived: 99,
    });
    expect(lastDelay(ticks)).toBe(40);
  });

  test('of several lost packets the last is recovered, the others are concealed for their time', () => {
    const jb = buffer(80);
    const lost = (i: number): number | undefined => (i >= 50 && i < 53 ? undefined : 0);
    const ticks = simulate(jb, withFec(stream(100, lost)), 1990);
    expect(heardFrom(heard(ticks), 49).slice(0, 4)).toEqual([49, 'conceal', 'recover', 53]);
    expect(jb.statistics()).toMatchObject({ recoveredSamples: PTIME, concealedSamples: 2 * PTIME });
    expect(lastDelay(ticks)).toBe(80);
  });

  test('what the decoder could not recover after all is counted as concealed', () => {
    const jb = buffer();
    simulate(jb, withFec(stream(100, (i) => (i === 50 ? undefined : 0))), 1990);
    const before = jb.statistics();
    jb.recoveryFailed(PTIME);
    expect(jb.statistics()).toEqual({
      ...before,
      recoveredSamples: 0,
      concealedSamples: PTIME,
      concealmentEvents: 1,
    });
  });

  test('packets shorter than a tick are recovered too', () => {
    const jb = buffer(10);
    const traits = { redundancy: 120, discontinuous: false };
    for (let i = 0; i < 80; i++)
      if (i !== 60 && i !== 61) jb.insert(i, i * 120, 120, new Uint8Array(1), at(i * 2.5), traits);
    jb.next(at(0), 0);
    const played = Array.from({ length: 16 }, (_, i) => {
      const decision = jb.next(at(160), i * 120);
      return decision.op === 'decode' ? decision.packet.sequence : decision.op;
    });
    expect(heardFrom(played, 59).slice(0, 4)).toEqual([59, 'conceal', 'recover', 62]);
    expect(jb.statistics()).toMatchObject({ concealedSamples: 120, recoveredSamples: 120 });
  });

  test('a packet that comes after it was recovered is not played again', () => {
    const jb = buffer(40);
    const ticks = simulate(jb, withFec(stream(100, (i) => (i === 50 ? 65 : 0))), 1990);
    expect(heardFrom(heard(ticks), 49).slice(0, 3)).toEqual([49, 'recover', 51]);
    expect(jb.statistics().packetsDiscarded).toBe(2 + 1);
  });

  test('what was concealed while nothing was there yet is recovered in full, and the delay comes back', () => {
    const jb = buffer(10);
    const lost = (i: number): number | undefined => (i === 50 ? undefined : 0);
    const ticks = simulate(jb, withFec(stream(150, lost)), 2900, { stretch: true });
    expect(heardFrom(heard(ticks), 49).slice(0, 4)).toEqual([49, 'conceal', 'recover', 51]);
    expect(jb.statistics().concealedSamples).toBeLessThan(PTIME);
    expect(lastDelay(ticks)).toBeLessThanOrEqual(21);
  });

  test.each([0, 65_400])(
    'where losses can be recovered, the delay is long enough for it (first packet %i)',
    (sequence) => {
      const next = random(5);
      const lossy = (): Arrival[] =>
        stream(3000, () => (next() < 0.05 ? undefined : 8 * next()), { sequence });
      const played = (arrivals: readonly Arrival[]): { target: number; concealed: number } => {
        const jb = new JitterBuffer({
          clockRate: 48_000,
          policy: new AdaptiveDelayPolicy({ start: at(15) }),
        });
        simulate(jb, arrivals, 59_900, { stretch: true });
        const { concealedSamples } = jb.statistics();
        return { target: jb.targetDelay / 1000, concealed: concealedSamples / (3000 * PTIME) };
      };
      const recovered = played(withFec(lossy()));
      // A packet's length and the jitter, so that the packet after a lost one is there in time.
      expect(recovered.target).toBeGreaterThan(24);
      expect(recovered.target).toBeLessThan(40);
      // Of two in a row, one in twenty, the first is not to be had.
      expect(recovered.concealed).toBeLessThan(0.006);
      // Nothing is to be had by waiting for packets that carry nothing.
      const lost = played(lossy());
      expect(lost.target).toBeLessThan(20);
      expect(lost.concealed).toBeGreaterThan(0.04);
    },
  );

  test('without losses redundancy changes no delay', () => {
    const jb = new JitterBuffer({ clockRate: 48_000, policy: new AdaptiveDelayPolicy() });
    simulate(jb, withFec(stream(3000, () => 0)), 59_900, { stretch: true });
    expect(jb.targetDelay).toBe(at(15));
  });

  test('redundancy for more than is missing is left alone', () => {
    const jb = buffer();
    const arrivals = stream(100, (i) => (i === 50 ? undefined : 0));
    const ticks = simulate(
      jb,
      arrivals.map((a) => ({ ...a, traits: { redundancy: 2 * PTIME, discontinuous: false } })),
      1990,
    );
    expect(ticksOf(ticks, 'recover')).toBe(0);
    expect(jb.statistics().concealedSamples).toBe(PTIME);
  });
});

describe('DTX', () => {
  /** Speech, 600 ms of which only a background packet every 200 ms is sent, speech again. */
  const paused = (): Arrival[] => {
    const speech = stream(50);
    const background = [0, 1, 2].map((i) => ({
      sequence: 50 + i,
      timestamp: (50 + 10 * i) * PTIME,
      at: 1000 + 200 * i,
      traits: DTX,
    }));
    const again = stream(50, () => 0, { sequence: 53, timestamp: 80 * PTIME });
    return [...speech, ...background, ...again.map((a) => ({ ...a, at: a.at + 1600 }))];
  };

  test('a pause is filled with background noise, is no loss, and ends on time', () => {
    const jb = buffer();
    const ticks = simulate(jb, paused(), 2590);
    expect(heardFrom(heard(ticks), 49).slice(0, 8)).toEqual([
      49,
      50,
      'comfort-noise',
      51,
      'comfort-noise',
      52,
      'comfort-noise',
      53,
    ]);
    expect(jb.statistics()).toMatchObject({
      concealedSamples: 0,
      comfortNoiseSamples: 3 * 9 * PTIME,
      packetsLost: 0,
    });
    expect(lastDelay(ticks)).toBe(40);
  });

  test('a lost background packet is background noise too', () => {
    const jb = buffer();
    simulate(
      jb,
      paused().filter(({ sequence }) => sequence !== 51),
      2590,
    );
    expect(jb.statistics()).toMatchObject({
      concealedSamples: 0,
      comfortNoiseSamples: 28 * PTIME,
      packetsLost: 1,
    });
  });
});

describe('a delay asked for', () => {
  test('is kept from the start', () => {
    const jb = buffer();
    jb.delayAtLeast(at(90));
    const ticks = simulate(jb, stream(100), 1990);
    expect(lastDelay(ticks)).toBe(90);
    expect(jb.targetDelay).toBe(90_000);
    expect(jb.minimumDelay).toBe(40_000);
  });

  test('is reached by stretching, up and down again', () => {
    const jb = buffer();
    const ticks = simulate(jb, stream(300), 5990, {
      stretch: true,
      onTick: (now) => jb.delayAtLeast(at(now >= 1000 && now < 4000 ? 100 : 0)),
    });
    const delays = ticks.map((tick) => tick.at - tick.timestamp / 48);
    const [before, raised, lowered] = [delays[99], delays[399]!, delays[499]!];
    expect(before).toBe(40);
    expect(raised).toBeGreaterThanOrEqual(95);
    expect(raised).toBeLessThanOrEqual(111);
    expect(lowered).toBeLessThanOrEqual(60);
    expect(lastDelay(ticks)).toBeLessThanOrEqual(51);
    expect(jb.statistics().concealedSamples).toBe(0);
  });
});

test('every sample played is counted by the operation that gave it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (seed) => {
      const next = random(seed);
      const jb = buffer(20 + Math.floor(next() * 80));
      const loss = next() * 0.3;
      const arrivals = stream(300, () => (next() < loss ? undefined : Math.floor(next() * 60))).map(
        (arrival) => ({ ...arrival, traits: next() < 0.5 ? FEC : next() < 0.1 ? DTX : undefined }),
      );
      const plain = arrivals.map(({ traits, ...rest }) => (traits ? { ...rest, traits } : rest));
      const played = { begun: false, samples: 0 };
      const ticks = simulate(jb, plain, 6500, { stretch: true });
      for (const tick of ticks) {
        played.begun ||= tick.heard.some((what) => what !== 'silence');
        if (played.begun) played.samples += TICK;
      }
      const { totalSamplesReceived: total } = jb.statistics();
      // What is decoded and still waits was counted; nothing else may be missing or be too much.
      expect(total - played.samples).toBeGreaterThanOrEqual(0);
      expect(total - played.samples).toBeLessThanOrEqual(4 * TICK);
    }),
    { numRuns: 50 },
  );
});
