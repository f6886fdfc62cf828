import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Micros,
  SessionTimeline,
  type SessionTimelineOptions,
  type TimelineSource,
  micros,
  millis,
} from '../src/index.js';
import { at, random } from './simulate.js';

/** A peer whose 20 ms frames, named by their capture time in ms, come `delay` ms after it. */
interface Peer {
  readonly delay: (n: number) => number | undefined;
  /** First frame in ms. */
  readonly from?: number;
  /** What the peer's clock says of a frame captured at `ms`; undefined when it says nothing. */
  readonly claim?: (ms: number, n: number) => { time: number; bound?: number } | undefined;
}

interface Given {
  readonly now: number;
  readonly peer: number;
  /** Which capture time is heard, in ms, by the payload. */
  readonly heard: number;
  readonly stated: number | undefined;
  readonly bound: number | undefined;
  readonly behind: number;
}

const truthful: NonNullable<Peer['claim']> = (ms) => ({ time: ms });

/** Plays peers for `seconds`; every tick of 10 ms is after the pushes of the same instant. */
function play(
  peers: readonly Peer[],
  seconds: number,
  options: SessionTimelineOptions = {},
): { given: Given[]; timeline: SessionTimeline<number>; sources: TimelineSource<number>[] } {
  const timeline = new SessionTimeline<number>(options);
  const sources = peers.map(() => timeline.join());
  const pushes = peers.flatMap(({ delay, from = 0, claim = truthful }, peer) => {
    const frames = [];
    for (let ms = from, n = 0; ms < seconds * 1000; ms += 20, n++) {
      const d = delay(n);
      const claimed = claim(ms, n);
      const capture =
        claimed === undefined
          ? undefined
          : { time: micros(claimed.time * 1000), bound: micros((claimed.bound ?? 1) * 1000) };
      if (d !== undefined) frames.push({ peer, ms, capture, arrival: ms + d });
    }
    return frames;
  });
  pushes.sort((a, b) => a.arrival - b.arrival);
  const given: Given[] = [];
  let next = 0;
  for (let now = 0; now < seconds * 1000; now += 10) {
    for (; next < pushes.length && pushes[next]!.arrival <= now; next++) {
      const { peer, ms, capture, arrival } = pushes[next]!;
      sources[peer]!.push(ms, millis(20), capture, at(arrival));
    }
    for (const { source, frame, offset, capture, behind } of timeline.pull(at(now)))
      given.push({
        now,
        peer: sources.indexOf(source),
        heard: frame + offset / 1000,
        stated: capture && capture.time / 1000,
        bound: capture && capture.bound / 1000,
        behind: behind / 1000,
      });
  }
  return { given, timeline, sources };
}

const of = (given: readonly Given[], peer: number, from = 0, until = Infinity): Given[] =>
  given.filter((g) => g.peer === peer && g.now >= from && g.now < until);

/** Least and most that the sound goes on from one tick of 10 ms to the next. */
const stepsOf = (given: readonly Given[]): [number, number] => {
  const steps = given.slice(1).map((g, i) => g.heard - given[i]!.heard);
  return [Math.min(...steps), Math.max(...steps)];
};

const constant = (delay: number) => (): number => delay;

test('sources of different delay are given at one instant, that of the slowest', () => {
  const { given, timeline } = play(
    [{ delay: constant(30) }, { delay: constant(110) }, { delay: constant(70), from: 7 }],
    6,
  );
  for (let now = 5000; now < 6000; now += 10) {
    const heard = given.filter((g) => g.now === now).map((g) => g.heard);
    expect(heard).toEqual([now - 110, now - 110, now - 110]);
  }
  expect(timeline.delay).toBe(110_000);
  expect(timeline.instant).toBe(5_880_000);
});

