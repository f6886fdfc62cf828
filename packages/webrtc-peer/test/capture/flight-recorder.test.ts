import { expect, test } from '@jest/globals';
import { type Micros, micros, millis } from '@rm/rtp-sync';
import fc from 'fast-check';
import { FlightRecorder } from '../../src/capture/flight-recorder.js';
import { readRtpdump } from '../../src/capture/rtpdump.js';
import type { RtpPacket } from '../../src/rtp/packet.js';

const ORIGIN = micros(1_700_000_000_000_000);

const rtp = (sequenceNumber: number, length = 100, ssrc = 0xa11ce): RtpPacket => ({
  ssrc,
  payloadType: 111,
  sequenceNumber,
  timestamp: (sequenceNumber * 960) >>> 0,
  marker: sequenceNumber === 0,
  payload: new Uint8Array(length).fill(sequenceNumber),
});

const report = (ssrc: number) => ({
  ssrc,
  ntpSeconds: 0xe9_00_00_01,
  ntpFraction: 0x8000_0000,
  rtpTimestamp: 0xffff_fff0,
  packetCount: 7,
  octetCount: 700,
});

/** The RTP packets in a file, by sequence number and arrival. */
function rtpIn(file: Uint8Array): { sequence: number; at: number; bytes: Uint8Array }[] {
  return [...readRtpdump(file)]
    .filter(({ rtcp }) => !rtcp)
    .map(({ bytes, arrival }) => ({ sequence: bytes[2]! * 256 + bytes[3]!, at: arrival, bytes }));
}

test('packets and sender reports of all peers are written with their headers, times and names', () => {
  const recorder = new FlightRecorder();
  recorder.packet('alice', { ...rtp(0, 3), timestamp: 0xffff_ffff }, millis(5000));
  recorder.senderReport(report(0xa11ce), millis(5001));
  recorder.packet('bob', rtp(9, 2, 0xb0b), millis(5020));
  const file = recorder.rtpdump(millis(6000), ORIGIN);
  const hex = [...readRtpdump(file)].map(({ arrival, rtcp, bytes }) => [
    arrival / 1000,
    rtcp ? 'rtcp' : 'rtp',
    Buffer.from(bytes).toString('hex'),
  ]);
  expect(hex).toEqual([
    [0, 'rtcp', `80c9000100000000${'81ca0003'}000a11ce${'0105616c69636500'}`],
    [0, 'rtcp', `80c9000100000000${'81ca0003'}00000b0b${'0103626f62000000'}`],
    [0, 'rtp', '80ef0000ffffffff000a11ce000000'],
    [1, 'rtcp', `80c80006000a11cee900000180000000fffffff0${'00000007'}000002bc`],
    [20, 'rtp', '806f0009000021c000000b0b0909'],
  ]);
  // The wall clock of the oldest packet.
  expect(Buffer.from(file).readUInt32BE(23)).toBe(1_700_000_005);
});

test('what is older than the age is forgotten, also when nothing comes any more', () => {
  const recorder = new FlightRecorder({ maxAge: millis(1000) });
  for (let i = 0; i < 100; i++) recorder.packet('a', rtp(i), millis(20 * i));
  expect(rtpIn(recorder.rtpdump(millis(1980), ORIGIN)).map(({ sequence }) => sequence)[0]).toBe(49);
  expect(recorder.statistics()).toMatchObject({
    packets: 51,
    span: 1_000_000,
    forgottenForRoom: 0,
  });
  expect(rtpIn(recorder.rtpdump(millis(2900), ORIGIN)).map(({ sequence }) => sequence)).toEqual([
    95, 96, 97, 98, 99,
  ]);
  expect(rtpIn(recorder.rtpdump(millis(60_000), ORIGIN))).toEqual([]);
});

test('a packet too long for the format is counted, and the others stay', () => {
  const recorder = new FlightRecorder();
  recorder.packet('a', rtp(1), millis(0));
  recorder.packet('a', rtp(2, 65_536), millis(1));
  recorder.packet('a', rtp(3, 65_515), millis(2));
  expect(recorder.statistics()).toMatchObject({ packets: 2, tooLong: 1 });
  expect(rtpIn(recorder.rtpdump(millis(3), ORIGIN)).map(({ bytes }) => bytes.length)).toEqual([
    112, 65_527,
  ]);
});

