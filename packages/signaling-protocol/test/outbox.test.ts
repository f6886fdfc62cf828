import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Outbox } from '../src/outbox.js';

const seqOf = (text: string): unknown => {
  const json = JSON.parse(text) as Record<string, unknown> | Record<string, unknown>[];
  return (Array.isArray(json) ? json.at(-1) : json)?.['seq'];
};

test('messages and batches are numbered from 1 and stay what they were', () => {
  const outbox = new Outbox({ messages: 4, bytes: 1_000 });
  expect(outbox.keep('{"a":"]"}')).toBe('{"a":"]","seq":1}');
  expect(outbox.keep('[{"a":1},{"b":2}]')).toBe('[{"a":1},{"b":2,"seq":2}]');
});

test('what was missed is there as long as it fits, and never in part', () => {
  const limits = fc.record({
    messages: fc.integer({ min: 1, max: 9 }),
    bytes: fc.integer({ min: 20, max: 200 }),
  });
  const texts = fc.array(fc.nat(40).map((length) => `{"x":"${'y'.repeat(length)}"}`));
  fc.assert(
    fc.property(limits, texts, fc.nat(12), (bounds, sent, back) => {
      const outbox = new Outbox(bounds);
      const numbered = sent.map((text) => outbox.keep(text));
      expect(numbered.map(seqOf)).toEqual(sent.map((_, i) => i + 1));
      const from = Math.max(0, sent.length - back);
      const missed = numbered.slice(from);
      const fits = missed.length <= bounds.messages && missed.join('').length <= bounds.bytes;
      expect(outbox.after(from)).toEqual(fits ? missed : undefined);
      expect(outbox.after(sent.length + 1)).toBeUndefined();
      // What was acknowledged is forgotten.
      expect(fits && from > 0 ? outbox.after(from - 1) : undefined).toBeUndefined();
    }),
  );
});

test('what was withdrawn is not sent again, and gives its room to others', () => {
  const outbox = new Outbox({ messages: 4, bytes: 60 });
  const long = `{"x":"${'y'.repeat(20)}"}`;
  const [first, second] = [outbox.keep(long), outbox.keep('{"a":1}')];
  outbox.withdraw(1);
  outbox.withdraw(7);
  expect(outbox.after(0)).toEqual([second]);
  const third = outbox.keep(long);
  expect(first).toHaveLength(36);
  expect(outbox.after(0)).toEqual([second, third]);
  outbox.withdraw(1);
  expect(outbox.after(0)).toEqual([second, third]);
  expect([outbox.oldest, outbox.newest]).toEqual([1, 3]);
  expect(outbox.after(2)).toEqual([third]);
  outbox.withdraw(2);
  expect(outbox.after(2)).toEqual([third]);
  expect([outbox.oldest, outbox.newest]).toEqual([3, 3]);
  expect(outbox.after(3)).toEqual([]);
  expect([outbox.oldest, outbox.newest]).toEqual([4, 3]);
});

test('what another outbox kept is kept on, as far as it fits, and numbered on', () => {
  const first = new Outbox({ messages: 4, bytes: 1_000 });
  const numbered = ['{"a":1}', '{"b":1}', '{"c":1}'].map((text) => first.keep(text));
  first.withdraw(2);
  const second = new Outbox({ messages: 2, bytes: 1_000 }, first.kept, first.oldest);
  expect([second.oldest, second.newest]).toEqual([2, 3]);
  expect(second.after(0)).toBeUndefined();
  expect(second.after(1)).toEqual([numbered[2]]);
  expect(second.keep('{"d":1}')).toBe('{"d":1,"seq":4}');
});
