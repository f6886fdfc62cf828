import { expect, test } from '@jest/globals';
import type { AudioFrame } from '@rm/codecs';
import { micros } from '@rm/rtp-sync';
import fc from 'fast-check';
import { SampleRing } from '../../src/worker/sample-ring.js';
import { SharedRing } from '../../src/worker/shared-ring.js';
import { type TickNews, TickReader, TickWriter } from '../../src/worker/tick-ring.js';

/** A frame all of whose samples are `value`. */
const frame = (value: number, capture?: AudioFrame['capture']): AudioFrame => ({
  samples: new Float32Array(480).fill(value),
  sampleRate: 48_000,
  channels: 1,
  capture,
});

/** A writer and a reader that is told what the writer posts when `handle` is called. */
function ticks(): {
  write: (frames: Record<string, AudioFrame>, instant: number) => void;
  post: (text: string) => void;
  handle: () => string[];
  reader: TickReader;
} {
  const queue: (TickNews | string)[] = [];
  let [posted, handled] = [0, 0];
  const post = (message: TickNews | string): void => {
    posted++;
    queue.push(message);
  };
  const writer = new TickWriter(post);
  const reader = new TickReader();
  const deliver = (to: number, seen: string[]): void => {
    for (let tick = reader.next(to); tick; tick = reader.next(to))
      seen.push(
        `${tick.instant}: ${[...tick.frames].map(([id, { samples }]) => `${id}=${samples[479]}`).join(' ')}`,
      );
  };
  return {
    reader,
    post,
    write: (frames, instant) =>
      writer.write(new Map(Object.entries(frames)), micros(instant), () => posted),
    handle() {
      const seen: string[] = [];
      for (const message of queue.splice(0)) {
        deliver(handled++, seen);
        if (typeof message === 'string') seen.push(message);
        else reader.take(message);
        deliver(handled, seen);
      }
      return seen;
    },
  };
}

test('ticks and messages come in the order in which they were written, whatever comes late', () => {
  const { write, post, handle } = ticks();
  write({}, 1);
  post('a connected');
  write({ a: frame(1) }, 2);
  write({ a: frame(2), b: frame(3) }, 3);
  post('a disconnected');
  write({ b: frame(4) }, 4);
  expect(handle()).toEqual([
    '1: ',
    'a connected',
    '2: a=1',
    '3: a=2 b=3',
    'a disconnected',
    '4: b=4',
  ]);
  write({ b: frame(5), c: frame(6) }, 5);
  expect(handle()).toEqual(['5: b=5 c=6']);
});

test('more peers than there was room for are heard, and none before is lost', () => {
  const { write, handle, reader } = ticks();
  write({ p0: frame(0) }, 0);
  const many = (plus: number): Record<string, AudioFrame> =>
    Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`p${i}`, frame(i + plus)]));
  const text = (plus: number): string =>
    Array.from({ length: 33 }, (_, i) => `p${i}=${i + plus}`).join(' ');
  write(many(0), 1);
  write(many(100), 2);
  expect(handle()).toEqual(['0: p0=0', `1: ${text(0)}`, `2: ${text(100)}`]);
  expect(reader.dropped).toBe(0);
});

test('a thread that is blocked for too long loses the oldest ticks, and they are counted', () => {
  const { write, handle, reader } = ticks();
  for (let i = 0; i < 300; i++) write({ a: frame(i) }, i);
  const seen = handle();
  expect(seen[0]).toBe('44: a=44');
  expect(seen).toHaveLength(256);
  expect(seen.at(-1)).toBe('299: a=299');
  expect(reader.dropped).toBe(44);
});

test('capture times cross with their bounds, and unknown ones stay unknown', () => {
  const posted: TickNews[] = [];
  const writer = new TickWriter((news) => posted.push(news));
  const reader = new TickReader();
  const capture = { time: micros(123_456_789_012), bound: micros(77) };
  const frames = new Map([
    ['a', frame(1, capture)],
    ['b', frame(2)],
  ]);
  writer.write(frames, micros(5), () => posted.length);
  for (const news of posted) reader.take(news);
  const tick = reader.next(posted.length)!;
  expect(tick.frames.get('a')!.capture).toEqual(capture);
  expect(tick.frames.get('b')!.capture).toBeUndefined();
});

test('written samples come out as they went in, with the capture time of each piece', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ length: fc.nat(2000), time: fc.option(fc.nat(1e9)), muted: fc.boolean() }),
        {
          maxLength: 20,
        },
      ),
      (writes) => {
        const writing = new SampleRing();
        const reading = new SampleRing(writing.memory);
        const [sent, got]: [number[], number[]] = [[], []];
        const times: (number | undefined)[] = [];
        const flags: boolean[] = [];
        for (const { length, time, muted } of writes) {
          const samples = Float32Array.from({ length }, (_, i) => sent.length + i);
          sent.push(...samples);
          for (let at = 0; at < length; at += 480)
            times.push(time === null ? undefined : time + at / 0.048);
          const capture = time === null ? undefined : { time: micros(time), bound: micros(3) };
          writing.write({ samples, sampleRate: 48_000, channels: 1, capture }, muted);
          for (let at = 0; at < length; at += 480) flags.push(muted);
        }
        const gotTimes: (number | undefined)[] = [];
        const gotFlags: boolean[] = [];
        reading.read(({ samples, capture }, muted) => {
          gotFlags.push(muted);
          got.push(...samples);
          gotTimes.push(capture?.time);
        });
        expect(got).toEqual(sent);
        expect(gotTimes).toEqual(times);
        expect(gotFlags).toEqual(flags);
      },
    ),
    { numRuns: 30 },
  );
});

test('the reader of samples is woken once for all that waits', () => {
  const writing = new SampleRing();
  const reading = new SampleRing(writing.memory);
  expect([writing.write(frame(1), false), writing.write(frame(2), false)]).toEqual([true, false]);
  let pieces = 0;
  reading.read(() => pieces++);
  expect(pieces).toBe(2);
  expect(writing.write(frame(3), false)).toBe(true);
});

test('a record that is dropped while it is read does not count as read', () => {
  const ring = SharedRing.create(2, 8);
  const write = (): void => {
    ring.claim();
    ring.commit();
  };
  write();
  write();
  const oldest = ring.next();
  write();
  expect(ring.release()).toBe(false);
  expect(ring.dropped).toBe(1);
  expect(ring.next()).not.toBe(oldest);
  expect([ring.release(), ring.next() === oldest, ring.release(), ring.next()]).toEqual([
    true,
    true,
    true,
    undefined,
  ]);
});
