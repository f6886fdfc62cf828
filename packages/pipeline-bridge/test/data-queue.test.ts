import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DataPool } from '../src/runtime-data/data-pool.js';
import { DataQueue, defaultQueueLimits } from '../src/graph/data-queue.js';
import { audio, text } from './builders.js';
import type { RuntimeData } from '@rm/pipeline-bridge';

function label(data: RuntimeData | undefined): string | number | undefined {
  if (data?.kind === 'audio') return data.capture?.time;
  return data?.kind === 'text' ? data.text : undefined;
}

function drain(queue: DataQueue): (string | number | undefined)[] {
  return Array.from({ length: queue.length }, () => label(queue.shift()));
}

test('of more than 200 ms of audio the newest stay, text among it keeps its place', () => {
  const queue = new DataQueue(defaultQueueLimits, new DataPool());
  queue.push(text('first'));
  for (let at = 0; at < 23; at++) {
    expect(queue.push(audio(0.1, { at }))).toBe(true);
    if (at === 5) queue.push(text('second'));
  }
  expect(queue.dropped).toBe(3);
  expect(drain(queue)).toEqual([
    'first',
    3,
    4,
    5,
    'second',
    ...Array.from({ length: 17 }, (_, i) => i + 6),
  ]);
});

test('a frame longer than the limit waits alone', () => {
  const queue = new DataQueue(defaultQueueLimits, new DataPool());
  queue.push(audio(0, { at: 1 }));
  queue.push(audio(0, { at: 2, ms: 300 }));
  expect(drain(queue)).toEqual([2]);
  expect(queue.dropped).toBe(1);
});

test('frames without duration are bounded too', () => {
  const queue = new DataQueue(defaultQueueLimits, new DataPool());
  for (let at = 0; at < 2000; at++) queue.push({ ...audio(0, { ms: 0, at }), sampleRate: 0 });
  expect(queue.length).toBe(1024);
  expect(label(queue.shift())).toBe(976);
});

test('text is kept up to the hard limits, then refused', () => {
  const items = new DataQueue({ ...defaultQueueLimits, items: 3 }, new DataPool());
  expect(['a', 'b', 'c', 'd'].map((word) => items.push(text(word)))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  items.push(audio(0, { at: 7 }));
  expect(items.dropped).toBe(1);
  expect(drain(items)).toEqual(['a', 'b', 'c', 7]);

  const bytes = new DataQueue({ ...defaultQueueLimits, bytes: 10 }, new DataPool());
  const four = {
    kind: 'binary',
    streamId: '',
    capture: undefined,
    bytes: new Uint8Array(4),
  } as const;
  expect([bytes.push(text('abc')), bytes.push(four), bytes.push(text('d'))]).toEqual([
    true,
    true,
    false,
  ]);
});

test('what was pushed is a copy', () => {
  const queue = new DataQueue(defaultQueueLimits, new DataPool());
  const sound = audio(0.5);
  const bytes = new Uint8Array([1, 2]);
  queue.push(sound);
  queue.push({ kind: 'binary', streamId: '', capture: undefined, bytes });
  sound.samples.fill(0);
  bytes.fill(0);
  expect(queue.shift()).toEqual(audio(0.5));
  expect(queue.shift()).toMatchObject({ bytes: new Uint8Array([1, 2]) });
});

test('any mix of pushes and takes keeps order and counts, as a plain list would', () => {
  const step = fc.oneof(
    fc.record({ push: fc.constant('audio' as const), ms: fc.integer({ min: 1, max: 90 }) }),
    fc.record({ push: fc.constant('text' as const), ms: fc.constant(0) }),
    fc.constant(undefined),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const queue = new DataQueue({ ...defaultQueueLimits, items: 6 }, new DataPool());
      const model = new Model();
      for (const [at, action] of steps.entries()) {
        if (action === undefined) model.taken.push([label(queue.shift()), model.shift()]);
        else {
          const data = action.push === 'text' ? text(`${at}`) : audio(0, { at, ms: action.ms });
          model.taken.push([queue.push(data), model.push(label(data), action.ms)]);
        }
        model.taken.push([queue.length, model.items.length], [queue.dropped, model.dropped]);
      }
      for (const [actual, expected] of model.taken) expect(actual).toBe(expected);
      expect(drain(queue)).toEqual(model.items.map(({ name }) => name));
    }),
    { numRuns: 300 },
  );
});

/** The queue's promise, written down as slowly as it reads; `ms` 0 stands for text. */
class Model {
  readonly items: { name: string | number | undefined; ms: number }[] = [];
  /** Pairs of what the queue answered and what the model did. */
  readonly taken: [unknown, unknown][] = [];
  dropped = 0;

  shift(): string | number | undefined {
    return this.items.shift()?.name;
  }

  push(name: string | number | undefined, ms: number): boolean {
    if (ms === 0 && this.items.filter((item) => item.ms === 0).length >= 6) {
      this.dropped += 1;
      return false;
    }
    for (;;) {
      const waiting = this.items.filter((item) => item.ms > 0);
      const total = waiting.reduce((sum, item) => sum + item.ms, ms);
      if (ms === 0 || waiting.length === 0 || (waiting.length < 6 && total <= 200)) break;
      this.items.splice(
        this.items.findIndex((item) => item.ms > 0),
        1,
      );
      this.dropped += 1;
    }
    this.items.push({ name, ms });
    return true;
  }
}
