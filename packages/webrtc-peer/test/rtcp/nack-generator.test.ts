import { expect, test } from '@jest/globals';
import { type Micros, micros, millis } from '@rm/rtp-sync';
import fc from 'fast-check';
import { NackGenerator } from '../../src/rtcp/index.js';

const STARTS = [0, 1, 127, 128, 511, 32_767, 32_768, 65_530, 65_534, 65_535];
const ROUND_TRIP = millis(80);

function generator(budget: Micros = millis(500)): NackGenerator {
  const nack = new NackGenerator({ budget });
  nack.roundTripTime = ROUND_TRIP;
  return nack;
}

/** Polls whenever the generator wants it, until `until`; the times in ms and what was asked for. */
function requests(nack: NackGenerator, until: number): [number, readonly number[]][] {
  const seen: [number, readonly number[]][] = [];
  for (let next = nack.next; next !== undefined && next <= millis(until); next = nack.next) {
    const decision = nack.poll(next);
    if (decision.requests.length > 0) seen.push([next / 1000, decision.requests]);
    if (decision.givenUp.length > 0) seen.push([next / 1000, decision.givenUp.map((n) => -n)]);
  }
  return seen;
}

for (const start of STARTS) {
  const seq = (n: number): number => (start + n) & 0xffff;

  test(`each lost packet is asked for after a short wait, starting at ${start}`, () => {
    const nack = generator();
    for (const n of [0, 1, 5, 6, 8]) nack.received(seq(n), millis(0));
    expect(nack.next).toBe(millis(10));
    expect(nack.poll(millis(9.999)).requests).toEqual([]);
    expect(nack.poll(millis(10)).requests).toEqual([2, 3, 4, 7].map(seq));
    expect(nack.poll(millis(20)).requests).toEqual([]);
  });

  test(`a packet out of order is not asked for, starting at ${start}`, () => {
    const nack = generator();
    expect([0, 2, 1].map((n) => nack.received(seq(n), millis(n)))).toEqual(['new', 'new', 'new']);
    expect(nack.next).toBeUndefined();
    expect(nack.statistics.packetsRequested).toBe(0);
  });

  test(`what came twice is known as duplicate, starting at ${start}`, () => {
    const nack = generator();
    nack.received(seq(0), millis(0));
    nack.received(seq(2), millis(0));
    nack.poll(millis(10));
    expect(nack.received(seq(1), millis(90))).toBe('recovered');
    expect(nack.received(seq(1), millis(91))).toBe('duplicate');
    expect(nack.received(seq(0), millis(92))).toBe('duplicate');
    expect(nack.statistics).toEqual({
      packetsRequested: 1,
      packetsRecovered: 1,
      packetsGivenUp: 0,
      packetsDuplicate: 2,
    });
  });
}

test('a packet is asked for again once a round trip, as long as an answer can come in time', () => {
  const nack = generator(millis(400));
  for (const n of [0, 2]) nack.received(n, millis(0));
  // answers to the request at 280 ms are here by 370 ms; another would come after 400 ms
  expect(requests(nack, 2000)).toEqual([
    [10, [1]],
    [100, [1]],
    [190, [1]],
    [280, [1]],
    [370, [-1]],
  ]);
  expect(nack.next).toBeUndefined();
});

test('where the budget is short, the one request that helps is not kept back for reordering', () => {
  const nack = generator(millis(85));
  for (const n of [0, 2]) nack.received(n, millis(0));
  expect(requests(nack, 2000)).toEqual([
    [0, [1]],
    [85, [-1]],
  ]);
});

test('nothing is asked for that would come too late, but it is waited for until its deadline', () => {
  const nack = generator(millis(60));
  for (const n of [0, 2]) nack.received(n, millis(0));
  expect(requests(nack, 2000)).toEqual([[60, [-1]]]);
});

test('a poll that comes late does not ask for what cannot come in time any more', () => {
  const nack = generator(millis(200));
  for (const n of [0, 2]) nack.received(n, millis(0));
  expect(nack.poll(millis(150))).toEqual({ requests: [], givenUp: [1] });
});

test('a longer playout delay gives more time to ask', () => {
  const nack = generator(millis(60));
  for (const n of [0, 2]) nack.received(n, millis(0));
  nack.budget = millis(300);
  expect(requests(nack, 90)).toEqual([[10, [1]]]);
});

