import { describe, expect, test } from '@jest/globals';
import {
  FrameAssembler,
  type AssembledFrame,
  type FrameAssemblerOptions,
  type PacketLoss,
  type ReceivedPacket,
} from '../src/index.js';
import {
  av1,
  bytes,
  drain,
  framesIn,
  h264,
  lossesIn,
  media,
  micros,
  opus,
  run,
  toPackets,
  videoFormats,
  vp8,
  type TestFormat,
} from './support/rtp.js';

const WAIT = 100_000;

/** Packets of frames that take `packetsEach` packets; frames whose index is in `keys` are key frames. */
function stream(
  format: TestFormat,
  frames: number,
  packetsEach: number,
  keys: readonly number[] = [0],
  firstSequence: number = 0,
): ReceivedPacket[] {
  const sender = format.packetizer();
  const length = 96 * packetsEach - 40;
  return toPackets(
    Array.from({ length: frames }, (_, i) =>
      sender.packetize({ key: keys.includes(i), content: media(length) }, 100),
    ),
    firstSequence,
  );
}

const make = (format: TestFormat, options?: FrameAssemblerOptions) =>
  new FrameAssembler(format.depacketizer, options);
const at = (packet: ReceivedPacket, arrival: number): ReceivedPacket => ({
  ...packet,
  arrival: micros(arrival),
});
/** Index of each frame that was given. */
const given = (outputs: readonly (AssembledFrame | PacketLoss)[]): number[] =>
  framesIn(outputs).map(({ timestamp }) => (timestamp - 90_000) / 3000);

test('a frame tells what is known of it', () => {
  const packets = stream(vp8, 1, 3, [0], 65_534);
  const [frame] = run(make(vp8), packets);
  expect(frame).toMatchObject({
    kind: 'frame',
    timestamp: 90_000,
    key: true,
    temporalId: 0,
    spatialId: 0,
    sequenceNumber: 65_534,
    packets: 3,
    firstArrival: 0,
    lastArrival: 2000,
  });
});

test.each([
  ['payloads', (payload: Uint8Array) => new Uint8Array(payload)],
  ["Node's buffers", (payload: Uint8Array) => Buffer.from(payload)],
])('%s may be overwritten once they are pushed, frames belong to who polls', (_, copy) => {
  const packets = stream(vp8, 2, 1);
  const assembler = make(vp8);
  const frames = packets.map((packet) => {
    const payload = copy(packet.payload);
    assembler.push({ ...packet, payload });
    payload.fill(0);
    const [frame] = framesIn(drain(assembler, 0));
    const data = frame!.data.slice();
    frame!.data.fill(0);
    return data;
  });
  expect(frames).toEqual([true, false].map((key) => vp8.expected({ key, content: media(56) })));
});

