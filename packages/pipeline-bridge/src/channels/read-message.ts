import type { CaptureTime, Micros } from '@rm/codecs';
import { pictureSize } from '../runtime-data/picture.js';
import type { JsonValue, RuntimeData, StreamPosition } from '../runtime-data/runtime-data.js';
import { controlPayload, filePayload, numpyFields, tensorFields } from './message-fields.js';
import {
  aligned,
  captureUnknown,
  imageFormats,
  layout,
  maxStreamIdBytes,
  messageKinds,
  pictureFormats,
  signature,
  videoCodecs,
} from './message-layout.js';

/** What a message holds, or why it is none. */
export type ReadMessage =
  | {
      readonly ok: true;
      /** The sender's number of it. */
      readonly sequence: number;
      /** Its buffers are views of the message where alignment allows it; `'end'`: no more input comes. */
      readonly data: RuntimeData | 'end';
    }
  | { readonly ok: false; readonly reason: string };

/** Widest and highest picture. */
const MAX_SIDE = 16_384;
const MAX_CHANNELS = 255;
const MAX_SAMPLE_RATE = 768_000;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A reason found while reading; it does not leave this file. */
class Malformed extends Error {}

/** Reads messages from the other side of a channel, whatever bytes come. */
export class MessageReader {
  // Nearly all messages are of the stream that the last one was of.
  #streamIdBytes = new Uint8Array(0);
  #streamId = '';

  /** Never throws. `bytes` is one whole message, which nobody may change while its data is in use. */
  read(bytes: Uint8Array): ReadMessage {
    try {
      return this.#read(bytes);
    } catch (error) {
      if (error instanceof Malformed) return { ok: false, reason: error.message };
      // TextDecoder and JSON throw what they find wrong.
      return { ok: false, reason: `not UTF-8 or not JSON: ${String(error)}` };
    }
  }

  #read(bytes: Uint8Array): ReadMessage {
    must(bytes.length >= layout.end, `${bytes.length} bytes are no message; a header has 64`);
    for (const [index, byte] of signature.entries())
      must(bytes[index] === byte, 'the message does not begin with RMF1, version 1');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const header = view.getUint16(layout.headerBytes, true);
    const streamIdBytes = view.getUint16(layout.streamIdBytes, true);
    const fieldBytes = view.getUint16(layout.fieldBytes, true);
    must(streamIdBytes <= maxStreamIdBytes, `a stream id of ${streamIdBytes} bytes; at most 1024`);
    must(
      header === aligned(layout.end + streamIdBytes + fieldBytes) && header <= bytes.length,
      `a header of ${header} bytes does not fit its fields or the message`,
    );
    const payload = bytes.subarray(header);
    const stated = view.getUint32(layout.payloadBytes, true);
    must(stated === payload.length, `a payload of ${stated} bytes stated, ${payload.length} there`);
    const sequence = view.getUint32(layout.sequence, true);
    const kind = messageKinds[view.getUint8(layout.kind)];
    if (kind === 'end') return { ok: true, sequence, data: 'end' };
    const position: StreamPosition = {
      streamId: this.#readStreamId(bytes.subarray(layout.end, layout.end + streamIdBytes)),
      capture: readCapture(view),
    };
    const at = layout.end + streamIdBytes;
    const fields = bytes.subarray(at, at + fieldBytes);
    return { ok: true, sequence, data: readData(kind, view, position, fields, payload) };
  }

  #readStreamId(bytes: Uint8Array): string {
    if (!equal(bytes, this.#streamIdBytes)) {
      this.#streamIdBytes = bytes.slice();
      this.#streamId = utf8.decode(this.#streamIdBytes);
    }
    return this.#streamId;
  }
}

