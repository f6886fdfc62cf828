import { pictureSize } from '../runtime-data/picture.js';
import type {
  AudioData,
  FileData,
  NumpyData,
  PixelFormat,
  TensorData,
  VideoData,
} from '../runtime-data/runtime-data.js';
import { readAudioMetadata } from './audio-metadata.js';
import { readControl } from './control-message.js';
import type { FieldReader } from './field-reader.js';
import {
  defaultChannel,
  limits,
  messageType,
  numpyFlags,
  pixelFormats,
  videoCodecs,
  yuv420p,
} from './layout.js';
import type { RemoteMediaMessage } from './message.js';
import { readUtf8 } from './utf8.js';

type Payload = Pick<RemoteMediaMessage, 'content' | 'channel' | 'annotations'>;

const endOfInput: Payload = { content: 'end-of-input' };

/** What the payload of a message of this type says; of no worth if `reader` has refused it. */
export function decodePayload(type: number, reader: FieldReader, streamId: string): Payload {
  switch (type) {
    case messageType.audio:
      return audio(reader, streamId);
    case messageType.video:
      return { content: video(reader, streamId) };
    case messageType.text:
      return text(reader, streamId);
    case messageType.tensor:
      return { content: tensor(reader, streamId) };
    case messageType.control: {
      if (reader.left > limits.jsonBytes) reader.refuse('too-long');
      const content = readControl(reader.text(reader.left), streamId);
      if (content !== undefined) return { content };
      reader.refuse('not-text');
      return endOfInput;
    }
    case messageType.numpy:
      return { content: numpy(reader, streamId) };
    case messageType.file:
      return { content: file(reader, streamId) };
    case messageType.endOfInput:
      return endOfInput;
    default:
      reader.refuse('unknown-number');
      return endOfInput;
  }
}

function audio(reader: FieldReader, streamId: string): Payload {
  const sampleRate = reader.u32();
  const channels = reader.u16();
  const length = reader.u32();
  if (length > limits.jsonBytes) reader.refuse('too-long');
  const json = reader.text(length);
  const bytes = reader.rest();
  if (
    sampleRate < 1 ||
    sampleRate > limits.sampleRate ||
    channels < 1 ||
    channels > limits.channels ||
    bytes.length % (4 * channels) !== 0
  ) {
    reader.refuse('wrong-value');
  }
  const { annotations, ...position } = readAudioMetadata(json, streamId);
  const content: AudioData = {
    kind: 'audio',
    ...position,
    samples: samplesOf(bytes),
    sampleRate,
    channels,
  };
  return { content, annotations };
}

/** A view of the samples where memory allows one, else a copy. */
function samplesOf(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = byteAligned(bytes);
  return new Float32Array(buffer, byteOffset, Math.floor(byteLength / 4));
}

function byteAligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
}

function video(reader: FieldReader, streamId: string): VideoData {
  const width = reader.u32();
  const height = reader.u32();
  const formatNumber = reader.u8();
  const codecNumber = reader.u8();
  const frameNumber = reader.u64();
  const keyFrame = reader.u8() !== 0;
  const bytes = reader.rest();
  const common = {
    kind: 'video',
    streamId,
    capture: undefined,
    width,
    height,
    frameNumber,
  } as const;
  if (Math.max(width, height) > limits.pictureSide) reader.refuse('too-long');
  if (formatNumber === pixelFormats.encoded) {
    const codec = codecs.get(codecNumber);
    if (codec === undefined) reader.refuse('unknown-number');
    return { ...common, format: 'encoded', codec: codec ?? 'VP8', bytes, keyFrame };
  }
  const format = formats.get(formatNumber);
  if (format === undefined) reader.refuse('unknown-number');
  else if (Math.min(width, height) < 1 || bytes.length !== pictureSize(format, width, height)) {
    reader.refuse('wrong-value');
  }
  return { ...common, format: format ?? 'i420', pixels: bytes };
}

const formats: ReadonlyMap<number, PixelFormat> = new Map([
  [yuv420p, 'i420'],
  [pixelFormats.i420, 'i420'],
  [pixelFormats.nv12, 'nv12'],
  [pixelFormats.rgb24, 'rgb24'],
  [pixelFormats.rgba32, 'rgba32'],
]);

const codecs: ReadonlyMap<number, keyof typeof videoCodecs> = new Map([
  [videoCodecs.VP8, 'VP8'],
  [videoCodecs.H264, 'H264'],
  [videoCodecs.AV1, 'AV1'],
]);

function text(reader: FieldReader, streamId: string): Payload {
  const bytes = reader.rest();
  const channel = channelOf(bytes);
  const value = readUtf8(channel === undefined ? bytes : bytes.subarray(2 + channel.bytes));
  if (value === undefined) reader.refuse('not-text');
  return {
    content: { kind: 'text', streamId, capture: undefined, text: value ?? '' },
    channel: channel?.name === defaultChannel ? undefined : channel?.name,
  };
}

/** The channel before a text; what looks like one and is none belongs to the text, as it does to RemoteMedia. */
function channelOf(bytes: Uint8Array): { name: string; bytes: number } | undefined {
  const [mark, length = 0] = bytes;
  if (mark !== 0 || length === 0 || 2 + length > bytes.length) return undefined;
  const name = readUtf8(bytes.subarray(2, 2 + length));
  return name === undefined ? undefined : { name, bytes: length };
}

function tensor(reader: FieldReader, streamId: string): TensorData {
  const dtype = reader.u32();
  const shape = numbers(reader, reader.u32(), () => reader.u32());
  return { kind: 'tensor', streamId, capture: undefined, dtype, shape, bytes: reader.rest() };
}

function numpy(reader: FieldReader, streamId: string): NumpyData {
  const shape = numbers(reader, reader.u16(), () => reader.u64());
  const strides = numbers(reader, reader.u16(), () => reader.i64());
  const dtype = reader.text(reader.u16());
  const flags = reader.u8();
  return {
    kind: 'numpy',
    streamId,
    capture: undefined,
    dtype,
    shape,
    strides,
    cContiguous: (flags & numpyFlags.cContiguous) !== 0,
    fContiguous: (flags & numpyFlags.fContiguous) !== 0,
    bytes: reader.rest(),
  };
}

/** As many numbers as a message says it has, one for each dimension. */
function numbers(reader: FieldReader, count: number, next: () => number): readonly number[] {
  if (count > limits.dimensions) reader.refuse('too-long');
  return Array.from({ length: Math.min(count, limits.dimensions) }, next);
}

function file(reader: FieldReader, streamId: string): FileData {
  const path = reader.text(reader.u16());
  // Empty texts and zeros stand for what is not said.
  const filename = reader.text(reader.u16()) || undefined;
  const mimeType = reader.text(reader.u16()) || undefined;
  const size = reader.u64() || undefined;
  const offset = reader.u64() || undefined;
  const length = reader.u64() || undefined;
  const ownStreamId = reader.text(reader.u16()) || streamId;
  return {
    kind: 'file',
    streamId: ownStreamId,
    capture: undefined,
    path,
    filename,
    mimeType,
    size,
    offset,
    length,
  };
}
