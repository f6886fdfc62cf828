import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SampleFifo } from '../src/media/sample-fifo.js';

test('samples come out in the order in which they went in, whatever is added and taken', () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 0, max: 900 }) }),
    fc.constant({ clear: true }),
    fc.record({ shift: fc.integer({ min: 0, max: 900 }) }),
    fc.record({ replace: fc.integer({ min: 0, max: 900 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const fifo = new SampleFifo(500);
      let model: number[] = [];
      const taken: number[] = [];
      const expectedTaken: number[] = [];
      let n = 0;
      const fresh = (count: number): Float32Array =>
        Float32Array.from({ length: count }, () => ++n);
      for (const s of steps) {
        if ('push' in s) {
          const samples = fresh(s.push);
          fifo.push(samples);
          model.push(...samples);
        } else if ('clear' in s) {
          fifo.clear();
          model = [];
        } else if ('replace' in s) {
          const samples = fresh(s.replace);
          fifo.replace(samples);
          model = [...samples];
        } else {
          const count = Math.min(s.shift, model.length);
          taken.push(...fifo.shift(count));
          expectedTaken.push(...model.splice(0, count));
        }
        expect(fifo.length).toBe(model.length);
      }
      expect(taken).toEqual(expectedTaken);
      expect([...fifo.peek()]).toEqual(model);
    }),
    { numRuns: 50 },
  );
});