test('the capture time given is that of the instant, with the bound of the frame', () => {
  const { given } = play([{ delay: constant(40), claim: (ms) => ({ time: ms + 3, bound: 8 }) }], 1);
  const heard = of(given, 0, 500);
  expect(heard.length).toBe(50);
  for (const g of heard) expect([g.stated, g.bound]).toEqual([g.heard + 3, 8]);
});

test('a source that joins later is behind at first, and the others reach it by 20 ms a second', () => {
  const { given } = play([{ delay: constant(40) }, { delay: constant(100), from: 1000 }], 8);
  expect(of(given, 1)[0]!.behind).toBeGreaterThan(50);
  const [least, most] = stepsOf(of(given, 0));
  expect(least).toBeGreaterThanOrEqual(9.79);
  expect(most).toBeLessThanOrEqual(10.21);
  const settled = given.filter((g) => g.now >= 5000);
  expect(settled.filter((g) => g.behind > 0)).toEqual([]);
  expect(settled.filter((g) => Math.abs(g.now - g.heard - 100) > 0.1)).toEqual([]);
});

test('nor does the sound of the one that joined jump while they come together', () => {
  const { given } = play(
    [{ delay: constant(40) }, { delay: (n) => 90 + (n % 4) * 10, from: 1000 }],
    8,
  );
  const joined = of(given, 1, 1300);
  expect(joined.length).toBe(670);
  const [least, most] = stepsOf(joined);
  expect(least).toBeGreaterThanOrEqual(9.59);
  expect(most).toBeLessThanOrEqual(10.41);
});

test('after the slowest has left the others come back to their own delay', () => {
  const timeline = play([{ delay: constant(40) }, { delay: constant(140) }], 2);
  timeline.sources[1]!.close();
  timeline.sources[1]!.close();
  let delay = timeline.timeline.delay;
  for (let ms = 2000; ms < 12_000; ms += 10) {
    if (ms % 20 === 0)
      timeline.sources[0]!.push(
        ms - 40,
        millis(20),
        { time: at(ms - 40), bound: micros(0) },
        at(ms),
      );
    expect(timeline.timeline.pull(at(ms)).length).toBe(1);
    expect(delay - timeline.timeline.delay).toBeLessThanOrEqual(201);
    ({ delay } = timeline.timeline);
  }
  expect(delay).toBeLessThanOrEqual(45_000);
  expect(timeline.timeline.statistics().sources).toBe(1);
});

test('nor is the slowest waited for when it has fallen silent', () => {
  const { timeline } = play(
    [{ delay: constant(40) }, { delay: (n) => (n < 100 ? 140 : undefined) }],
    10,
  );
  expect(timeline.delay).toBeLessThanOrEqual(45_000);
});

describe('nobody else hears it when a peer', () => {
  const good: Peer[] = [{ delay: constant(40) }, { delay: (n) => 60 + (n % 3) * 5 }];
  const alone = play(good, 14);
  const noise = random(7);
  test.each<[string, Peer]>([
    ['falls silent', { delay: (n) => (n < 100 ? 50 : undefined) }],
    ['has a clock that is hours off', { delay: constant(50), claim: (ms) => ({ time: ms + 4e6 }) }],
    [
      'has a clock that is hours late',
      { delay: constant(50), claim: (ms) => ({ time: ms - 4e6 }) },
    ],
    [
      'has garbage for a clock',
      { delay: constant(50), claim: () => ({ time: noise() * 1e9 - 5e8 }) },
    ],
    ['has a clock that says nothing', { delay: constant(50), claim: () => undefined }],
    [
      'has no numbers at all',
      { delay: constant(50), claim: () => ({ time: Number.NaN, bound: Number.NaN }) },
    ],
    [
      'has a clock that jumps by 300 ms',
      { delay: constant(50), claim: (ms, n) => ({ time: ms - (n % 40 < 20 ? 0 : 300) }) },
    ],
    [
      'is known to a second only',
      { delay: constant(50), claim: (ms) => ({ time: ms - 400, bound: 1000 }) },
    ],
    ['is slower than is waited for', { delay: constant(900) }],
    [
      'stalls for three seconds',
      { delay: (n) => (n >= 250 && n < 400 ? 50 + (400 - n) * 20 : 50) },
    ],
  ])('%s', (_, bad) => {
    const { given } = play([...good, bad], 14);
    const others = given.filter((g) => g.peer < 2);
    expect(JSON.stringify(others)).toBe(JSON.stringify(alone.given));
  });
});

