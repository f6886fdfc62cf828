import { expect, test } from '@jest/globals';
import { parseScenarios } from '../src/scenarios.js';

const SCRIPT = `# comment
= Lost and late
%adaptive 0 0 10
!burst	    1
!lost	    2  <- two
!empty	    3
PGLGPDG
# the lost one comes
OPG
.

= Fixed
%fixed 5
!lost 0
!empty 10
PGJPGRPG
.
`;

test('a script becomes packets, with what may be missed of them', () => {
  const [first, second] = parseScenarios(SCRIPT);
  expect(first!.arrivals.name).toBe('Lost and late');
  expect(first!.missable).toBe(5);
  expect(first!.fixed).toBeUndefined();
  expect([...first!.arrivals.sequence]).toEqual([1, 3, 3, 2, 4]);
  expect([...first!.arrivals.arrival]).toEqual([0, 40_000, 40_000, 60_000, 60_000]);
  expect([...first!.arrivals.timestamp]).toEqual([0, 320, 320, 160, 480]);
  expect(second!.fixed).toBe(5);
  expect([...second!.arrivals.sequence]).toEqual([1, 22, 1]);
});
