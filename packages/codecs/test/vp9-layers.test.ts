import { expect, test } from '@jest/globals';
import { videoPacketizer, vp9Depacketizer, type LayeredFrame } from '../src/index.js';
import { readVp9SlotUse } from '../src/rtp/vp9-slots.js';
import { bytes, media } from './support/rtp.js';

/** A VP9 frame that is kept in the slots of a mask and predicts from three; `head` may say that it is of another kind. */
function inter(temporalId: number, written: number, read: number[], head = 0x87): LayeredFrame {
  const [last, golden, alternate] = read as [number, number, number];
  const slots = (last << 13) | (golden << 9) | (alternate << 5);
  return { data: bytes(head, written, slots >> 8, slots & 0xff, 1), key: false, temporalId };
}
const KEY: LayeredFrame = { data: media(20), key: true, temporalId: 0 };

/** The references that each frame tells. */
function told(frames: readonly LayeredFrame[]): (readonly number[])[] {
  const packetizer = videoPacketizer('VP9');
  return frames.map((frame) => {
    const part = vp9Depacketizer.parse(packetizer.packetize(frame, 100)[0]!.payload);
    if (!part.ok) throw new Error(part.reason);
    return part.value.descriptor.references;
  });
}

test('the slots of a header as libvpx writes it are read', () => {
  expect(readVp9SlotUse(bytes(0x87, 0x02, 0x00, 0x22, 0x4c))).toEqual({
    written: 2,
    read: [0, 0, 1],
  });
  expect(readVp9SlotUse(bytes(0x87, 0x81, 0xee, 0x8f, 0))).toEqual({
    written: 0x81,
    read: [7, 7, 4],
  });
});

test.each([
  ['key frame', bytes(0x83, 0x49, 0x83, 0x42, 0)],
  ['hidden frame', bytes(0x85, 0, 0, 0, 0)],
  ['frame that repeats a picture', bytes(0x8f, 0, 0, 0, 0)],
  ['frame that goes on with the probabilities of another', bytes(0x86, 0, 0, 0, 0)],
  ['frame of profile 3', bytes(0xb7, 0, 0, 0, 0)],
  ['frame without its header', bytes(0x87, 0, 0)],
  ['superframe', bytes(0x87, 0, 0, 0, 0xc1, 2, 2, 0xc1)],
  ['piece of nothing', bytes()],
])('no slots are read out of a %s', (_, data) => {
  expect(readVp9SlotUse(data)).toBeUndefined();
});

test('a picture refers to nothing of upper layers that no slot keeps', () => {
  expect(
    told([
      KEY,
      inter(2, 0, [0, 0, 1]),
      inter(1, 0b10, [0, 0, 1]),
      inter(2, 0, [1, 1, 1]),
      inter(0, 0b01, [0, 0, 0]),
      inter(2, 0, [0, 0, 1]),
    ]),
  ).toEqual([[], [1], [2], [1], [4], [1]]);
});

test('descriptors are, byte for byte, those of the flexible mode', () => {
  const packetizer = videoPacketizer('VP9');
  const frames = [KEY, inter(2, 0, [0, 0, 1]), inter(1, 0b10, [0, 0, 1]), inter(2, 0, [0, 1, 1])];
  const heads = frames.map((frame) => {
    const [first] = packetizer.packetize(frame, 100);
    return Buffer.from(first!.payload.subarray(0, -frame.data.length)).toString('hex');
  });
  // I, P, L, F, B, E, Z; a picture ID of 15 bits; TID and U; and P_DIFF, with N behind the first (RFC 9628 §4.2).
  expect(heads).toEqual(['bd800010', 'fd80014002', 'fd80022004', 'fd8003400702']);
});

test('a key frame ends what could be referred to, in whichever layer it is', () => {
  const key = { ...KEY, temporalId: 1 };
  expect(told([KEY, inter(1, 2, [0, 0, 0]), key, inter(1, 2, [0, 0, 0], 0x86)])).toEqual([
    [],
    [1],
    [],
    [1],
  ]);
});

test('where a header tells no slots, everything that the layers allow is told until the next key frame', () => {
  const top = inter(2, 0, [1, 1, 1]);
  expect(
    told([
      KEY,
      inter(2, 0, [0, 0, 0], 0x86),
      inter(1, 0b10, [0, 0, 0]),
      top,
      KEY,
      inter(1, 0b10, [0, 0, 0]),
      top,
    ]),
  ).toEqual([[], [1], [2], [3, 1, 2], [], [1], [1]]);
});

test('a picture of the base always refers to the one before it, and one that names no slot to all', () => {
  expect(
    told([KEY, inter(0, 0b1, [0, 0, 0]), inter(0, 0, [5, 5, 5]), inter(1, 0b10, [5, 5, 5])]),
  ).toEqual([[], [1], [1], [1]]);
});

test('upper layers go on without the base for longer than a descriptor can tell', () => {
  const frames = [KEY, ...Array.from({ length: 200 }, () => inter(1, 0b10, [0, 0, 1]))];
  const all = told(frames);
  expect(all[127]).toEqual([127, 1]);
  expect(all[200]).toEqual([127, 1]);
});