test('after ten requests without an answer it is given up', () => {
  const nack = generator(millis(60_000));
  for (const n of [0, 2]) nack.received(n, millis(0));
  const seen = requests(nack, 60_000);
  expect(seen).toHaveLength(11);
  expect(seen.at(-1)).toEqual([10 + 10 * 90, [-1]]);
});

test('how long to wait for reordering and how often to ask can be chosen', () => {
  const nack = new NackGenerator({
    budget: millis(60_000),
    reorderWait: millis(30),
    maxTries: 2,
  });
  nack.roundTripTime = ROUND_TRIP;
  for (const n of [0, 2]) nack.received(n, millis(0));
  expect(requests(nack, 60_000)).toEqual([
    [30, [1]],
    [120, [1]],
    [210, [-1]],
  ]);
});

test('a packet that is older than the first one is taken, once', () => {
  const nack = generator();
  expect([10, 9, 9].map((n) => nack.received(n, millis(0)))).toEqual(['new', 'new', 'duplicate']);
  expect(nack.next).toBeUndefined();
});

test('of a gap of thousands the newest 1000 are asked for, the others given up at once', () => {
  const nack = generator();
  nack.received(0, millis(0));
  nack.received(3001, millis(0));
  expect(nack.next).toBe(0);
  const { requests: asked, givenUp } = nack.poll(millis(10));
  expect(asked).toHaveLength(1000);
  expect(asked[0]).toBe(2001);
  expect(givenUp).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
});

test('what is beyond the window is neither asked for nor taken', () => {
  const nack = generator();
  nack.received(0, millis(0));
  nack.received(20_000, millis(0));
  expect(nack.poll(millis(10)).requests).toHaveLength(1000);
  expect(nack.statistics.packetsGivenUp).toBe(18_999);
  expect(nack.received(100, millis(20))).toBe('stale');
});

test('a packet that falls out of the window is given up, however long its budget', () => {
  const nack = generator(millis(60_000));
  nack.received(0, millis(0));
  for (let n = 2; n < 4200; n++) nack.received(n, millis(0));
  expect(nack.poll(millis(10))).toEqual({ requests: [], givenUp: [1] });
});

test('after a key frame nothing before it is asked for', () => {
  const nack = generator();
  for (const n of [65_530, 65_533, 2]) nack.received(n, millis(0));
  nack.skipTo(0);
  expect(nack.poll(millis(10)).requests).toEqual([0, 1]);
});

test('a restarted stream is not taken for a gap', () => {
  const nack = generator();
  for (const n of [0, 2]) nack.received(n, millis(0));
  nack.restart();
  // half the circle away from where it was, where before and after are hard to tell
  expect(nack.received(32_772, millis(1))).toBe('new');
  expect(nack.received(32_769, millis(1))).toBe('new');
  expect(nack.next).toBeUndefined();
});

test('of several lost in a row that are played one after the other, the earlier are of use less long', () => {
  const nack = new NackGenerator({ budget: millis(130), spacing: millis(20) });
  nack.roundTripTime = ROUND_TRIP;
  nack.received(0, millis(0));
  nack.received(4, millis(1000));
  // Due in 70, 90 and 110 ms, which takes 80: there is no time to wait for the second.
  expect(requests(nack, 2000)).toEqual([
    [1000, [2]],
    [1010, [3]],
    [1070, [-1]],
    [1090, [-2]],
    [1100, [-3]],
  ]);
});

test('what came in a copy is not asked for, and is new when it comes by itself', () => {
  const nack = generator();
  for (const n of [65_534, 2]) nack.received(n, millis(0));
  nack.restored(65_535);
  nack.restored(1);
  nack.restored(77);
  expect(nack.poll(millis(10)).requests).toEqual([0]);
  expect(nack.received(1, millis(20))).toBe('new');
  expect(nack.received(1, millis(21))).toBe('duplicate');
});

test('whatever order packets come in, each is new or recovered once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 65_535 }),
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 200 }),
      (start, order) => {
        const nack = generator();
        const taken: number[] = [];
        order.forEach((n, i) => {
          const now = micros(i * 3000);
          const verdict = nack.received((start + n) & 0xffff, now);
          if (verdict === 'new' || verdict === 'recovered') taken.push(n);
          nack.poll(now);
        });
        expect(taken.toSorted((a, b) => a - b)).toEqual(
          [...new Set(order)].toSorted((a, b) => a - b),
        );
      },
    ),
    { numRuns: 200 },
  );
});
