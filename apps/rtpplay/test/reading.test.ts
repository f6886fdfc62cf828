import { expect, test } from '@jest/globals';
import { type CaptureContents, type CapturedPacket, readCapture } from '../src/capture/capture.js';
import { hex, join, rtp, u16, u32 } from './support/bytes.js';
import { fuzzCaptures } from './support/fuzz.js';
import {
  FRAMINGS,
  type Sent,
  ipv4,
  ipv6,
  pcap,
  pcapOfFrames,
  pcapng,
  rtpdump,
} from './support/captures.js';

const PACKETS: readonly Sent[] = [0, 20, 45].map((at, i) => ({
  at,
  bytes: rtp({ sequence: 65_535 + i, timestamp: 960 * i, payload: Uint8Array.of(i, 7) }),
}));

function read(file: Uint8Array): { packets: CapturedPacket[]; contents: CaptureContents } {
  const packets: CapturedPacket[] = [];
  const contents = readCapture(file, (packet) => void packets.push(packet));
  return { packets, contents };
}

/** What of the packets must be the same in every format. */
const essence = ({ packets }: { readonly packets: readonly CapturedPacket[] }): unknown =>
  packets.map(({ arrival, sequence, timestamp, ssrc, payloadType, payload }) => ({
    at: (arrival - packets[0]!.arrival) / 1000,
    sequence,
    timestamp,
    ssrc,
    payloadType,
    payload: [...payload!],
  }));

const EXPECTED = [0, 20, 45].map((at, i) => ({
  at,
  sequence: (65_535 + i) & 0xffff,
  timestamp: 960 * i,
  ssrc: 0x1234_5678,
  payloadType: 111,
  payload: [i, 7],
}));

const framings = Object.keys(FRAMINGS).flatMap((framing) =>
  [false, true].map((v6) => ({ framing, v6 })),
);
const orders = [true, false].flatMap((littleEndian) =>
  [true, false].map((nanoseconds) => ({ littleEndian, nanoseconds })),
);

test.each(framings)('pcap of %j is read', (layout) => {
  expect(essence(read(pcap(PACKETS, layout)))).toEqual(EXPECTED);
});

test.each(framings)('pcapng of %j is read', (layout) => {
  expect(essence(read(pcapng(PACKETS, layout)))).toEqual(EXPECTED);
});

test.each(orders)('pcap of %j is read', (layout) => {
  const result = read(pcap(PACKETS, layout));
  expect(essence(result)).toEqual(EXPECTED);
  expect(result.packets[0]!.arrival).toBe(1_700_000_000_000_000);
  expect(result.contents).toMatchObject({ format: 'pcap', datagrams: { rtp: 3 }, skipped: {} });
});

test.each([
  { littleEndian: true, resolution: 6 },
  { littleEndian: false, resolution: 6 },
  { littleEndian: true, resolution: 9 },
  { littleEndian: false, resolution: 3 },
  { littleEndian: true, resolution: 0x80 + 20 },
  { littleEndian: true, resolution: 6, offset: 1_600_000_000 },
  { littleEndian: false, resolution: 9, offset: -3600 },
])('pcapng of %j is read, with the time of its packets', (layout) => {
  const result = read(pcapng(PACKETS, layout));
  expect(essence(result)).toEqual(EXPECTED);
  expect(result.packets[0]!.arrival).toBe(1_700_000_000_000_000);
});

test('each section of a pcapng file has its own byte order and interfaces', () => {
  const [first, ...others] = PACKETS;
  const file = join(
    pcapng([first!], { littleEndian: true, framing: 'raw IP' }),
    pcapng(others, { littleEndian: false, resolution: 9, framing: 'VLAN' }),
  );
  expect(essence(read(file))).toEqual(EXPECTED);
});

test('rtpdump is read, and the names that RTCP tells', () => {
  const description = join(
    hex('80c90001 00000000'),
    // The zeros that end the items fill a word, or are one of their own.
    hex('83ca000a 12345678 0105 616c696365 00'),
    hex('0000c0c0 0102 6361 00000000'),
    hex('0000b0b0 0203 626f62 0103 423f3f 0000'),
  );
  const file = rtpdump([{ at: 0, bytes: description, rtcp: true }, ...PACKETS]);
  const result = read(file);
  expect(essence(result)).toEqual(EXPECTED);
  expect(result.contents.datagrams).toEqual({ rtp: 3, rtcp: 1 });
  expect([...result.contents.cnames]).toEqual([
    [0x1234_5678, 'alice'],
    [0xc0c0, 'ca'],
    [0xb0b0, 'B??'],
  ]);
});

test('options and extension headers are passed over, fragments and TCP skipped and counted', () => {
  const bytes = PACKETS[0]!.bytes;
  const tcp = ipv4({ bytes });
  tcp[9] = 6;
  const secondFragment = ipv6({ bytes }, true);
  secondFragment[48 + 3] = 0x08;
  const frames = [
    ipv4({ bytes }, 8),
    ipv6({ bytes }, true),
    ipv4({ bytes }, 0, 0x2000),
    ipv4({ bytes }, 0, 0x0005),
    // Don't fragment is no fragment.
    ipv4({ bytes }, 0, 0x4000),
    secondFragment,
    tcp,
    hex('ff'),
    hex('45'),
    hex('60'),
    new Uint8Array(0),
  ].map((packet, at) => ({ at, bytes: packet }));
  const { packets, contents } = read(pcapOfFrames(frames, 101));
  expect(packets.map(({ arrival }) => (arrival / 1000) % 1000)).toEqual([0, 1, 4]);
  expect(contents.skipped).toEqual({
    'IP fragment': 3,
    'not UDP': 1,
    'not IP': 1,
    'cut within its headers': 3,
  });
});

