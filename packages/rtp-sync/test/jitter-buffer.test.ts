import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  AdaptiveDelayPolicy,
  FixedDelayPolicy,
  JitterBuffer,
  type Micros,
  timestampDelta,
} from '../src/index.js';
import {
  PTIME,
  TICK,
  at,
  heard,
  packetsHeard,
  random,
  simulate,
  stream,
  ticksOf,
} from './simulate.js';

const buffer = (delay = 40): JitterBuffer =>
  new JitterBuffer({ clockRate: 48_000, policy: new FixedDelayPolicy(at(delay)) });
/** The packet a new stream is joined at after 80 ms of observation, with a fixed delay of 40 or 20 ms. */
const JOINED_40 = 2;
const JOINED_20 = 3;
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

describe.each([
  [0, 0],
  [1, 127],
  [127, 32_767],
  [128, 65_535],
  [32_767, 2 ** 31 - 1],
  [32_768, 2 ** 31],
  [65_500, 2 ** 32 - 3 * PTIME],
  [65_534, 2 ** 32 - PTIME],
  [65_535, 2 ** 32 - 1],
])('with sequence numbers from %i and timestamps from %i', (sequence, timestamp) => {
  const first = { sequence, timestamp };

  test('an undisturbed stream is played whole, after the target delay', () => {
    const ticks = simulate(buffer(), stream(100, undefined, first), 2040);
    // Observed for 80 ms, it is joined at the packet that is due then.
    expect(packetsHeard(ticks)).toEqual(range(sequence + JOINED_40, sequence + 100));
    expect(ticks.find((t) => typeof t.heard[0] === 'number')!.at).toBe(80);
    expect(ticksOf(ticks, 'conceal')).toBe(0);
  });

  test('reordering within the target delay is invisible', () => {
    const jb = buffer();
    const ticks = simulate(
      jb,
      stream(100, (i) => (i % 7) * 5, first),
      2040,
    );
    expect(packetsHeard(ticks)).toEqual(range(sequence + JOINED_40, sequence + 100));
    expect(jb.statistics().concealedSamples).toBe(0);
  });

  test('a lost packet is concealed for exactly its duration, and the delay does not change', () => {
    const jb = buffer();
    const ticks = simulate(
      jb,
      stream(100, (i) => (i === 50 ? undefined : 0), first),
      2040,
    );
    const lost = sequence + 50;
    expect(heard(ticks)).toEqual([
      'silence',
      ...range(sequence + JOINED_40, lost),
      'conceal',
      ...range(lost + 1, sequence + 100),
    ]);
    expect(jb.statistics()).toMatchObject({
      concealedSamples: PTIME,
      concealmentEvents: 1,
      packetsLost: 1,
      packetsDiscarded: JOINED_40,
    });
    expect(ticks.at(-1)!.heard).toEqual([sequence + 99]);
  });
});

test('duplicates are heard once, also of packets already played', () => {
  const jb = buffer();
  const once = stream(50);
  const twice = [...once, ...once.map((a) => ({ ...a, at: a.at + (a.sequence % 2 ? 1 : 90) }))];
  const ticks = simulate(
    jb,
    twice.sort((a, b) => a.at - b.at),
    1100,
  );
  expect(packetsHeard(ticks)).toEqual(range(JOINED_40, 50));
  expect(jb.statistics()).toMatchObject({ packetsDuplicated: 50 });
});

test('a packet that is only late is still played, and the delay grows by the wait', () => {
  const jb = buffer(20);
  // From packet 20 on everything comes 60 ms later: 40 ms too late for the target.
  const ticks = simulate(
    jb,
    stream(100, (i) => (i < 20 ? 0 : 60)),
    2060,
  );
  expect(packetsHeard(ticks)).toEqual(range(JOINED_20, 100));
  expect(jb.statistics()).toMatchObject({ packetsDiscarded: JOINED_20, packetsLost: 0 });
  expect(jb.statistics().concealedSamples).toBe(40 * 48);
});

test('packets lost at the end of an underrun are not concealed twice', () => {
  const jb = buffer(20);
  // Packets 20…22 are lost and 23 is the next to come: the underrun has stood for them.
  const ticks = simulate(
    jb,
    stream(60, (i) => (i >= 20 && i < 23 ? undefined : 0)),
    1220,
  );
  expect(jb.statistics().concealedSamples).toBe(3 * PTIME);
  expect(packetsHeard(ticks)).toEqual([...range(JOINED_20, 20), ...range(23, 60)]);
  expect(ticks.at(-1)!.heard).toEqual([59]);
});

