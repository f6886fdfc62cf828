import { pictureSize } from '../runtime-data/picture.js';
import type {
  AudioData,
  FileData,
  JsonValue,
  NumpyData,
  TensorData,
  VideoData,
} from '../runtime-data/runtime-data.js';
import { audioMetadata } from './audio-metadata.js';
import { controlText } from './control-message.js';
import { RemoteMediaError } from './error.js';
import { FieldWriter } from './field-writer.js';
import { nestedWithin } from './json-within.js';
import {
  defaultChannel,
  envelopeBytes,
  limits,
  messageType,
  numpyFlags,
  pixelFormats,
  videoCodecs,
} from './layout.js';
import type { RemoteMediaContent, RemoteMediaEnvelope } from './message.js';
import { mustBeWithin, mustHold, shortText } from './must-be.js';

/** A payload in two pieces, so that what is large is copied once. */
interface Payload {
  readonly type: number;
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

const utf8 = new TextEncoder();
const nothing = new Uint8Array(0);

/** The type and payload of a message whose session id has `sessionBytes`. */
export function encodePayload(
  content: RemoteMediaContent,
  envelope: RemoteMediaEnvelope,
  sessionBytes: number,
): Payload {
  if (content === 'end-of-input') {
    return { type: messageType.endOfInput, head: nothing, body: nothing };
  }
  switch (content.kind) {
    case 'audio':
      return audio(content, envelope.annotations, sessionBytes);
    case 'video':
      return video(content);
    case 'text':
      return text(content.text, envelope.channel);
    case 'json':
      return text(JSON.stringify(content.value), envelope.channel);
    case 'tensor':
      return tensor(content);
    case 'numpy':
      return numpy(content);
    case 'file':
      return file(content);
    case 'control': {
      mustBeShallow(content.metadata, limits.jsonDepth - 1);
      const json = controlText(content);
      if (json !== undefined) {
        const body = utf8.encode(json);
        mustBeWithin('JSON length', body.length, 0, limits.jsonBytes);
        return { type: messageType.control, head: nothing, body };
      }
      throw new RemoteMediaError(
        'REMOTE_MEDIA_RANGE',
        `RemoteMedia takes no ${content.message.type} with such numbers; use whole ones from 0`,
      );
    }
    case 'image':
      throw unsupported('images', 'send it as video in rgb24 or rgba32, or as a file');
    case 'binary':
      throw unsupported('bytes', 'send them as a numpy array of uint8, or as a file');
  }
}

function audio(
  data: AudioData,
  annotations: RemoteMediaEnvelope['annotations'],
  sessionBytes: number,
): Payload {
  const { samples, sampleRate, channels } = data;
  mustBeWithin('sample rate', sampleRate, 1, limits.sampleRate);
  mustBeWithin('channel count', channels, 1, limits.channels);
  mustHold('samples', samples.length, Math.ceil(samples.length / channels) * channels);
  const fields = audioMetadata(data, annotations);
  mustBeShallow(fields, limits.jsonDepth);
  // The samples begin behind the JSON, at a multiple of 4 from the start of the message. Spaces alone are no JSON.
  const start = envelopeBytes + sessionBytes + 10;
  const bare = Object.keys(fields).length === 0 && start % 4 === 0;
  const json = bare ? nothing : utf8.encode(JSON.stringify(fields));
  const spaces = -(start + json.length) & 3;
  mustBeWithin('JSON length', json.length + spaces, 0, limits.jsonBytes);
  const head = new Uint8Array(10 + json.length + spaces).fill(0x20);
  const writer = new FieldWriter(head);
  writer.u32(sampleRate);
  writer.u16(channels);
  writer.u32(json.length + spaces);
  writer.bytes(json);
  const body = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return { type: messageType.audio, head, body };
}

function video(data: VideoData): Payload {
  const { width, height, frameNumber } = data;
  const encoded = data.format === 'encoded';
  if (encoded && data.codec === 'VP9') {
    throw unsupported('VP9', 'encode VP8, H264 or AV1, or decode it and send its pixels');
  }
  const least = encoded ? 0 : 1;
  mustBeWithin('width', width, least, limits.pictureSide);
  mustBeWithin('height', height, least, limits.pictureSide);
  mustBeWithin('frame number', frameNumber, 0, Number.MAX_SAFE_INTEGER);
  const body = encoded ? data.bytes : data.pixels;
  if (!encoded) mustHold('bytes of pixels', body.length, pictureSize(data.format, width, height));
  const head = new Uint8Array(19);
  const writer = new FieldWriter(head);
  writer.u32(width);
  writer.u32(height);
  writer.u8(pixelFormats[data.format]);
  writer.u8(encoded && data.codec !== 'VP9' ? videoCodecs[data.codec] : 0);
  writer.u64(frameNumber);
  writer.u8(encoded && data.keyFrame ? 1 : 0);
  return { type: messageType.video, head, body };
}

function text(value: string, channel = defaultChannel): Payload {
  const body = utf8.encode(value);
  // A text that begins with NUL would be taken for one with a channel.
  if (channel === defaultChannel && body[0] !== 0) {
    return { type: messageType.text, head: nothing, body };
  }
  if (channel === '') {
    throw new RemoteMediaError(
      'REMOTE_MEDIA_RANGE',
      `a channel needs a name; leave it out for "${defaultChannel}"`,
    );
  }
  const name = shortText('channel', channel, 1);
  const head = Uint8Array.of(0, name.length, ...name);
  return { type: messageType.text, head, body };
}

function tensor({ dtype, shape, bytes }: TensorData): Payload {
  mustBeWithin('element type', dtype, 0, 0xffffffff);
  mustBeWithin('number of dimensions', shape.length, 0, limits.dimensions);
  const head = new Uint8Array(8 + 4 * shape.length);
  const writer = new FieldWriter(head);
  writer.u32(dtype);
  writer.u32(shape.length);
  for (const size of shape) {
    mustBeWithin('dimension', size, 0, 0xffffffff);
    writer.u32(size);
  }
  return { type: messageType.tensor, head, body: bytes };
}

function numpy({ dtype, shape, strides, cContiguous, fContiguous, bytes }: NumpyData): Payload {
  mustBeWithin('number of dimensions', shape.length, 0, limits.dimensions);
  mustBeWithin('number of strides', strides.length, 0, limits.dimensions);
  const name = shortText('dtype', dtype);
  const head = new Uint8Array(7 + 8 * (shape.length + strides.length) + name.length);
  const writer = new FieldWriter(head);
  writer.u16(shape.length);
  for (const size of shape) {
    mustBeWithin('dimension', size, 0, Number.MAX_SAFE_INTEGER);
    writer.u64(size);
  }
  writer.u16(strides.length);
  for (const stride of strides) {
    mustBeWithin('stride', stride, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    writer.u64(stride);
  }
  writer.counted(name);
  writer.u8(
    (cContiguous ? numpyFlags.cContiguous : 0) | (fContiguous ? numpyFlags.fContiguous : 0),
  );
  return { type: messageType.numpy, head, body: bytes };
}

function file(data: FileData): Payload {
  const names = [
    shortText('path', data.path),
    shortText('file name', data.filename ?? ''),
    shortText('MIME type', data.mimeType ?? ''),
  ];
  const streamId = shortText('stream id', data.streamId);
  const length = names.reduce((sum, name) => sum + 2 + name.length, 0);
  const head = new Uint8Array(length + 24 + 2 + streamId.length);
  const writer = new FieldWriter(head);
  for (const name of names) writer.counted(name);
  for (const what of ['size', 'offset', 'length'] as const) {
    const value = data[what] ?? 0;
    mustBeWithin(what, value, 0, Number.MAX_SAFE_INTEGER);
    writer.u64(value);
  }
  writer.counted(streamId);
  return { type: messageType.file, head, body: nothing };
}

function mustBeShallow(value: JsonValue, depth: number): void {
  if (nestedWithin(value, depth)) return;
  throw new RemoteMediaError(
    'REMOTE_MEDIA_RANGE',
    `the JSON is nested more than ${limits.jsonDepth} deep; flatten it`,
  );
}

function unsupported(what: string, instead: string): RemoteMediaError {
  return new RemoteMediaError(
    'REMOTE_MEDIA_UNSUPPORTED',
    `RemoteMedia carries no ${what} between processes; ${instead}`,
  );
}
