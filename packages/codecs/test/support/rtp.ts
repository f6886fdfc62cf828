import * as fc from 'fast-check';
import type {
  AssembledFrame,
  Depacketizer,
  FrameAssembler,
  FramePart,
  Micros,
  Packetizer,
  PacketLoss,
  ReceivedPacket,
  RtpPayload,
} from '../../src/index.js';
import {
  Av1Packetizer,
  av1Depacketizer,
  H264Packetizer,
  h264Depacketizer,
  OpusPacketizer,
  opusDepacketizer,
  Vp8Packetizer,
  vp8Depacketizer,
  Vp9Packetizer,
  vp9Depacketizer,
} from '../../src/index.js';

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
export const micros = (value: number): Micros => value as Micros;

/** `length` bytes that look different at every place and hold no start code. */
export function media(length: number, first: number = 2): Uint8Array {
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = 2 + ((i * 37 + (i >> 7)) % 250);
  data[0] = first;
  return data;
}

/** All of them one after the other. */
export const concat = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts));

/** A frame of a test: whether it is a key frame, and the media in it. */
export interface TestFrame {
  readonly key: boolean;
  readonly content: Uint8Array;
}

/** One payload format as the tests drive it. */
export interface TestFormat {
  readonly name: string;
  readonly depacketizer: Depacketizer<FramePart>;
  /** A fresh packetizer of test frames. */
  readonly packetizer: () => Packetizer<TestFrame>;
  /** The bytes that come out for a frame. */
  readonly expected: (frame: TestFrame) => Uint8Array;
}

const withFirst = (content: Uint8Array, first: number): Uint8Array => {
  const data = content.slice();
  data[0] = first;
  return data;
};

const adapt = <Frame>(
  make: () => Packetizer<Frame>,
  frameOf: (frame: TestFrame) => Frame,
): (() => Packetizer<TestFrame>) => {
  return () => {
    const packetizer = make();
    return { packetize: (frame, size) => packetizer.packetize(frameOf(frame), size) };
  };
};

const vp8Data = ({ key, content }: TestFrame): Uint8Array => withFirst(content, key ? 0x10 : 0x11);

const START = bytes(0, 0, 0, 1);
/** Two slices, and parameter sets before those of a key frame. */
const h264Data = ({ key, content }: TestFrame): Uint8Array => {
  const header = key ? 0x65 : 0x41;
  const half = content.length >> 1;
  const slices = [content.subarray(0, half), content.subarray(half)].filter((s) => s.length > 0);
  const sets = key ? [bytes(0x67, 0x42, 0xe0, 0x1f), bytes(0x68, 0xce)] : [];
  return concat(
    ...sets.flatMap((set) => [START, set]),
    ...slices.flatMap((slice) => [START, bytes(header), slice]),
  );
};

const leb128 = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >> 7)];
/** An OBU of the low-overhead bitstream format. */
export const obu = (type: number, content: Uint8Array, layer?: number): Uint8Array =>
  concat(
    bytes((type << 3) | 0x02 | (layer === undefined ? 0 : 0x04)),
    layer === undefined ? bytes() : bytes(layer),
    bytes(...leb128(content.length)),
    content,
  );
export const TEMPORAL_DELIMITER = obu(2, bytes());
const av1Obus = ({ key, content }: TestFrame): Uint8Array =>
  concat(key ? obu(1, bytes(10, 11, 12)) : bytes(), obu(6, content));

/** A 20 ms CELT packet that fits everywhere. */
const opusData = ({ content }: TestFrame): Uint8Array => withFirst(content.slice(0, 64), 0xf8);