describe('loss', () => {
  test.each(videoFormats)(
    'inside a $name frame is told, and ends at the next key frame',
    (format) => {
      const packets = stream(format, 6, 3, [0, 4]);
      const perFrame = packets.length / 6;
      const first = Math.round(perFrame);
      // The second packet of the second frame.
      const lost = packets.findIndex(({ timestamp }) => timestamp === 93_000) + 1;
      const outputs = run(
        make(format),
        packets.filter((_, i) => i !== lost),
      );
      expect(first).toBeGreaterThan(1);
      expect(given(outputs)).toEqual([0, 4, 5]);
      expect(lossesIn(outputs)).toEqual([
        { kind: 'loss', sequenceNumber: lost, packets: 1, timestamp: 93_000, keyFrameNeeded: true },
      ]);
    },
  );

  test.each([
    ['the first packet of a frame', [3], 93_000],
    ['the last packet of a frame', [5], 93_000],
    ['the end of one and the beginning of the next', [5, 6], 93_000],
    ['a whole frame', [3, 4, 5], undefined],
    ['more than a frame', [3, 4, 5, 6], 96_000],
  ])('of %s is one loss', (_, lost, timestamp) => {
    const packets = stream(vp8, 5, 3, [0, 3]);
    const outputs = run(
      make(vp8),
      packets.filter((__, i) => !lost.includes(i)),
    );
    expect(given(outputs)).toEqual([0, 3, 4]);
    expect(lossesIn(outputs)).toEqual([
      {
        kind: 'loss',
        sequenceNumber: lost[0],
        packets: lost.length,
        timestamp,
        keyFrameNeeded: true,
      },
    ]);
  });

  test('of two packets apart in one frame is told twice, and only the frame is missing', () => {
    const packets = stream(h264, 3, 4, [0, 2]);
    const from = packets.findIndex(({ timestamp }) => timestamp === 93_000);
    const outputs = run(
      make(h264),
      packets.filter((_, i) => i !== from && i !== from + 2),
    );
    expect(given(outputs)).toEqual([0, 2]);
    expect(lossesIn(outputs).map(({ packets: count }) => count)).toEqual([1, 1]);
  });

  test('is waited for as long as asked, and told at that time', () => {
    const packets = stream(vp8, 3, 1);
    const assembler = make(vp8, { maxWait: micros(30_000) });
    assembler.push(packets[0]!);
    expect(given(drain(assembler, 0))).toEqual([0]);
    expect(assembler.deadline).toBeUndefined();
    assembler.push(at(packets[2]!, 50_000));
    expect(drain(assembler, 79_999)).toEqual([]);
    expect(assembler.deadline).toBe(80_000);
    expect(drain(assembler, 80_000)).toMatchObject([{ kind: 'loss', sequenceNumber: 1 }]);
    expect(assembler.deadline).toBeUndefined();
    assembler.push(at(packets[1]!, 81_000));
    expect(drain(assembler, 81_000)).toEqual([]);
    expect(assembler.statistics).toMatchObject({
      packetsLost: 1,
      framesUndecodable: 1,
      packetsDropped: { late: 1 },
    });
  });

  test('that comes back in time is none', () => {
    const packets = stream(vp8, 4, 2);
    const assembler = make(vp8);
    const order = [0, 1, 2, 4, 5, 6, 7];
    for (const i of order) assembler.push(packets[i]!);
    expect(given(drain(assembler, 99_000))).toEqual([0]);
    assembler.push(at(packets[3]!, 150_000));
    expect(given(drain(assembler, 150_000))).toEqual([1, 2, 3]);
    expect(assembler.statistics.packetsLost).toBe(0);
  });

  test('does not keep the key frame waiting that repairs it', () => {
    const packets = stream(h264, 5, 1, [0, 4]);
    const assembler = make(h264);
    for (const i of [0, 2]) assembler.push(packets[i]!);
    expect(lossesIn(drain(assembler, 300_000))).toHaveLength(1);
    // Another one is lost while the key frame is on its way.
    assembler.push(at(packets[4]!, 300_000));
    const outputs = drain(assembler, 300_000);
    expect(outputs).toMatchObject([
      { kind: 'loss', sequenceNumber: 3, packets: 1, keyFrameNeeded: false },
      { kind: 'frame', key: true },
    ]);
    expect(assembler.keyFrameNeeded).toBe(false);
    expect(assembler.deadline).toBeUndefined();
  });

  test('of the beginning of a frame does not hide where the next one begins', () => {
    const packets = toPackets([
      [
        { payload: bytes(0x67, 0x42), marker: false },
        { payload: bytes(0x68, 2), marker: false },
        { payload: bytes(0x65, 3), marker: true },
      ],
      [
        { payload: bytes(0x41, 4), marker: false },
        { payload: bytes(0x41, 5), marker: true },
      ],
      // A key frame without parameter sets: only the marker before it tells that it is the first packet.
      [{ payload: bytes(0x65, 6), marker: true }],
    ]);
    const outputs = run(
      make(h264),
      packets.filter((_, i) => i !== 3),
    );
    expect(given(outputs)).toEqual([0, 2]);
  });

  test('of sound delays nothing but itself', () => {
    const packets = stream(opus, 5, 1);
    const outputs = run(
      make(opus),
      packets.filter((_, i) => i !== 2),
    );
    expect(given(outputs)).toEqual([0, 1, 3, 4]);
    expect(lossesIn(outputs)).toMatchObject([{ packets: 1, keyFrameNeeded: false }]);
  });
});

