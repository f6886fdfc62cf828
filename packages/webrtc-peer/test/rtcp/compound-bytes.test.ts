import { expect, test } from '@jest/globals';
import {
  RtcpFormatError,
  type RtcpPacket,
  SDES_CNAME,
  parseCompound,
  writeCompound,
} from '../../src/rtcp/index.js';
import { hex, toHex } from './bytes.js';

const report = {
  ssrc: 0x01020304,
  fractionLost: 64,
  cumulativeLost: -2,
  extendedHighestSequence: 0x0003_fffe,
  jitter: 273,
  lastSenderReport: 0xb705_2000,
  delaySinceLastSenderReport: 0x0005_4000,
};
const REPORT_HEX = '01020304 40fffffe 0003fffe 00000111 b7052000 00054000';

const layouts: readonly (readonly [string, RtcpPacket, string])[] = [
  [
    'SR with a block (RFC 3550 §6.4.1), NTP of the example in §6.4.1 figure 2',
    {
      type: 'sender-report',
      ssrc: 0x11223344,
      ntp: { seconds: 0xb44d_b705, fraction: 0x2000_0000 },
      rtpTimestamp: 0xfedc_ba98,
      packetCount: 1000,
      octetCount: 80_000,
      reports: [report],
    },
    `81c8000c 11223344 b44db705 20000000 fedcba98 000003e8 00013880 ${REPORT_HEX}`,
  ],
  [
    'RR without blocks (RFC 3550 §6.4.2)',
    { type: 'receiver-report', ssrc: 0x11223344, reports: [] },
    '80c90001 11223344',
  ],
  [
    'SDES whose item ends on a word is followed by a whole word of zeros (RFC 3550 §6.5)',
    {
      type: 'source-description',
      chunks: [{ ssrc: 0x11223344, items: [{ kind: SDES_CNAME, text: 'ab' }] }],
    },
    '81ca0003 11223344 01026162 00000000',
  ],
  [
    'SDES of two sources, filled up with zeros',
    {
      type: 'source-description',
      chunks: [
        { ssrc: 1, items: [{ kind: SDES_CNAME, text: 'é' }] },
        { ssrc: 2, items: [] },
      ],
    },
    '82ca0005 00000001 0102c3a9 00000000 00000002 00000000',
  ],
  [
    'BYE of two sources with a reason (RFC 3550 §6.6)',
    { type: 'bye', ssrcs: [1, 2], reason: 'done' },
    '82cb0004 00000001 00000002 04646f6e 65000000',
  ],
  [
    'NACK: packet id and bitmask of the 16 after it, over the wrap (RFC 4585 §6.2.1)',
    { type: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [65_534, 65_535, 0, 14, 15] },
    '81cd0004 00000001 00000002 fffe8003 000f0000',
  ],
  [
    'PLI (RFC 4585 §6.3.1)',
    { type: 'pli', senderSsrc: 1, mediaSsrc: 2 },
    '81ce0002 00000001 00000002',
  ],
  [
    'FIR: media source unused, sequence number in the first octet (RFC 5104 §4.3.1.1)',
    { type: 'fir', senderSsrc: 1, entries: [{ ssrc: 2, sequence: 255 }] },
    '84ce0004 00000001 00000000 00000002 ff000000',
  ],
  [
    'REMB of 500 kbit/s as 250000 × 2¹ (draft-alvestrand-rmcat-remb-03 §2.2)',
    { type: 'remb', senderSsrc: 1, bitrate: 500_000, ssrcs: [2, 3] },
    '8fce0006 00000001 00000000 52454d42 0207d090 00000002 00000003',
  ],
  [
    'a type we do not know is kept as it is',
    { type: 'unknown', payloadType: 207, count: 3, body: hex('00000001 12345678') },
    '83cf0002 00000001 12345678',
  ],
];

test.each(layouts)('%s', (_, packet, expected) => {
  expect(toHex(writeCompound([packet]))).toBe(expected);
  expect(parseCompound(hex(expected))).toEqual({ packets: [packet], faults: [] });
});

test('packets of a compound are read in order, feedback alone as well (RFC 5506)', () => {
  const all = layouts.map(([, packet]) => packet);
  expect(parseCompound(writeCompound(all))).toEqual({ packets: all, faults: [] });
  expect(parseCompound(hex('81ce0002 00000001 00000002')).packets).toHaveLength(1);
});

