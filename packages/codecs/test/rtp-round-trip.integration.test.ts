import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { FrameAssembler } from '../src/index.js';
import {
  formats,
  framesIn,
  lossesIn,
  media,
  run,
  streams,
  toPackets,
  videoFormats,
  type TestFrame,
} from './support/rtp.js';

const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

describe.each(formats)('$name', ({ name, packetizer, depacketizer, expected }) => {
  test('frames of every size cross at every payload size, even after reordering and duplication', () => {
    fc.assert(
      fc.property(
        streams(6, 6000, 0),
        fc.integer({ min: 64, max: 1500 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(8)), { maxLength: 20 }),
        fc.nat(65_535),
        (frames, size, moves, firstSequence) => {
          const sender = packetizer();
          const packets = toPackets(
            frames.map((frame) => sender.packetize(frame, size)),
            firstSequence,
          );
          for (const { payload } of packets) expect(payload.length).toBeLessThanOrEqual(size);
          // The first packet stays: where a stream begins only it can tell.
          const [first, ...mixed] = packets;
          for (const [from, by] of moves) {
            const [packet] = mixed.splice(from % Math.max(1, mixed.length), 1);
            if (!packet) break;
            mixed.splice((from + by) % (mixed.length + 1), 0, packet);
            if (by % 3 === 0) mixed.push(packet);
          }
          // As if all had been waiting in a socket: what matters is the order alone.
          const together = [first!, ...mixed].map((packet) => ({
            ...packet,
            arrival: first!.arrival,
          }));
          const outputs = run(new FrameAssembler(depacketizer), together);
          expect(lossesIn(outputs)).toEqual([]);
          expect(framesIn(outputs).map(({ data }) => hex(data))).toEqual(
            frames.map((frame) => hex(expected(frame))),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test('what is given is a whole frame of the sender, in order, whatever is lost', () => {
    fc.assert(
      fc.property(
        streams(12, 1500, 0.3),
        fc.integer({ min: 64, max: 400 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
        (frames, size, lost) => {
          const sender = packetizer();
          const packets = toPackets(frames.map((frame) => sender.packetize(frame, size)));
          const gone = new Set(lost.map((at) => at % packets.length));
          const outputs = run(
            new FrameAssembler(depacketizer),
            packets.filter((_, i) => !gone.has(i)),
          );
          const given = framesIn(outputs);
          const sent = new Map(
            packets.map(({ timestamp }) => [timestamp, frames[(timestamp - 90_000) / 3000]!]),
          );
          for (const { data, timestamp, key } of given) {
            expect(hex(data)).toBe(hex(expected(sent.get(timestamp)!)));
            expect(key).toBe(name === 'Opus' || sent.get(timestamp)!.key);
          }
          const times = given.map(({ timestamp }) => timestamp);
          expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
          // Every frame given has its predecessor, or is a key frame.
          for (const { key, timestamp } of given) {
            expect(key || times.includes(timestamp - 3000)).toBe(true);
          }
          // Everything missing between two packets that came is told once.
          const told = lossesIn(outputs).reduce((sum, { packets: count }) => sum + count, 0);
          const came = packets.map((_, i) => i).filter((i) => !gone.has(i));
          expect(told).toBe(came.length && came.at(-1)! - came[0]! + 1 - came.length);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe.each(videoFormats)('$name', ({ packetizer, depacketizer, expected }) => {
  test.each([64, 100, 1200, 1460])('payloads of %i bytes at most are even', (size) => {
    const frame: TestFrame = { key: false, content: media(5003) };
    const payloads = packetizer().packetize(frame, size);
    const lengths = payloads.map(({ payload }) => payload.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(size);
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(8);
    expect(lengths.length).toBeLessThanOrEqual(Math.ceil(5003 / (size - 8)) + 1);
  });

  test('the marker is on the last payload only', () => {
    const payloads = packetizer().packetize({ key: true, content: media(4000) }, 500);
    expect(payloads.map(({ marker }) => marker)).toEqual(
      payloads.map((_, i) => i === payloads.length - 1),
    );
  });

  test.each([0, 1, 127, 128, 32_767, 32_768, 65_534, 65_535])(
    'frames go on where sequence numbers wrap, from %i',
    (firstSequence) => {
      const sender = packetizer();
      const frames = Array.from({ length: 5 }, (_, i) => ({ key: i === 0, content: media(900) }));
      const packets = toPackets(
        frames.map((frame) => sender.packetize(frame, 200)),
        firstSequence,
        0xffff_f000,
      );
      const outputs = run(new FrameAssembler(depacketizer), packets);
      expect(framesIn(outputs).map(({ data }) => hex(data))).toEqual(
        frames.map((frame) => hex(expected(frame))),
      );
    },
  );
});