describe('the beginning of a stream', () => {
  test('is the first key frame, and until then one is needed', () => {
    const packets = stream(vp8, 5, 2, [3]);
    const assembler = make(vp8);
    expect(assembler.keyFrameNeeded).toBe(true);
    const outputs = packets.flatMap((packet) => {
      assembler.push(packet);
      return drain(assembler, packet.arrival);
    });
    expect(given([...outputs, ...drain(assembler, 1e7)])).toEqual([3, 4]);
    expect(assembler.keyFrameNeeded).toBe(false);
  });

  test('may come out of order', () => {
    const packets = stream(vp8, 3, 2);
    const assembler = make(vp8);
    for (const i of [3, 1, 2, 0, 5, 4]) assembler.push(at(packets[i]!, 0));
    expect(given(drain(assembler, 0))).toEqual([0, 1, 2]);
  });

  test('may come out of order by a whole frame and more, and be polled between', () => {
    for (const order of [
      [2, 3, 0, 1, 4, 5],
      [2, 0, 3, 1, 4, 5],
      [4, 2, 0, 5, 1, 3],
    ]) {
      const packets = stream(vp8, 3, 2);
      expect(
        given(
          run(
            make(vp8),
            order.map((i) => at(packets[i]!, 0)),
          ),
        ),
      ).toEqual([0, 1, 2]);
    }
  });

  test('in the middle of a frame costs that frame only', () => {
    const packets = stream(vp8, 3, 3, [0, 1]).slice(1);
    const outputs = run(make(vp8), packets);
    expect(given(outputs)).toEqual([1, 2]);
    expect(lossesIn(outputs).reduce((sum, { packets: count }) => sum + count, 0)).toBe(0);
  });

  test('H.264 waits for parameter sets', () => {
    const packets = toPackets([
      [
        { payload: bytes(0x09, 0x10), marker: false },
        { payload: bytes(0x65, 1), marker: true },
      ],
      [
        { payload: bytes(0x67, 0x42), marker: false },
        { payload: bytes(0x68, 2), marker: true },
      ],
      [{ payload: bytes(0x65, 3), marker: true }],
      [{ payload: bytes(0x41, 4), marker: true }],
    ]);
    const outputs = run(make(h264), packets);
    expect(given(outputs)).toEqual([1, 2, 3]);
    expect(framesIn(outputs).map(({ key }) => key)).toEqual([false, true, false]);
  });
});

describe('frame ends', () => {
  test('are found without markers, by the timestamp', () => {
    const packets = stream(vp8, 3, 2).map((packet) => ({ ...packet, marker: false }));
    expect(given(run(make(vp8), packets))).toEqual([0, 1]);
  });

  test('padding between and within frames is no loss', () => {
    const packets = stream(vp8, 3, 2);
    const padding = (like: ReceivedPacket): ReceivedPacket => ({
      ...like,
      timestamp: like.timestamp - 3000,
      marker: false,
      payload: bytes(),
    });
    const [a, b, c, d, e, f] = packets as [ReceivedPacket, ...ReceivedPacket[]];
    const padded = [a, padding(a), b!, padding(b!), padding(b!), c!, d!, padding(d!), e!, f!].map(
      (packet, i) => ({ ...packet, sequenceNumber: i }),
    );
    const outputs = run(make(vp8), padded);
    expect(lossesIn(outputs)).toEqual([]);
    expect(framesIn(outputs).map(({ packets: count }) => count)).toEqual([2, 2, 2]);
  });

  test('what is lost before padding is told when it is known what follows', () => {
    const packets = stream(vp8, 4, 1);
    const [a, b, c, d] = packets as [
      ReceivedPacket,
      ReceivedPacket,
      ReceivedPacket,
      ReceivedPacket,
    ];
    const assembler = make(vp8);
    assembler.push(a);
    assembler.push({ ...c, payload: bytes() });
    expect(given(drain(assembler, 1_000_000))).toEqual([0]);
    assembler.push(at({ ...d, payload: b.payload }, 1_000_000));
    expect(drain(assembler, 1_000_000)).toEqual([]);
    expect(drain(assembler, 1_000_000 + WAIT)).toMatchObject([
      { kind: 'loss', sequenceNumber: 1, packets: 1, keyFrameNeeded: false },
      { kind: 'frame' },
    ]);
  });

  test('lost padding breaks nothing where pictures are numbered', () => {
    const packets = stream(vp8, 3, 1).map((packet, i) => ({ ...packet, sequenceNumber: 2 * i }));
    const outputs = run(make(vp8), packets);
    expect(given(outputs)).toEqual([0, 1, 2]);
    expect(lossesIn(outputs).map(({ keyFrameNeeded }) => keyFrameNeeded)).toEqual([false, false]);
  });
});