test.each([4e6, -4e6])(
  'a peer whose clock is %i ms off is heard in order, without a capture time',
  (off) => {
    const { given, sources } = play(
      [{ delay: constant(60) }, { delay: constant(50), claim: (ms) => ({ time: ms + off }) }],
      5,
    );
    const heard = of(given, 1, 500);
    expect(heard.length).toBe(450);
    expect(of(given, 0)[0]!.behind).toBe(0);
    for (let i = 1; i < heard.length; i++) expect(heard[i]!.heard - heard[i - 1]!.heard).toBe(10);
    expect(heard.every((g) => g.stated === undefined)).toBe(true);
    expect(sources[1]!.statistics().framesUnsynchronized).toBeGreaterThan(240);
  },
);

test('without a capture time frames that come together are given one after the other', () => {
  const timeline = new SessionTimeline<number>();
  const source = timeline.join();
  const heard = [];
  for (let now = 0; now < 1000; now += 10) {
    if (now % 40 === 0)
      for (const n of [now, now + 20]) source.push(n, millis(20), undefined, at(now));
    for (const { frame, offset } of timeline.pull(at(now))) heard.push(frame + offset / 1000);
  }
  expect(heard).toEqual(Array.from({ length: 100 }, (_, i) => i * 10));
});

test('a sender whose media clock is fast and of which no time is known does not fill the queue', () => {
  const timeline = new SessionTimeline<number>();
  const source = timeline.join();
  let gaps = 0;
  for (let n = 0; n < 8_000; n++) {
    const now = micros(Math.round(n * 19_980));
    source.push(n, millis(20), undefined, now);
    if (timeline.pull(now).length === 0) gaps++;
  }
  const { jitterBufferDelay, jitterBufferEmittedCount, framesOverflowed } = source.statistics();
  expect(jitterBufferDelay / jitterBufferEmittedCount).toBeLessThan(0.06);
  expect([gaps, framesOverflowed]).toEqual([0, 0]);
});

test('a peer slower than is waited for is given behind the others, whole', () => {
  const { given } = play([{ delay: constant(40) }, { delay: constant(300) }], 10, {
    maxDelay: millis(200),
  });
  const slow = of(given, 1, 1000);
  expect(slow.length).toBe(900);
  expect(slow.filter((g) => g.behind !== 260 || g.heard !== g.now - 300)).toEqual([]);
});

test('a peer that was behind and has become faster is brought forward: much at once, little slowly', () => {
  const faster = (delay: number): Given[] => {
    const slow = { delay: (n: number) => (n < 200 ? 300 : delay) };
    return play([{ delay: constant(40) }, slow], 9, { maxDelay: millis(200) }).given;
  };
  for (const g of of(faster(150), 1, 6000)) expect(g.now - g.heard).toBeCloseTo(150, 6);
  const little = of(faster(260), 1, 1000);
  const [least, most] = stepsOf(little);
  expect(least).toBeGreaterThanOrEqual(9.79);
  expect(most).toBeLessThanOrEqual(10.21);
  expect(little.at(-1)!.now - little.at(-1)!.heard).toBeCloseTo(260, 6);
});