function readData(
  kind: (typeof messageKinds)[number] | undefined,
  view: DataView,
  position: StreamPosition,
  fields: Uint8Array,
  payload: Uint8Array,
): RuntimeData {
  switch (kind) {
    case 'audio':
      return readAudio(view, position, payload);
    case 'video':
      return readVideo(view, position, payload);
    case 'image': {
      const format = imageFormats[view.getUint8(layout.format)];
      must(format !== undefined, 'an unknown image format');
      return { kind, ...position, format, ...readSize(view), bytes: payload };
    }
    case 'tensor':
      return { kind, ...position, ...checked(tensorFields(parse(fields))), bytes: payload };
    case 'numpy':
      return { kind, ...position, ...checked(numpyFields(parse(fields))), bytes: payload };
    case 'binary':
      return { kind, ...position, bytes: payload };
    case 'text':
      return { kind, ...position, text: decode(payload) };
    case 'json':
      return { kind, ...position, value: parse(payload) as JsonValue };
    case 'control':
      return { kind, ...position, ...checked(controlPayload(parse(payload))) };
    case 'file':
      return { kind, ...position, ...checked(filePayload(parse(payload))) };
    case 'nothing':
    case 'end':
    case undefined:
      throw new Malformed('an unknown kind of message');
  }
}

function readAudio(view: DataView, position: StreamPosition, payload: Uint8Array): RuntimeData {
  const sampleRate = view.getUint32(layout.rateOrWidth, true);
  const channels = view.getUint32(layout.channelsOrHeight, true);
  must(sampleRate >= 1 && sampleRate <= MAX_SAMPLE_RATE, `audio of ${sampleRate} samples a second`);
  must(channels >= 1 && channels <= MAX_CHANNELS, `audio of ${channels} channels`);
  const length = payload.length / 4;
  must(Number.isInteger(length / channels), `${payload.length} bytes of ${channels} channels`);
  const whole = payload.byteOffset % 4 === 0 ? payload : payload.slice();
  const samples = new Float32Array(whole.buffer, whole.byteOffset, length);
  return { kind: 'audio', ...position, samples, sampleRate, channels };
}

function readVideo(view: DataView, position: StreamPosition, payload: Uint8Array): RuntimeData {
  const format = pictureFormats[view.getUint8(layout.format)];
  must(format !== undefined, 'an unknown pixel format');
  const high = view.getUint32(layout.frameNumberHigh, true);
  must(high < 2 ** 21, 'a frame number beyond 2⁵³');
  const frameNumber = high * 2 ** 32 + view.getUint32(layout.frameNumberLow, true);
  const { width, height } = readSize(view);
  const common = { kind: 'video', ...position, width, height, frameNumber } as const;
  if (format === 'encoded') {
    const codec = videoCodecs[view.getUint8(layout.codec)];
    must(codec !== undefined, 'an unknown video codec');
    const keyFrame = view.getUint8(layout.keyFrame) === 1;
    return { ...common, format, codec, keyFrame, bytes: payload };
  }
  const size = pictureSize(format, width, height);
  must(size === payload.length, `${payload.length} bytes of ${width}×${height} ${format}`);
  return { ...common, format, pixels: payload };
}

function readSize(view: DataView): { width: number; height: number } {
  const width = view.getUint32(layout.rateOrWidth, true);
  const height = view.getUint32(layout.channelsOrHeight, true);
  const fits = width >= 1 && width <= MAX_SIDE && height >= 1 && height <= MAX_SIDE;
  must(fits, `a picture of ${width}×${height}; sides are 1…${MAX_SIDE}`);
  return { width, height };
}

function readCapture(view: DataView): CaptureTime | undefined {
  const low = view.getUint32(layout.captureLow, true);
  const high = view.getInt32(layout.captureHigh, true);
  if (low === 0 && high === captureUnknown) return undefined;
  const time = high * 2 ** 32 + low;
  must(Number.isSafeInteger(time), 'a capture time beyond ±2⁵³ µs');
  return { time: time as Micros, bound: view.getUint32(layout.captureBound, true) as Micros };
}

/** Out of shared memory first: the platform decodes none. */
function decode(bytes: Uint8Array): string {
  return utf8.decode(bytes.buffer instanceof SharedArrayBuffer ? bytes.slice() : bytes);
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(decode(bytes));
}

function checked<T>(value: T | undefined): T {
  if (value === undefined) throw new Malformed('fields that are missing, or not of their type');
  return value;
}

function must(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Malformed(reason);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