test('what is not RTP is told apart, and RTP inside TURN channels is found', () => {
  const stun = join(hex('0001 0000 2112a442'), new Uint8Array(12));
  const media = PACKETS[0]!.bytes;
  const datagrams = [
    stun,
    hex('16fefd0000'),
    hex('1000'.padEnd(24, '0')),
    hex('80c80006'.padEnd(56, '0')),
    join(u16(0x4001, media.length), media, hex('0000')),
    // A DNS answer, RTP of another version, and RTP whose header does not fit.
    hex('ab108180 0001 0001 00000000'),
    hex('40'.padEnd(24, '0')),
    join(Uint8Array.of(0x9f), media.subarray(1)),
    join(media.subarray(0, -1), Uint8Array.of(99)).with(0, 0xa0),
    new Uint8Array(0),
  ];
  const { packets, contents } = read(pcap(datagrams.map((bytes, at) => ({ at, bytes }))));
  expect(packets).toHaveLength(1);
  expect(contents.datagrams).toEqual({
    stun: 1,
    dtls: 1,
    zrtp: 1,
    rtcp: 1,
    rtp: 1,
    'turn-channel': 1,
    other: 4,
  });
  expect([...contents.encryptedFlows]).toEqual([
    '10.0.0.1:5004>10.0.0.2:5006',
    '10.0.0.2:5006>10.0.0.1:5004',
  ]);
});

test('header extension, CSRCs and padding are not payload', () => {
  const bytes = join(
    hex('b1ef0001 00000000 00000009'),
    u32(5),
    hex('bede0001 10ff0000'),
    hex('c0ffee 000002'),
  ).with(-1, 3);
  expect([...read(pcap([{ at: 0, bytes }])).packets[0]!.payload!]).toEqual([0xc0, 0xff, 0xee]);
});

test('a capture of headers only tells the packets without their payloads', () => {
  const { packets } = read(pcap(PACKETS, { snapshot: 14 + 20 + 8 + 12 }));
  expect(packets.map(({ sequence, payload }) => [sequence, payload])).toEqual([
    [65_535, undefined],
    [0, undefined],
    [1, undefined],
  ]);
});

test.each([
  ['pcap', pcap(PACKETS), 4],
  ['big-endian pcap', pcap(PACKETS, { littleEndian: false }), 4],
  ['pcapng', pcapng(PACKETS), 4],
  ['rtpdump', rtpdump(PACKETS), 14],
])('%s cut anywhere gives the packets before, and where it was cut', (_, file, shortest) => {
  const results = Array.from({ length: file.length - shortest }, (__, i) =>
    read(file.subarray(0, shortest + i)),
  );
  const found = results.map(({ packets }) => packets.length);
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(new Set(found)).toEqual(new Set([0, 1, 2]));
  const faults = results.flatMap(({ contents: { fault } }) => (fault === undefined ? [] : [fault]));
  expect(faults.length).toBeGreaterThan(results.length - 10);
  for (const [i, { contents }] of results.entries())
    expect(contents.fault?.position ?? 0).toBeLessThanOrEqual(shortest + i);
  for (const { reason } of faults) expect(reason).toMatch(/cut off|does not end/);
});

test.each([
  [
    'a record longer than any frame',
    pcap(PACKETS).with(24 + 10, 0x10),
    /longer than any frame/,
    24,
  ],
  ['a block of no length', pcapng(PACKETS).with(28 + 4, 0), /cannot have 0 bytes/, 28],
  ['a block of an odd length', pcapng(PACKETS).with(28 + 4, 21), /cannot have 21 bytes/, 28],
  ['a section without byte-order mark', pcapng(PACKETS).with(8, 0), /no byte-order mark/, 0],
])('%s ends the reading with its position', (_, file, reason, position) => {
  const { packets, contents } = read(file);
  expect(packets).toEqual([]);
  expect(contents.fault).toEqual({ position, reason: expect.stringMatching(reason) });
});

test('packets of pcapng without time or interface are skipped and counted', () => {
  const simple = join(u32(0x0000_0003, 20, 4), hex('01020304'), u32(20));
  const nowhere = join(u32(6, 32, 9, 0, 0, 0, 0), u32(32));
  const { contents } = read(
    join(pcapng([], { littleEndian: false }), simple, nowhere, pcapng([], { littleEndian: false })),
  );
  expect(contents.skipped).toEqual({ 'no time of arrival': 1, malformed: 1 });
  expect(contents.fault).toBeUndefined();
});

test('another link type is named as such', () => {
  const { contents } = read(pcapOfFrames([{ at: 0, bytes: new Uint8Array(60) }], 105));
  expect(contents.skipped).toEqual({ 'link type not known': 1 });
});

// 20,000 files: `fuzz.integration.test.ts`.
test('hundreds of damaged files are read as far as they go, or refused in one line', () => {
  expect.hasAssertions();
  fuzzCaptures(400, 1);
});
