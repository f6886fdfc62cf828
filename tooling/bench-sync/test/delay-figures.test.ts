import { expect, test } from '@jest/globals';
import { compare } from '../src/compare.js';
import { recoveryFigures } from '../src/delay-figures.js';
import { synthesize } from '../src/networks.js';

// One input of each kind, on seeds that the benchmark does not use: what it promises must not rest on them.
test.each(['idle wire', 'Gilbert–Elliott loss', 'radio stalls', 'steps of the base delay', 'DTX'])(
  'over %s the default policy costs at most 15 %% more than the best fixed delay, and less delay than NetEq',
  (name) => {
    const { adaptive, netEq, regret } = compare(synthesize(name, 51, 60));
    expect(regret).toBeLessThanOrEqual(0.15);
    expect(adaptive.meanDelay).toBeLessThanOrEqual(0.97 * netEq.meanDelay);
    expect(adaptive.concealed - netEq.concealed).toBeLessThanOrEqual(0.005);
  },
);

test('stalls and losses leave no delay behind', () => {
  for (const { name, met } of recoveryFigures()) expect({ name, met }).toEqual({ name, met: true });
});
