import { expect, test } from '@jest/globals';
import { type Micros, micros, millis } from '@rm/rtp-sync';
import fc from 'fast-check';
import {
  type CaptureFault,
  type RtpdumpPacket,
  RtpdumpWriter,
  readRtpdump,
} from '../../src/capture/rtpdump.js';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

function read(file: Uint8Array): { packets: RtpdumpPacket[]; fault: CaptureFault | undefined } {
  const packets: RtpdumpPacket[] = [];
  const reader = readRtpdump(file);
  for (;;) {
    const { done, value } = reader.next();
    if (done === true) return { packets, fault: value };
    packets.push(value);
  }
}

const write = (
  packets: readonly { at: Micros; bytes: Uint8Array; rtcp: boolean }[],
): Uint8Array => {
  const total = packets.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const file = new Uint8Array(RtpdumpWriter.fileLength(packets.length, total));
  const writer = new RtpdumpWriter(file, micros(1_700_000_000_250_000));
  for (const { at, bytes, rtcp } of packets) writer.add(bytes, at, rtcp);
  return file;
};

const FIRST_LINE = '#!rtpplay1.0 224.2.0.1/3456\n';
const HEADER = join(ascii(FIRST_LINE), hex('65 53 f1 00 00 03 d0 90 e0 02 00 01 0d 80 00 00'));

test('a file as rtptools writes it is read: an RTP packet cut to its header, and RTCP', () => {
  const file = join(
    HEADER,
    hex('0014 00b4 00000014 8000 0001 000000a0 12345678'),
    hex('0010 0000 000003e8 80c9 0001 12345678'),
  );
  const { packets, fault } = read(file);
  expect(fault).toBeUndefined();
  expect(packets).toEqual([
    {
      position: HEADER.length,
      arrival: millis(20),
      rtcp: false,
      bytes: hex('8000 0001 000000a0 12345678'),
      length: 180,
    },
    {
      position: HEADER.length + 20,
      arrival: millis(1000),
      rtcp: true,
      bytes: hex('80c9 0001 12345678'),
      length: 8,
    },
  ]);
});

test('what is written is, to the byte, the header and the records of the format', () => {
  const file = write([{ at: micros(20_999), bytes: hex('80 00 00 01'), rtcp: false }]);
  expect(file).toEqual(
    join(
      ascii('#!rtpplay1.0 0.0.0.0/0\n'),
      hex('6553f100 0003d090 00000000 0000 0000'),
      hex('000c 0004 00000014 80000001'),
    ),
  );
});

test.each([
  ['an empty file', new Uint8Array(0), 0, /does not begin with/],
  ['another file', ascii('RIFF and something else'), 0, /does not begin with/],
  ['an endless first line', ascii(`#!rtpplay1.0 ${'x'.repeat(400)}\n`), 0, /does not end/],
  ['a file header cut off', HEADER.subarray(0, HEADER.length - 1), 28, /header is cut off/],
  ['a record header cut off', join(HEADER, hex('0014 0008 00')), 44, /header is cut off/],
  ['a record cut off', join(HEADER, hex('0014 0008 00000000 80')), 44, /20 bytes is cut off/],
  ['a record that says it is empty', join(HEADER, new Uint8Array(9)), 44, /0 bytes is shorter/],
])('%s is told with its position', (_, file, position, reason) => {
  expect(read(file)).toEqual({
    packets: [],
    fault: { position, reason: expect.stringMatching(reason) },
  });
});

test('the packets before a fault are given', () => {
  const file = join(HEADER, hex('000a 0002 00000000 8000'), hex('000a 0002 00000001 80'));
  expect(read(file)).toMatchObject({ packets: [{ arrival: 0 }], fault: { position: 54 } });
});

test('whatever is written is read back', () => {
  const packet = fc.record({
    at: fc.nat(2 ** 32 - 1).map((ms) => millis(ms)),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    rtcp: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(packet), (packets) => {
      const result = read(write(packets));
      expect(result.fault).toBeUndefined();
      expect(result.packets.map(({ arrival: at, bytes, rtcp }) => ({ at, bytes, rtcp }))).toEqual(
        packets,
      );
    }),
  );
});

test('no bytes make it throw, and every packet lies in the file', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (tail) => {
      const file = join(HEADER, tail);
      for (const { position, bytes } of read(file).packets)
        expect(position + 8 + bytes.length).toBeLessThanOrEqual(file.length);
    }),
  );
});
