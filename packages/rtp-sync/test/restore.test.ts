import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DelayPolicy, FixedDelayPolicy, JitterBuffer, type Micros } from '../src/index.js';
import { PTIME, at } from './simulate.js';

const FEC = { redundancy: PTIME, discontinuous: false };

/** One played packet or concealment after the other, joined, with the counters. */
class Call {
  readonly buffer: JitterBuffer;
  readonly heard: (number | string)[] = [];
  readonly #first: number;
  #decoded = 0;
  #played = 0;

  constructor(policy: DelayPolicy = new FixedDelayPolicy(at(40)), first = 0) {
    this.#first = first;
    this.buffer = new JitterBuffer({ clockRate: 48_000, policy });
  }

  /** Packet `i` comes by itself at `ms`, with copies of those before it in `copies`. */
  comes(i: number, ms: number, copies: readonly number[] = []): void {
    const [sequence, timestamp] = this.#place(i);
    this.buffer.insert(sequence, timestamp, PTIME, Uint8Array.of(i), at(ms), FEC, copies.length);
    for (const copy of copies) this.restored(copy, ms, 'redundancy');
  }

  restored(i: number, ms: number, by: 'redundancy' | 'retransmission'): string {
    const [sequence, timestamp] = this.#place(i);
    return this.buffer.restore(by, sequence, timestamp, PTIME, Uint8Array.of(i), at(ms));
  }