test('a peer that stalled is back with the others at once, and what came too late is counted', () => {
  const { given, sources } = play(
    [{ delay: constant(60) }, { delay: (n) => (n >= 250 && n < 400 ? 50 + (400 - n) * 20 : 50) }],
    12,
  );
  expect(of(given, 1, 5100, 8000)).toEqual([]);
  const back = of(given, 1, 8200);
  expect(back.length).toBe(380);
  expect(back.filter((g) => g.behind !== 0 || g.heard !== g.now - 60)).toEqual([]);
  expect(sources[1]!.statistics().framesLate).toBeGreaterThan(140);
});

test('frames out of order, twice and too late: each sample once, in order, all counted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ delay: fc.integer({ min: 20, max: 400 }), twice: fc.boolean() }), {
        minLength: 20,
        maxLength: 100,
      }),
      fc.integer({ min: 1, max: 40 }),
      (frames, capacity) => {
        const timeline = new SessionTimeline<number>({ capacity });
        const source = timeline.join();
        const pushes = frames
          .flatMap(({ delay, twice }, n) => {
            const push = { n, arrival: n * 20 + delay };
            return twice ? [push, { n, arrival: push.arrival + 7 }] : [push];
          })
          .sort((a, b) => a.arrival - b.arrival);
        let next = 0;
        let last = -Infinity;
        const wrong: object[] = [];
        for (let now = 0; now < frames.length * 20 + 1500; now += 10) {
          for (; next < pushes.length && pushes[next]!.arrival <= now; next++) {
            const { n, arrival } = pushes[next]!;
            source.push(n, millis(20), { time: at(n * 20), bound: micros(0) }, at(arrival));
          }
          for (const { frame, offset } of timeline.pull(at(now))) {
            const heard = frame * 20_000 + offset;
            if (heard <= last) wrong.push({ now, heard });
            last = heard;
          }
        }
        expect(wrong).toEqual([]);
        const s = source.statistics();
        expect(s.framesReceived).toBe(pushes.length);
        expect(s.framesDropped + s.jitterBufferEmittedCount).toBe(pushes.length);
        expect(s.framesDropped).toBe(
          s.framesLate + s.framesSkipped + s.framesDuplicated + s.framesOverflowed,
        );
      },
    ),
  );
});

test('what a source holds is bounded; the oldest go first and are counted', () => {
  const timeline = new SessionTimeline<number>({ capacity: 10 });
  const source = timeline.join();
  for (let n = 0; n < 1000; n++)
    source.push(n, millis(20), { time: at(n * 5), bound: micros(0) }, at(5000));
  expect(source.statistics().framesOverflowed).toBe(990);
  // It waits for the oldest that are left.
  expect(timeline.pull(at(5000))).toEqual([]);
  expect(timeline.pull(at(9950))[0]!.frame).toBe(990);
});

test('a tick that spans two frames gets the rest from the second', () => {
  const { timeline, sources } = play(
    [{ delay: constant(45), from: 5 }, { delay: constant(100) }],
    6,
  );
  const [frame] = timeline.pull(at(6000));
  expect([frame!.frame, frame!.offset]).toEqual([5885, 15_000]);
  const next = micros(timeline.instant! + 6_000);
  expect(sources[0]!.at(next)).toMatchObject({ frame: 5905, offset: 1_000 });
  expect(sources[1]!.at(micros(next + 100_000))).toBeUndefined();
});

test('the delay does not feed on itself: after minutes it is what it was', () => {
  const timeline = new SessionTimeline<number>();
  const sources = [40, 90].map((delay) => ({ source: timeline.join(), delay }));
  for (let now = 0; now < 300_000; now += 20) {
    for (const { source, delay } of sources)
      source.push(now, millis(20), { time: at(now - delay), bound: micros(0) }, at(now));
    timeline.pull(at(now));
  }
  expect(timeline.delay).toBe(90_000);
  for (const { source } of sources) expect(source.statistics().framesDropped).toBe(0);
});