describe('what is of no use is counted by reason', () => {
  test('duplicates, also of frames that were given', () => {
    const packets = stream(vp8, 2, 2);
    const assembler = make(vp8);
    for (const i of [0, 0, 1, 1]) assembler.push(packets[i]!);
    drain(assembler, 0);
    for (const i of [0, 1, 2, 2]) assembler.push(packets[i]!);
    expect(assembler.statistics.packetsDropped.duplicate).toBe(5);
  });

  test('malformed and unsupported payloads', () => {
    const packets = stream(h264, 4, 1, [0, 3]);
    packets[1] = { ...packets[1]!, payload: bytes(0x78) };
    packets[2] = { ...packets[2]!, payload: bytes(0x19, 0, 0, 0, 1, 0x65) };
    const assembler = make(h264);
    const outputs = run(assembler, packets);
    expect(given(outputs)).toEqual([0, 3]);
    expect(lossesIn(outputs)).toMatchObject([{ sequenceNumber: 1, packets: 2 }]);
    expect(assembler.statistics.packetsDropped).toMatchObject({ malformed: 1, unsupported: 1 });
  });

  test('frames whose packets do not fit together, as loss of all of them', () => {
    const packets = toPackets([
      h264.packetizer().packetize({ key: true, content: media(40) }, 100),
      [
        { payload: bytes(0x7c, 0x81, 1), marker: false },
        { payload: bytes(0x41, 2), marker: true },
      ],
    ]);
    const assembler = make(h264);
    expect(lossesIn(run(assembler, packets))).toEqual([
      { kind: 'loss', sequenceNumber: 1, packets: 2, timestamp: 93_000, keyFrameNeeded: true },
    ]);
    expect(assembler.statistics.framesMalformed).toBe(1);
  });

  test('packets of frames that miss others', () => {
    const assembler = make(vp8);
    run(
      assembler,
      stream(vp8, 2, 4).filter((_, i) => i !== 5),
    );
    expect(assembler.statistics).toMatchObject({
      framesAssembled: 1,
      keyFramesAssembled: 1,
      packetsLost: 1,
      packetsDropped: { incomplete: 3 },
    });
  });
});

