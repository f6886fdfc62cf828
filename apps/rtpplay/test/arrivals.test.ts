import { expect, test } from '@jest/globals';
import { type Arrival, readArrivals } from '../src/capture/arrivals.js';
import { readCapture } from '../src/capture/capture.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(text: string): { packets: Arrival[]; skipped: string[]; clockRate: unknown } {
  const packets: Arrival[] = [];
  const skipped: string[] = [];
  const { clockRate } = readArrivals(
    bytes(text),
    (packet) => void packets.push(packet),
    (row) => void skipped.push(row.join('|')),
  );
  return { packets, skipped, clockRate };
}

const PACKETS = [
  { arrival: 0, sequence: 65_535, timestamp: 4_294_967_136, ssrc: 0, payloadType: 96 },
  { arrival: 20_250, sequence: 0, timestamp: 0, ssrc: 0, payloadType: 96 },
];

test.each([
  [
    'names in a comment, and the clock in another',
    '# a call\n# clock_rate=16000\n# arrival_ms,sequence,timestamp,payload_type\n' +
      '0.000,65535,4294967136,96\n20.250,0,0,96\n',
    16_000,
  ],
  [
    'seconds, semicolons and quotes, in another order',
    '"Timestamp";"Seq";"PT";"Arrival s"\r\n"4294967136";"65535";"96";"0"\r\n"0";"0";"96";"0.02025"\r\n',
    undefined,
  ],
  [
    'microseconds and tabs',
    'seq\tts\tarrival_us\tpt\n65535\t4294967136\t0\t96\n\n0\t0\t20250\t96',
    undefined,
  ],
  [
    'what tshark prints, with a byte order mark',
    '\uFEFFframe.time_relative,rtp.seq,rtp.timestamp,rtp.p_type\n0.000000000,65535,4294967136,96\n0.020250000,0,0,96\n',
    undefined,
  ],
])('a table is read: %s', (_, text, clockRate) => {
  expect(read(text)).toEqual({ packets: PACKETS, skipped: [], clockRate });
});

test('SSRCs are read in decimal and in hexadecimal', () => {
  const text = 'time,rtp.seq,rtp.timestamp,rtp.ssrc\n0,1,2,0xdeadbeef\n0,1,2,3735928559\n';
  expect(read(text).packets.map(({ ssrc, payloadType }) => [ssrc, payloadType])).toEqual([
    [0xdead_beef, undefined],
    [0xdead_beef, undefined],
  ]);
});

test.each([
  '0,70000,0',
  '0,-1,0',
  '0,1.5,0',
  '0,1,4294967296',
  'soon,1,0',
  '1e300,1,0',
  ',1,0',
  '0,1',
  '0,,0',
])('the line %j is skipped and told, and the others are read', (line) => {
  const { packets, skipped } = read(`arrival_ms,sequence,timestamp\n0,1,960\n${line}\n20,2,1920\n`);
  expect(packets.map(({ sequence }) => sequence)).toEqual([1, 2]);
  expect(skipped).toEqual([line.replaceAll(',', '|')]);
});

test.each([
  ['no names', '0,1,960\n20,2,1920\n'],
  ['an arrival without a unit', 'arrival,sequence,timestamp\n0,1,960\n'],
  ['no timestamp', 'arrival_ms,sequence\n0,1\n'],
  ['a text', 'Dear reader,\nthis is no table.\n'],
  ['nothing', ''],
])('%s: it is said which columns are needed', (_, text) => {
  expect(() => readCapture(bytes(text), () => {})).toThrow(
    /columns sequence, timestamp \(RTP\) and arrival_s, arrival_ms or arrival_us/,
  );
});
