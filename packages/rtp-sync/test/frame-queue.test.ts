import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FrameQueue } from '../src/frame-queue.js';

test('frames come out by position whatever the order they came in, and none is lost or repeated', () => {
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.nat(40) },
    { weight: 1, arbitrary: fc.constant('shift' as const) },
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
      const queue = new FrameQueue<string>(8);
      let model: number[] = [];
      for (const op of operations) {
        if (op === 'shift') {
          queue.shift();
          model = model.slice(1);
        } else if (!queue.full && !queue.has(op)) {
          queue.insert(`frame ${op}`, op, 1, 0, 0);
          model = [...model, op].sort((a, b) => a - b);
        }
        expect(queue.size).toBe(model.length);
        expect(queue.full).toBe(model.length === 8);
        expect([queue.first, queue.second, queue.last].map((held) => held?.position)).toEqual([
          model[0],
          model[1],
          model.at(-1),
        ]);
        for (const at of [-1, 0, 13, 40]) {
          const due = model.findLast((position) => position <= at);
          expect(queue.due(at)?.frame).toBe(due === undefined ? undefined : `frame ${due}`);
        }
      }
    }),
  );
});

test('a capacity that is no capacity is refused', () => {
  expect(() => new FrameQueue(0)).toThrow(RangeError);
});