test('a packet that comes after its samples were concealed is discarded and counted', () => {
  const jb = buffer(20);
  const ticks = simulate(
    jb,
    stream(60, (i) => (i === 20 ? 45 : 0)),
    1220,
  );
  expect(packetsHeard(ticks)).toEqual([...range(JOINED_20, 20), ...range(21, 60)]);
  expect(jb.statistics()).toMatchObject({
    packetsDiscarded: JOINED_20 + 1,
    packetsLost: 0,
    concealedSamples: PTIME,
  });
});

test('a packet that comes when half of it was concealed is still played, and the delay grows by that', () => {
  const jb = buffer(20);
  const ticks = simulate(
    jb,
    stream(60, (i) => (i === 20 ? 25 : 0)),
    1230,
  );
  expect(packetsHeard(ticks)).toEqual(range(JOINED_20, 60));
  expect(jb.statistics()).toMatchObject({
    packetsDiscarded: JOINED_20,
    concealedSamples: PTIME / 2,
  });
});

test('a pause of the sender (timestamps jump, sequence goes on) is silence, not loss', () => {
  const jb = buffer(40);
  const before = stream(20);
  const after = stream(20, undefined, { sequence: 20, timestamp: (20 + 10) * PTIME }).map((a) => ({
    ...a,
    at: a.at + 30 * 20,
  }));
  const ticks = simulate(jb, [...before, ...after], 1040);
  expect(packetsHeard(ticks)).toEqual(range(JOINED_40, 40));
  // Packet 20 starts 600 ms of media after packet 0: it is heard just so long after its place.
  const start = (sequence: number): number => ticks.find((t) => t.heard.includes(sequence))!.at;
  expect(start(20) - start(10)).toBe(600 - 200);
  // Until the packet was there it could have been lost; from then on it is known to be a pause.
  expect(jb.statistics()).toMatchObject({ packetsLost: 0, concealedSamples: 160 * 48 });
});

test('a long silence ends concealment, and the stream begins anew with its full delay', () => {
  const jb = buffer(40);
  const again = stream(20, undefined, { sequence: 20, timestamp: 400 * PTIME }).map((a) => ({
    ...a,
    at: a.at + 8000,
  }));
  const ticks = simulate(jb, [...stream(20), ...again], 8440);
  expect(ticksOf(ticks, 'conceal')).toBe(20);
  expect(jb.statistics().silentConcealedSamples).toBe((2000 - 200 - 10) * 48);
  expect(ticks.find((t) => t.heard.includes(20))!.at).toBe(8040);
  expect(packetsHeard(ticks)).toEqual(range(JOINED_40, 40));
});

test('after a stall of three seconds the listener is back to live within two', () => {
  const jb = buffer(40);
  const stalled = stream(400, (i) => (i >= 100 && i < 250 ? (250 - i) * 20 : 0));
  const ticks = simulate(jb, stalled, 8000);
  const livePacket = (t: number): number => Math.floor((t - 40) / 20);
  const later = ticks.filter((t) => t.at >= 7000 && t.at < 7990);
  for (const t of later) expect(t.heard[0]).toBe(livePacket(t.at));
  expect(jb.statistics().packetsDiscarded).toBeGreaterThan(100);
});

test('after one late packet the delay asks to come back to the target', () => {
  const jb = buffer(20);
  simulate(
    jb,
    stream(100, (i) => (i < 50 ? 0 : i < 52 ? 100 - (i - 50) * 20 : 0)),
    2000,
  );
  expect(jb.stretch(at(2000), 0)).toBe('none');
  const grown = buffer(20);
  simulate(
    grown,
    stream(100, (i) => (i === 50 ? undefined : i > 50 && i < 56 ? (56 - i) * 20 : 0)),
    2000,
  );
  expect(grown.stretch(at(2000), 0)).toBe('accelerate');
});

test('a delay far below the target asks to be lengthened', () => {
  let target = at(20);
  const policy = {
    get target() {
      return target;
    },
    observe: () => {},
  };
  const jb = new JitterBuffer({ clockRate: 48_000, policy });
  simulate(jb, stream(50), 1000);
  expect(jb.stretch(at(1000), 0)).toBe('none');
  target = at(80);
  expect(jb.stretch(at(1000), 0)).toBe('decelerate');
  jb.stretched(300);
  jb.stretched(-200);
  expect(jb.statistics()).toMatchObject({
    insertedSamplesForDeceleration: 300,
    removedSamplesForAcceleration: 200,
  });
});