test('in full memory the oldest make room, and what is kept is whole', () => {
  const steps = fc.array(
    fc.record({
      length: fc.oneof(fc.nat(200), fc.nat(20_000), fc.constant(65_000)),
      pause: fc.oneof(fc.nat(30), fc.nat(2000)),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, (packets) => {
      const recorder = new FlightRecorder({ maxBytes: 65_536, maxAge: millis(10_000) });
      const all: { packet: RtpPacket; at: Micros }[] = [];
      let now = 0;
      for (const [i, { length, pause }] of packets.entries()) {
        now += pause;
        all.push({ packet: rtp(i, length), at: millis(now) });
        recorder.packet('a', rtp(i, length), millis(now));
        // All that is kept, one after the other, is the end of all that came.
        const held = recorder.statistics().packets;
        expect(held).toBeGreaterThan(0);
      }
      const kept = rtpIn(recorder.rtpdump(millis(now), ORIGIN));
      const expected = kept.length === 0 ? [] : all.slice(-kept.length);
      const first = expected[0]?.at ?? 0;
      expect(kept.map(({ at, bytes }) => [at, bytes.length, bytes.at(-1)])).toEqual(
        expected.map(({ at, packet }) => [
          at - first,
          12 + packet.payload.length,
          packet.payload.at(-1) ?? packet.ssrc & 0xff,
        ]),
      );
    }),
  );
});

test('small packets of all lengths go over the end of the memory whole', () => {
  const recorder = new FlightRecorder({ maxBytes: 65_536 });
  const lengthOf = (i: number): number => (i * 7) % 17;
  for (let i = 0; i < 7000; i++) {
    recorder.packet('a', rtp(i, lengthOf(i)), millis(i));
    // Over the end for the first time, and for the second.
    if ((i < 2030 || i > 2070) && (i < 4050 || i > 4150)) continue;
    const kept = rtpIn(recorder.rtpdump(millis(i), ORIGIN));
    const first = i + 1 - kept.length;
    const found = kept.map(({ sequence, bytes }) => `${sequence}:${bytes.length - 12}`);
    const expected = kept.map((_, n) => `${first + n}:${lengthOf(first + n)}`);
    expect(found.join()).toBe(expected.join());
    // No more is forgotten than one packet needs.
    expect(kept.length).toBeGreaterThan(2030 - 10);
  }
});

test('hours of packets take no more memory than was given at the start', () => {
  const recorder = new FlightRecorder({ maxBytes: 65_536 });
  const packet = rtp(7, 120);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 500_000; i++) recorder.packet('a', packet, micros(i * 20_000));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  expect(recorder.statistics().packets).toBe(455);
  expect(recorder.rtpdump(micros(500_000 * 20_000), ORIGIN).length).toBeLessThan(70_000);
});

test('names are kept for the latest thousand streams', () => {
  const recorder = new FlightRecorder();
  for (let i = 0; i < 2000; i++) recorder.packet(`peer-${i}`, rtp(i, 1, i), millis(i));
  const rtcp = [...readRtpdump(recorder.rtpdump(millis(2000), ORIGIN))].filter((p) => p.rtcp);
  expect(rtcp).toHaveLength(1024);
  expect(Buffer.from(rtcp.at(-1)!.bytes).toString('latin1')).toContain('peer-1999');
});

test('a name too long for RTCP is cut', () => {
  const recorder = new FlightRecorder();
  for (const [ssrc, name] of ['x'.repeat(255), 'ü'.repeat(200)].entries())
    recorder.packet(name, rtp(0, 1, ssrc), millis(0));
  const cnames = [...readRtpdump(recorder.rtpdump(millis(1), ORIGIN))]
    .filter(({ rtcp }) => rtcp)
    .map(({ bytes }) => new TextDecoder().decode(bytes.subarray(18, 18 + bytes[17]!)));
  expect(cnames).toEqual(['x'.repeat(255), 'ü'.repeat(85)]);
});

test.each([
  [{ maxAge: micros(0) }, /maxAge must be above 0/],
  [{ maxBytes: 1000 }, /maxBytes must be an integer from 65536/],
  [{ maxBytes: 2 ** 30 + 1 }, /to 1073741824/],
])('%j is refused', (options, message) => {
  expect(() => new FlightRecorder(options)).toThrow(message);
});
