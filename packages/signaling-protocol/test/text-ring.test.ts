import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { TextRing } from '../src/text-ring.js';

const bytesOf = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);

test('the latest texts that fit come out as they went in, whatever they are written in', () => {
  const limits = fc.record({
    messages: fc.integer({ min: 1, max: 40 }),
    bytes: fc.integer({ min: 1, max: 3_000 }),
  });
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.nat(1_500).map((length) => 'é'.repeat(length)),
  );
  const act = fc.oneof(
    { weight: 9, arbitrary: text },
    { weight: 1, arbitrary: fc.nat(50) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
  fc.assert(
    fc.property(limits, fc.array(act, { maxLength: 120, size: 'max' }), (bounds, acts) => {
      const ring = new TextRing(bounds);
      const model: string[] = [];
      const [told, truth]: [number[], number[]] = [[], []];
      for (const done of acts) {
        if (typeof done === 'string') {
          model.push(done);
          let gone = 0;
          while (model.length > bounds.messages || bytesOf(model) > bounds.bytes) {
            model.shift();
            gone++;
          }
          told.push(ring.push(done));
          truth.push(gone);
        } else if (done !== undefined) {
          ring.erase(done);
          if (done < model.length) model[done] = '';
        } else if (model.length > 0) {
          ring.shift();
          model.shift();
        }
        told.push(ring.size);
        truth.push(model.length);
      }
      expect(told).toEqual(truth);
      expect(ring.texts()).toEqual(model);
    }),
  );
});

test('rings do not disturb each other, and long texts leave short ones as they are', () => {
  const [one, other] = [0, 1].map(() => new TextRing({ messages: 9, bytes: 100_000 }));
  one?.push('first');
  other?.push('x'.repeat(50_000));
  one?.push('ß'.repeat(40_000));
  other?.push('last');
  expect(one?.texts()).toEqual(['first', 'ß'.repeat(40_000)]);
  expect(other?.texts()).toEqual(['x'.repeat(50_000), 'last']);
});