test('the delay is brought close to the target after a beginning, and later left alone', () => {
  let target = at(40);
  const policy = {
    get target() {
      return target;
    },
    observe: () => {},
  };
  const jb = new JitterBuffer({ clockRate: 48_000, policy });
  simulate(jb, stream(150), 500);
  target = at(25);
  expect(jb.stretch(at(500), 0)).toBe('accelerate');
  const steady = new JitterBuffer({ clockRate: 48_000, policy: new FixedDelayPolicy(at(25)) });
  simulate(steady, stream(150), 3000);
  expect(steady.stretch(at(3015), 0)).toBe('none');
  expect(steady.stretch(at(3040), 0)).toBe('accelerate');
});

test('the delay policy does not see what happened before playout began', () => {
  const seen: number[] = [];
  const policy = { target: at(20), observe: (delay: number) => void seen.push(delay) };
  const jb = new JitterBuffer({ clockRate: 48_000, policy });
  simulate(
    jb,
    stream(50, (i) => (i === 1 ? 30 : 0)),
    1000,
  );
  expect(seen.length).toBeGreaterThan(40);
  expect(Math.max(...seen)).toBe(0);
});

test('a restarted sender is followed', () => {
  const jb = buffer(40);
  const second = stream(50, undefined, { sequence: 30_000, timestamp: 99 }).map((a) => ({
    ...a,
    at: a.at + 1000,
  }));
  const ticks = simulate(jb, [...stream(50), ...second], 2100);
  // The first packet of the new run is the stray that RFC 3550 A.1 does not believe yet.
  expect(packetsHeard(ticks).slice(-47)).toEqual(range(30_003, 30_050));
});

test('a media clock that jumps while the sequence goes on is followed at once', () => {
  const jb = buffer(40);
  const second = stream(50, undefined, { sequence: 50, timestamp: 3_000_000_000 }).map((a) => ({
    ...a,
    at: a.at + 1000,
  }));
  const ticks = simulate(jb, [...stream(50), ...second], 2100);
  expect(packetsHeard(ticks).slice(-48)).toEqual(range(50 + JOINED_40, 100));
});

test('more packets than fit drop the oldest and are counted', () => {
  const jb = new JitterBuffer({
    clockRate: 48_000,
    capacity: 16,
    policy: new FixedDelayPolicy(at(1000)),
  });
  const payload = new Uint8Array(1);
  for (let i = 0; i < 100; i++) jb.insert(i, i * PTIME, PTIME, payload, at(0));
  expect(jb.statistics().packetsDiscarded).toBe(84);
});

test('a packet without samples is refused', () => {
  expect(buffer().insert(0, 0, 0, new Uint8Array(1), at(0))).toBe('invalid');
  expect(buffer().insert(0, 0, Number.NaN, new Uint8Array(1), at(0))).toBe('invalid');
});

test('payloads come out as they went in, though their memory is reused', () => {
  const jb = buffer(0);
  let decoded = 0;
  const scratch = new Uint8Array(1200);
  for (let i = 0; i < 1000; i++) {
    scratch.fill(i & 0xff);
    const size = 1 + ((i * 7) % 1200);
    jb.insert(i & 0xffff, i * PTIME, PTIME, scratch.subarray(0, size), at(i * 20));
    const decision = jb.next(at(i * 20), 0);
    if (decision.op !== 'decode') continue;
    decoded++;
    const { data, length } = decision.packet;
    expect(length).toBe(size);
    expect(data.subarray(0, length).every((byte) => byte === (i & 0xff))).toBe(true);
  }
  expect(decoded).toBe(996);
});

test('a packet can be taken ahead only when it continues what is played', () => {
  const jb = buffer(40);
  const payload = new Uint8Array(1);
  const insert = (n: number): unknown => jb.insert(n, n * PTIME, PTIME, payload, at(0));
  insert(0);
  expect(jb.next(at(0), 0)).toMatchObject({ op: 'silence' });
  expect(jb.takeAhead(at(10), 0)).toBeUndefined();
  expect(jb.next(at(80), 0)).toMatchObject({ op: 'decode' });
  insert(2);
  expect(jb.takeAhead(at(40), PTIME)).toBeUndefined();
  insert(1);
  expect(jb.takeAhead(at(40), PTIME)?.sequence).toBe(1);
  expect(jb.timestampAt(0)).toBe(2 * PTIME);
  expect(jb.statistics().jitterBufferEmittedCount).toBe(2 * PTIME);
});