test('a view into a larger buffer is read within its bounds', () => {
  const datagram = hex('ffffffff 81ce0002 00000001 00000002 ffffffff');
  const { packets, faults } = parseCompound(datagram.subarray(4, 16));
  expect(packets).toEqual([{ type: 'pli', senderSsrc: 1, mediaSsrc: 2 }]);
  expect(faults).toEqual([]);
});

test('padding is left away', () => {
  const { packets } = parseCompound(hex('a1ce0004 00000001 00000002 00000000 00000008'));
  expect(packets).toEqual([{ type: 'pli', senderSsrc: 1, mediaSsrc: 2 }]);
});

const PLI = '81ce0002 00000001 00000002';

test.each([
  ['a header that is cut off', `${PLI} 81ce00`, ['truncated']],
  ['a packet that is longer than the datagram', `${PLI} 81ce0003 00000001 00000002`, ['truncated']],
  ['another version', `${PLI} 41ce0002 00000001 00000002`, ['version']],
  ['padding longer than its packet', `a1ce0002 00000001 0000000c ${PLI}`, ['padding']],
  ['padding of no byte', `a1ce0002 00000001 00000000 ${PLI}`, ['padding']],
  ['padding that is no whole word', `a1ce0002 00000001 00000003 ${PLI}`, ['padding']],
  ['fewer report blocks than counted', `${PLI} 81c90001 00000001`, ['contents']],
  ['an SR without its sender information', `${PLI} 80c80001 00000001`, ['contents']],
  ['an item longer than its chunk', `${PLI} 81ca0002 00000001 01056162`, ['contents']],
  ['items without an end', `${PLI} 81ca0002 00000001 01026162`, ['contents']],
  ['a second chunk that is not there', `${PLI} 82ca0002 00000001 00000000`, ['contents']],
  ['a reason longer than its packet', `${PLI} 81cb0002 00000001 04616263`, ['contents']],
  ['fewer sources than counted', `${PLI} 82cb0001 00000001`, ['contents']],
  ['a NACK of nothing', `${PLI} 81cd0002 00000001 00000002`, ['contents']],
  ['a PLI of one SSRC', `${PLI} 81ce0001 00000001`, ['contents']],
  ['half a FIR entry', `${PLI} 84ce0003 00000001 00000000 00000002`, ['contents']],
  [
    'a REMB of more streams than it names',
    `${PLI} 8fce0004 00000001 00000000 52454d42 02000001`,
    ['contents'],
  ],
])('%s is counted, and what else is there is read', (_, text, faults) => {
  const compound = parseCompound(hex(text));
  expect(compound.faults).toEqual(faults);
  expect(compound.packets).toEqual([{ type: 'pli', senderSsrc: 1, mediaSsrc: 2 }]);
});

test('application feedback that is not REMB is kept unread', () => {
  const datagram = hex('8fce0003 00000001 00000002 41424344');
  const { packets } = parseCompound(datagram);
  expect(packets).toEqual([
    { type: 'unknown', payloadType: 206, count: 15, body: datagram.subarray(4) },
  ]);
  expect(toHex(writeCompound(packets))).toBe(toHex(datagram));
});

test('cumulative loss stays within its 24 bits (RFC 3550 A.3)', () => {
  const lost = (cumulativeLost: number): string =>
    toHex(
      writeCompound([
        { type: 'receiver-report', ssrc: 1, reports: [{ ...report, cumulativeLost }] },
      ]),
    ).slice(27, 35);
  expect(lost(2 ** 23)).toBe('407fffff');
  expect(lost(-(2 ** 23) - 1)).toBe('40800000');
});

test.each<[string, RtcpPacket]>([
  [
    '32 report blocks',
    { type: 'receiver-report', ssrc: 1, reports: Array.from({ length: 32 }, () => report) },
  ],
  [
    'a name of 256 bytes',
    {
      type: 'source-description',
      chunks: [{ ssrc: 1, items: [{ kind: SDES_CNAME, text: 'é'.repeat(128) }] }],
    },
  ],
  ['a NACK of nothing', { type: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [] }],
  ['a bitrate that is no number', { type: 'remb', senderSsrc: 1, bitrate: NaN, ssrcs: [] }],
  [
    'a body that is no whole word',
    { type: 'unknown', payloadType: 207, count: 0, body: hex('01') },
  ],
])('%s cannot be written, and the error says what to do', (_, packet) => {
  expect(() => writeCompound([packet])).toThrow(RtcpFormatError);
  expect(() => writeCompound([packet])).toThrow(/give an integer of 0 to \d+/);
});