  /** Plays up to `ms`, in ticks of 10 ms. */
  playTo(ms: number): void {
    for (; this.#played < ms; this.#played += 10) {
      while (this.#decoded < 480) {
        const decision = this.buffer.next(at(this.#played), this.#decoded);
        if (decision.op === 'decode') {
          this.#hear(decision.packet.data[0]!);
          this.#decoded += decision.packet.duration;
        } else {
          this.#hear(decision.op);
          this.#decoded += decision.ticks;
        }
      }
      this.#decoded -= 480;
    }
  }

  #place(i: number): [number, number] {
    return [(this.#first + i) & 0xffff, (4_294_900_000 + i * PTIME) >>> 0];
  }

  #hear(what: number | string): void {
    if (what !== 'silence' && this.heard.at(-1) !== what) this.heard.push(what);
  }
}

/** Packets 0 to 99 but for `lost`, each `depth` copies; played up to the end. */
function call(lost: readonly number[], depth: number, policy?: DelayPolicy, first = 0): Call {
  const all = new Call(policy, first);
  for (let i = 0; i < 100; i++) {
    const copies = Array.from({ length: Math.min(depth, i) }, (_, k) => i - depth + k);
    if (!lost.includes(i))
      all.comes(
        i,
        i * 20,
        copies.filter((copy) => copy >= 0),
      );
    all.playTo((i + 1) * 20);
  }
  return all;
}

const packetsOf = (heard: readonly (number | string)[]): number[] =>
  heard.filter((each) => typeof each === 'number');

const inOrder = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

describe('copies in later packets', () => {
  test.each([0, 65_480])('of a lost packet one is played, once (first packet %i)', (first) => {
    const { heard, buffer } = call([50], 1, undefined, first);
    expect(heard.slice(heard.indexOf(48), heard.indexOf(53))).toEqual(inOrder(48, 53));
    expect(buffer.statistics()).toMatchObject({
      redundantPacketsPlayed: 1,
      recoveredSamples: 0,
      concealedSamples: 0,
      packetsReceived: 99,
      packetsLost: 1,
      packetsDuplicated: 0,
      fecPacketsReceived: 99,
    });
  });

  test('of three lost in a row all are played where there are three and time for them', () => {
    const { heard, buffer } = call([50, 51, 52], 3, new FixedDelayPolicy(at(80)));
    expect(heard.slice(heard.indexOf(48), heard.indexOf(56))).toEqual(inOrder(48, 56));
    expect(buffer.statistics()).toMatchObject({ redundantPacketsPlayed: 3, concealedSamples: 0 });
  });

  test('what lies before them is recovered by their FEC', () => {
    const playing = new Call(new FixedDelayPolicy(at(80)));
    for (const i of inOrder(0, 100)) {
      if (i < 50 || i > 51) playing.comes(i, i * 20);
      if (i === 52) {
        const [sequence, timestamp] = [51, (4_294_900_000 + 51 * PTIME) >>> 0];
        playing.buffer.restore(
          'redundancy',
          sequence,
          timestamp,
          PTIME,
          Uint8Array.of(51),
          at(i * 20),
          FEC,
        );
      }
      playing.playTo((i + 1) * 20);
    }
    const { heard } = playing;
    expect(heard.slice(heard.indexOf(49), heard.indexOf(53))).toEqual([49, 'recover', 51, 52]);
  });

  test('say nothing of the jitter, and a packet that comes after its copy is no duplicate', () => {
    const plain = call([50], 0);
    const copied = call([50], 1);
    expect(copied.buffer.statistics().jitter).toBe(plain.buffer.statistics().jitter);
    copied.comes(50, 2000);
    copied.comes(50, 2000);
    expect(copied.buffer.statistics()).toMatchObject({
      packetsDuplicated: 1,
      packetsReceived: 101,
    });
  });

  test('that come too late are not played', () => {
    const { heard, buffer } = call([50, 51, 52], 3, new FixedDelayPolicy(at(15)));
    const packets = packetsOf(heard);
    expect(packets).toEqual(inOrder(packets[0]!, 100).filter((i) => packets.includes(i)));
    expect(packets).not.toContain(50);
    expect(buffer.statistics().concealedSamples).toBeGreaterThan(0);
  });

  test.each([80, 15])('tell the policy once when a loss can be had (target %i ms)', (target) => {
    const seen: { delay: number; reordered: boolean }[] = [];
    const policy = {
      target: at(target),
      observe: (delay: Micros, _at: Micros, _duration: Micros, reordered: boolean) =>
        void seen.push({ delay: delay / 1000, reordered }),
    };
    call([50, 60, 61], 3, policy);
    expect(seen.filter(({ delay }) => delay > 0)).toEqual([
      { delay: 20, reordered: true },
      { delay: 40, reordered: true },
      { delay: 20, reordered: true },
    ]);
    expect(seen.filter(({ reordered }) => reordered)).toHaveLength(3);
  });
});

describe('what was asked for again', () => {
  test('is played in its place, and neither the jitter nor the policy hear of it', () => {
    const seen: number[] = [];
    const policy = { target: at(80), observe: (delay: Micros) => void seen.push(delay) };
    const playing = new Call(policy);
    for (const i of inOrder(0, 100)) {
      if (i !== 50) playing.comes(i, i * 20);
      if (i === 53) playing.restored(50, 1065, 'retransmission');
      playing.playTo((i + 1) * 20);
    }
    const { heard, buffer } = playing;
    expect(heard.slice(heard.indexOf(48), heard.indexOf(53))).toEqual(inOrder(48, 53));
    expect(buffer.statistics()).toMatchObject({
      retransmittedPacketsPlayed: 1,
      packetsReceived: 99,
      packetsLost: 1,
      jitter: 0,
    });
    // FEC says when packet 50 could be had, 20 ms late; nobody says 65.
    expect(Math.max(...seen)).toBe(20_000);
  });

  test('is not played a second time', () => {
    const playing = new Call(new FixedDelayPolicy(at(80)));
    for (const i of inOrder(0, 10)) playing.comes(i, i * 20);
    playing.comes(11, 220, [10]);
    expect(playing.restored(10, 225, 'retransmission')).toBe('duplicate');
    playing.playTo(240);
    expect(playing.restored(2, 240, 'retransmission')).toBe('duplicate');
  });
});

test('before a stream has begun nothing can be lost of it', () => {
  expect(new Call().restored(3, 0, 'retransmission')).toBe('invalid');
});

test('lost before the first packet came, packets are played from its copies', () => {
  const playing = new Call(new FixedDelayPolicy(at(140)));
  playing.comes(2, 40, [0, 1]);
  for (const i of inOrder(3, 30)) {
    playing.comes(i, i * 20, [i - 2, i - 1]);
    playing.playTo((i + 1) * 20);
  }
  expect(playing.heard.slice(0, 5)).toEqual(inOrder(0, 5));
  expect(new Set(playing.heard).size).toBe(playing.heard.length);
});

test('a copy that is not of the place it claims is not played over another packet', () => {
  const { buffer } = call([], 0);
  for (const i of [100, 102])
    buffer.insert(i, (4_294_900_000 + i * PTIME) >>> 0, PTIME, Uint8Array.of(i), at(2000));
  for (const wrong of [100, 101.5, 102, 103]) {
    const timestamp = (4_294_900_000 + wrong * PTIME) >>> 0;
    expect(buffer.restore('redundancy', 101, timestamp, PTIME, Uint8Array.of(1), at(2000))).toBe(
      'invalid',
    );
  }
  expect(buffer.restore('redundancy', 110, 0, PTIME, Uint8Array.of(1), at(2000))).toBe('invalid');
  expect(buffer.restore('redundancy', 101, 0, 0, Uint8Array.of(1), at(2000))).toBe('invalid');
});

test('whatever is lost and copied, everything is played in order and once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 98 }), { maxLength: 40 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 10, max: 120 }),
      fc.integer({ min: 0, max: 65_535 }),
      (lost, depth, delay, first) => {
        const { heard, buffer } = call(lost, depth, new FixedDelayPolicy(at(delay)), first);
        const packets = packetsOf(heard);
        for (let i = 1; i < packets.length; i++)
          expect(packets[i]!).toBeGreaterThan(packets[i - 1]!);
        const { packetsReceived, packetsLost, packetsDuplicated } = buffer.statistics();
        expect(packetsReceived).toBe(100 - new Set(lost).size);
        expect(packetsLost).toBe(new Set(lost).size);
        expect(packetsDuplicated).toBe(0);
      },
    ),
    { numRuns: 50 },
  );
});
