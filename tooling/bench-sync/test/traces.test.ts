import { expect, test } from '@jest/globals';
import { parseTrace, readTraces } from '../src/traces.js';

const TRACE = `# a call
# clock_rate=8000
# arrival_ms,sequence,timestamp,payload_type
0.000,65534,4294967136,0
21.500,65535,0,0
61.000,1,320,0
60.500,0,160,0
100.000,2,480,13
260.000,3,1920,0
`;

test('a trace is read with its wraps, in order of arrival, without its comfort noise', () => {
  const trace = parseTrace('call', TRACE);
  expect(trace.clockRate).toBe(8000);
  expect([...trace.sequence]).toEqual([65_534, 65_535, 0, 1, 3]);
  expect([...trace.arrival]).toEqual([0, 21_500, 60_500, 61_000, 260_000]);
  expect([...new Set(trace.duration)]).toEqual([160]);
  // The fastest packet of the neighbourhood is the path: the others are late by what they came after it.
  expect(Array.from(trace.arrival, (at, i) => at - trace.earliest[i]!)).toEqual([
    0, 1500, 20_500, 1000, 0,
  ]);
});

test('what is no trace is refused, with the line', () => {
  expect(() => parseTrace('call', '0,1,2,3')).toThrow(/clock_rate/);
  expect(() => parseTrace('call', '# clock_rate=8000\n0,1,x,3')).toThrow(/call:2/);
});

test('a folder that is not there has no traces', () => {
  expect(readTraces('/nowhere/at/all')).toBeUndefined();
});