describe('memory is bounded', () => {
  test('by packets: a frame that never ends is given up, what comes after is not', () => {
    const endless = stream(vp8, 1, 40);
    const rest = stream(vp8, 2, 1, [0], 40).map((packet) => ({
      ...packet,
      timestamp: packet.timestamp + 90_000,
    }));
    const assembler = make(vp8, { maxPackets: 16 });
    for (const packet of endless.slice(0, -1)) assembler.push({ ...packet, marker: false });
    const outputs = drain(assembler, 0);
    expect(lossesIn(outputs)).toMatchObject([
      { sequenceNumber: 0, packets: 23, keyFrameNeeded: true },
    ]);
    expect(assembler.statistics.packetsDropped.overflow).toBe(23);
    for (const packet of rest) assembler.push(at(packet, 0));
    expect(framesIn(drain(assembler, WAIT)).length).toBe(2);
  });

  test('and what is given up breaks the references of what follows', () => {
    const packets = stream(h264, 40, 1, [0, 38]).filter(({ payload }) => payload.length > 0);
    const assembler = make(h264, { maxPackets: 16 });
    assembler.push(packets[0]!);
    expect(framesIn(drain(assembler, 0))).toHaveLength(1);
    for (const packet of packets.slice(1)) assembler.push(at(packet, 0));
    const outputs = drain(assembler, WAIT);
    expect(lossesIn(outputs)).toMatchObject([{ sequenceNumber: 1, keyFrameNeeded: true }]);
    expect(given(outputs)).toEqual([38, 39]);
  });

  test('by bytes', () => {
    const assembler = make(vp8, { maxBytes: 65_536 });
    const payload = new Uint8Array(30_000);
    payload[0] = 0x10;
    for (let i = 0; i < 5; i++) {
      assembler.push({
        sequenceNumber: i,
        timestamp: 0,
        marker: false,
        payload,
        arrival: micros(0),
      });
    }
    expect(assembler.statistics.packetsDropped.overflow).toBe(3);
    expect(lossesIn(drain(assembler, 0))).toMatchObject([{ sequenceNumber: 0, packets: 3 }]);
  });

  test('however large the gap', () => {
    const packets = stream(vp8, 2, 1, [0, 1]);
    packets[1] = { ...packets[1]!, sequenceNumber: 2500 };
    const assembler = make(vp8, { maxPackets: 16 });
    const outputs = run(assembler, packets);
    expect(given(outputs)).toEqual([0, 1]);
    expect(assembler.statistics.packetsLost).toBe(2499);
  });

  test.each([
    { maxWait: micros(-1) },
    { maxWait: micros(10_000_001) },
    { maxPackets: 15 },
    { maxPackets: 8193 },
    { maxBytes: 65_535 },
  ])('and limits out of range are refused: %j', (options) => {
    expect(() => make(vp8, options)).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT', message: expect.stringContaining('give') }),
    );
  });
});

describe('another numbering', () => {
  test('one packet from elsewhere does not confuse', () => {
    const packets = stream(vp8, 3, 1);
    const stray = { ...packets[1]!, sequenceNumber: 30_000 };
    const assembler = make(vp8);
    expect(given(run(assembler, [packets[0]!, stray, packets[1]!, packets[2]!]))).toEqual([
      0, 1, 2,
    ]);
    expect(assembler.statistics.packetsDropped.stray).toBe(1);
  });

  test.each([30_000, 60_000])(
    'a sender that starts anew at %i is followed without losing a packet',
    (start) => {
      const assembler = make(vp8);
      const before = stream(vp8, 2, 2);
      const after = stream(vp8, 2, 2, [0], start).map((packet) => ({
        ...packet,
        timestamp: packet.timestamp + 900_000,
      }));
      const outputs = run(assembler, [...before, ...after]);
      expect(given(outputs)).toEqual([0, 1, 300, 301]);
      expect(lossesIn(outputs)).toEqual([
        {
          kind: 'loss',
          sequenceNumber: start,
          packets: 0,
          timestamp: undefined,
          keyFrameNeeded: true,
        },
      ]);
      expect(assembler.statistics.packetsDropped.stray).toBe(0);
    },
  );

  test('reset() begins another stream and keeps what was counted', () => {
    const assembler = make(av1);
    run(assembler, stream(av1, 2, 2));
    assembler.reset();
    expect(assembler.keyFrameNeeded).toBe(true);
    expect(given(run(assembler, stream(av1, 2, 2, [0], 50_000)))).toEqual([0, 1]);
    expect(assembler.statistics).toMatchObject({
      framesAssembled: 4,
      packetsLost: 0,
      packetsDropped: { stray: 0 },
    });
  });
});