test('another stream can take the place of the one before', () => {
  const jb = buffer(40);
  simulate(jb, stream(10), 240);
  jb.restart();
  expect(jb.playing).toBe(false);
  const ticks = simulate(jb, stream(10, undefined, { sequence: 40_000, timestamp: 7 }), 240);
  expect(packetsHeard(ticks)).toEqual(range(40_000 + JOINED_40, 40_010));
  expect(jb.statistics().jitterBufferEmittedCount).toBe(2 * (10 - JOINED_40) * PTIME);
});

test('bad options are refused', () => {
  expect(() => new JitterBuffer({ clockRate: 0 })).toThrow(/clockRate must be a positive integer/);
  expect(() => new JitterBuffer({ clockRate: 48_000, capacity: 1.5 })).toThrow(/capacity/);
});

test('the time from arrival to playout is what the statistics say', () => {
  const jb = buffer(40);
  simulate(jb, stream(100), 2040);
  const { jitterBufferDelay, jitterBufferEmittedCount, jitterBufferTargetDelay } = jb.statistics();
  expect(jitterBufferEmittedCount).toBe((100 - JOINED_40) * PTIME);
  expect(jitterBufferDelay / jitterBufferEmittedCount).toBeCloseTo(0.04, 9);
  expect(jitterBufferTargetDelay / jitterBufferEmittedCount).toBeCloseTo(0.04, 9);
});

test('whatever the network does: nothing twice, nothing out of order, every sample accounted for', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom(0, 5, 40, 200, 1500),
      fc.constantFrom(0, 0.02, 0.3),
      fc.nat(65_535),
      (seed, jitter, loss, sequence) => {
        const rnd = random(seed);
        const arrivals = stream(300, () => (rnd() < loss ? undefined : jitter * rnd() ** 3), {
          sequence,
          timestamp: 2 ** 32 - 50 * PTIME,
        });
        const echoes = arrivals
          .filter(() => rnd() < 0.05)
          .map((a) => ({ ...a, at: a.at + 100 * rnd() }));
        const jb = new JitterBuffer({ clockRate: 48_000 });
        const all = [...arrivals, ...echoes].sort((a, b) => a.at - b.at);
        const ticks = simulate(jb, all, 8500);
        const packets = packetsHeard(ticks);
        expect(new Set(packets).size).toBe(packets.length);
        expect(packets).toEqual([...packets].sort((a, b) => a - b));
        const s = jb.statistics();
        expect(packets.length * PTIME).toBe(s.jitterBufferEmittedCount);
        expect(s.totalSamplesReceived).toBe(s.jitterBufferEmittedCount + s.concealedSamples);
        expect(packets.length + s.packetsDiscarded + s.packetsDuplicated).toBe(s.packetsReceived);
        const playing = ticks.filter((tick) => typeof tick.heard[0] === 'number');
        const backwards = playing.filter(
          (tick, i) => i > 0 && timestampDelta(tick.timestamp, playing[i - 1]!.timestamp) < 0,
        );
        expect(backwards).toEqual([]);
      },
    ),
    { numRuns: 150 },
  );
});

test('steady traffic holds no more than one tick more than the target delay', () => {
  const jb = new JitterBuffer({
    clockRate: 48_000,
    policy: new AdaptiveDelayPolicy({ start: at(20) }),
  });
  simulate(
    jb,
    stream(3000, () => 1),
    60_000,
  );
  const s = jb.statistics();
  expect(s.jitterBufferDelay / s.jitterBufferEmittedCount).toBeLessThanOrEqual(0.035);
  expect(s.concealedSamples).toBe(0);
  expect(TICK).toBe(480);
});

test('a policy is told what was overtaken, how long a packet plays, and that the path became longer', () => {
  const overtaken: number[] = [];
  const durations = new Set<number>();
  const changes: number[] = [];
  const policy = {
    target: at(40),
    observe: (_delay: Micros, arrival: Micros, duration: Micros, reordered: boolean) => {
      if (reordered) overtaken.push(arrival / 1000);
      durations.add(duration);
    },
    pathChanged: () => void changes.push(overtaken.length),
  };
  const jb = new JitterBuffer({ clockRate: 48_000, policy });
  simulate(
    jb,
    stream(600, (i) => (i === 100 ? 30 : i < 400 ? 0 : 150)),
    12_000,
  );
  expect(overtaken).toEqual([2030]);
  expect([...durations]).toEqual([20_000]);
  expect(changes).toEqual([1]);
});