export const vp8: TestFormat = {
  name: 'VP8',
  depacketizer: vp8Depacketizer,
  packetizer: adapt(
    () => new Vp8Packetizer(),
    (frame) => ({ data: vp8Data(frame) }),
  ),
  expected: vp8Data,
};
export const vp9: TestFormat = {
  name: 'VP9',
  depacketizer: vp9Depacketizer,
  packetizer: adapt(
    () => new Vp9Packetizer(),
    ({ key, content }) => ({ key, data: content }),
  ),
  expected: ({ content }) => content,
};
export const vp9Flexible: TestFormat = {
  ...vp9,
  name: 'VP9 flexible',
  packetizer: adapt(
    () => new Vp9Packetizer({ flexible: true }),
    ({ key, content }) => ({ key, data: content, references: key ? [] : [1] }),
  ),
};
export const h264: TestFormat = {
  name: 'H.264',
  depacketizer: h264Depacketizer,
  packetizer: adapt(
    () => new H264Packetizer(),
    (frame) => ({ data: h264Data(frame) }),
  ),
  expected: h264Data,
};
export const av1: TestFormat = {
  name: 'AV1',
  depacketizer: av1Depacketizer,
  packetizer: adapt(
    () => new Av1Packetizer(),
    (frame) => ({ key: frame.key, data: concat(TEMPORAL_DELIMITER, av1Obus(frame)) }),
  ),
  expected: av1Obus,
};
export const opus: TestFormat = {
  name: 'Opus',
  depacketizer: opusDepacketizer,
  packetizer: adapt(() => new OpusPacketizer(), opusData),
  expected: opusData,
};

export const videoFormats: readonly TestFormat[] = [vp8, vp9, vp9Flexible, h264, av1];
export const formats: readonly TestFormat[] = [...videoFormats, opus];

/** Numbers payloads as one stream, a frame every 33 ms (3000 ticks), a packet every millisecond within it. */
export function toPackets(
  frames: readonly (readonly RtpPayload[])[],
  firstSequence: number = 0,
  firstTimestamp: number = 90_000,
): ReceivedPacket[] {
  let sequence = firstSequence;
  return frames.flatMap((payloads, frame) =>
    payloads.map(({ payload, marker }, i) => ({
      sequenceNumber: sequence++ & 0xffff,
      timestamp: (firstTimestamp + 3000 * frame) >>> 0,
      marker,
      payload,
      arrival: micros(33_000 * frame + 1000 * i),
    })),
  );
}

/** Everything the assembler gives at `now`. */
export function drain<Part extends FramePart>(
  assembler: FrameAssembler<Part>,
  now: number,
): (AssembledFrame | PacketLoss)[] {
  const outputs: (AssembledFrame | PacketLoss)[] = [];
  for (let out = assembler.poll(micros(now)); out; out = assembler.poll(micros(now))) {
    outputs.push(out);
  }
  return outputs;
}

/** Pushes packets at their arrival, polling after each, and once more when all waiting is over. */
export function run<Part extends FramePart>(
  assembler: FrameAssembler<Part>,
  packets: readonly ReceivedPacket[],
): (AssembledFrame | PacketLoss)[] {
  const outputs = packets.flatMap((packet) => {
    assembler.push(packet);
    return drain(assembler, packet.arrival);
  });
  const end = Math.max(0, ...packets.map(({ arrival }) => arrival)) + 20_000_000;
  return [...outputs, ...drain(assembler, end)];
}

export const framesIn = (outputs: readonly (AssembledFrame | PacketLoss)[]): AssembledFrame[] =>
  outputs.filter((output) => output.kind === 'frame');
export const lossesIn = (outputs: readonly (AssembledFrame | PacketLoss)[]): PacketLoss[] =>
  outputs.filter((output) => output.kind === 'loss');

/** A stream of frames that begins with a key frame; so many of the others are key frames too. */
export const streams = (
  maxFrames: number,
  maxLength: number,
  keyShare: number,
): fc.Arbitrary<TestFrame[]> =>
  fc
    .array(
      fc.record({
        key: fc.nat(99).map((percent) => percent < 100 * keyShare),
        length: fc.oneof(fc.integer({ min: 4, max: 200 }), fc.integer({ min: 4, max: maxLength })),
        seed: fc.nat(255),
      }),
      { minLength: 1, maxLength: maxFrames },
    )
    .map((frames) =>
      frames.map(({ key, length, seed }, i) => ({
        key: key || i === 0,
        content: media(length, 2 + (seed % 250)),
      })),
    );