test('small gaps between frames are bridged, larger ones are silence', () => {
  const gap = (ms: number): number => {
    const timeline = new SessionTimeline<number>();
    const source = timeline.join();
    const push = (n: number, time: number): boolean =>
      source.push(n, millis(20), { time: at(time), bound: micros(0) }, at(time + 20));
    let silent = 0;
    for (let now = 0; now < 200; now += 1) {
      if (now % 20 === 0) push(now, now < 100 ? now - 20 : now - 20 + ms);
      if (now > 60 && now < 160 && timeline.pull(at(now)).length === 0) silent++;
      else timeline.pull(at(now));
    }
    return silent;
  };
  expect(gap(4)).toBe(0);
  expect(gap(15)).toBeGreaterThan(9);
});

test('the statistics say how many are together, and how surely', () => {
  const { timeline } = play(
    [
      { delay: constant(40), claim: (ms) => ({ time: ms, bound: 2 }) },
      { delay: constant(50), claim: (ms) => ({ time: ms, bound: 9 }) },
      { delay: constant(50), claim: () => undefined },
    ],
    2,
  );
  expect(timeline.statistics()).toEqual({
    sources: 3,
    aligned: 2,
    playoutDelay: 0.05,
    bound: 0.009,
  });
  expect(new SessionTimeline().statistics()).toEqual({ sources: 0, aligned: 0, playoutDelay: 0 });
});

test('held back until its time, a source then begins where the others are', () => {
  const timeline = new SessionTimeline<number>();
  const sources = [timeline.join(), timeline.join()];
  sources[1]!.holdUntil(at(500));
  for (let now = 0; now < 1000; now += 10) {
    if (now % 20 === 0)
      for (const source of sources)
        source.push(now, millis(20), { time: at(now - 40), bound: micros(0) }, at(now));
    expect(timeline.pull(at(now)).length).toBe(now < 500 ? 1 : 2);
    for (const { offset, frame } of timeline.pull(at(now))) expect(frame + offset / 1000).toBe(now);
  }
});

test('another stream in place of the old one is given although its clock says it is older', () => {
  const timeline = new SessionTimeline<string>();
  const source = timeline.join();
  const second = (name: string, from: number, delay: number): number => {
    let given = 0;
    for (let now = from; now < from + 1000; now += 20) {
      source.push(name, millis(20), { time: at(now - delay), bound: micros(0) }, at(now));
      for (const { frame } of timeline.pull(at(now))) if (frame === name) given++;
    }
    return given;
  };
  expect(second('a', 0, 40)).toBe(50);
  source.reset();
  expect(second('b', 1000, 300)).toBe(50);
});

test('after a pause of the listener the delay slews on as before', () => {
  const timeline = new SessionTimeline<number>();
  const source = timeline.join();
  for (const [now, delay] of [
    [1000, 40],
    [11_000, 140],
  ] as const) {
    source.push(0, millis(20), { time: at(now - delay), bound: micros(0) }, at(now));
    timeline.pull(at(now));
  }
  expect(timeline.delay).toBe(60_000);
});

test('after it has left a source takes nothing more', () => {
  const source = new SessionTimeline<number>().join();
  source.close();
  expect(source.push(1, millis(20), undefined, at(0))).toBe(false);
});

test('when all have left, the next to come begins at its own delay', () => {
  const timeline = new SessionTimeline<number>();
  for (const delay of [200, 30]) {
    const source = timeline.join();
    source.push(0, millis(20), { time: at(1000), bound: micros(0) }, at(1000 + delay));
    expect(timeline.pull(at(1000 + delay)).length).toBe(1);
    expect(timeline.delay).toBe(delay * 1000);
    source.close();
  }
});

test('misuse is refused', () => {
  expect(() => new SessionTimeline({ maxDelay: micros(-1) })).toThrow('maxDelay');
  expect(() => new SessionTimeline({ capacity: 0.5 })).toThrow('capacity');
  const source = new SessionTimeline<number>().join();
  expect(() => source.push(1, 0 as Micros, undefined, at(0))).toThrow('duration');
});
