import { PipelineUseError } from '../errors.js';
import { bytesOf } from '../runtime-data/bytes.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import {
  aligned,
  captureUnknown,
  imageFormats,
  layout,
  maxFieldBytes,
  maxStreamIdBytes,
  messageKinds,
  pictureFormats,
  signature,
  videoCodecs,
} from './message-layout.js';

const utf8 = new TextEncoder();
const noBytes = new Uint8Array(0);
/** Most UTF-8 bytes of a UTF-16 unit. */
const UTF8_PER_UNIT = 3;

/** What a message carries beside its header, found once and used for its size and its writing. */
interface Parts {
  readonly fields: string;
  /** The payload as bytes, or as a text to be encoded where it goes. */
  readonly payload: Uint8Array | string;
}

/** A message to be written: first its size is asked for, then it is written where there is room for so much. */
export class OutgoingMessage {
  readonly #data: RuntimeData | 'end';
  readonly #parts: Parts;

  /** `'end'` says that no more input comes. Throws PIPELINE_USE for a stream id or shape that is too long. */
  constructor(data: RuntimeData | 'end') {
    this.#data = data;
    this.#parts = data === 'end' ? { fields: '', payload: noBytes } : partsOf(data);
    const streamId = data === 'end' ? '' : data.streamId;
    if (streamId.length > maxStreamIdBytes / UTF8_PER_UNIT) {
      throw new PipelineUseError(
        `a stream id of ${streamId.length} characters cannot leave this thread; use at most ${Math.floor(maxStreamIdBytes / UTF8_PER_UNIT)}`,
      );
    }
    if (this.#parts.fields.length > maxFieldBytes / UTF8_PER_UNIT) {
      throw new PipelineUseError(
        'a shape this long cannot leave this thread; use fewer dimensions',
      );
    }
  }

  /** Bytes that `write` needs at most. */
  get bound(): number {
    const { fields, payload } = this.#parts;
    const streamId = this.#data === 'end' ? '' : this.#data.streamId;
    const header = aligned(layout.end + UTF8_PER_UNIT * (streamId.length + fields.length));
    return header + (typeof payload === 'string' ? UTF8_PER_UNIT : 1) * payload.length;
  }

  /** Writes the message to the start of `into`, which has room for `bound` bytes; returns its length. */
  write(sequence: number, into: Uint8Array): number {
    const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
    into.fill(0, 0, layout.end);
    into.set(signature);
    view.setUint32(layout.sequence, sequence, true);
    const header = this.#writeHeader(view, into);
    const { payload } = this.#parts;
    let length = payload.length;
    if (typeof payload === 'string')
      length = utf8.encodeInto(payload, into.subarray(header)).written;
    else into.set(payload, header);
    view.setUint32(layout.payloadBytes, length, true);
    return header + length;
  }

  #writeHeader(view: DataView, into: Uint8Array): number {
    const data = this.#data;
    if (data === 'end') {
      view.setUint8(layout.kind, messageKinds.indexOf('end'));
      view.setUint16(layout.headerBytes, layout.end, true);
      return layout.end;
    }
    view.setUint8(layout.kind, messageKinds.indexOf(data.kind));
    writeCapture(view, data);
    writeFormat(view, data);
    const { written: streamId } = utf8.encodeInto(data.streamId, into.subarray(layout.end));
    const { fields } = this.#parts;
    const at = layout.end + streamId;
    const written = fields === '' ? 0 : utf8.encodeInto(fields, into.subarray(at)).written;
    const header = aligned(at + written);
    into.fill(0, at + written, header);
    view.setUint16(layout.headerBytes, header, true);
    view.setUint16(layout.streamIdBytes, streamId, true);
    view.setUint16(layout.fieldBytes, written, true);
    return header;
  }
}

function partsOf(data: RuntimeData): Parts {
  return { fields: fieldsOf(data), payload: bytesOf(data) ?? textOf(data) };
}

function fieldsOf(data: RuntimeData): string {
  if (data.kind === 'tensor') {
    const { dtype, shape } = data;
    return JSON.stringify({ dtype, shape });
  }
  if (data.kind !== 'numpy') return '';
  const { dtype, shape, strides, cContiguous, fContiguous } = data;
  return JSON.stringify({ dtype, shape, strides, cContiguous, fContiguous });
}

function textOf(data: RuntimeData): string {
  if (data.kind === 'text') return data.text;
  if (data.kind === 'json') return JSON.stringify(data.value);
  if (data.kind === 'control') {
    const { message, segmentId, timestampMs, metadata } = data;
    return JSON.stringify({ message, segmentId, timestampMs, metadata });
  }
  if (data.kind !== 'file') return '';
  const { path, filename, mimeType, size, offset, length } = data;
  return JSON.stringify({ path, filename, mimeType, size, offset, length });
}

function writeCapture(view: DataView, { capture }: RuntimeData): void {
  if (capture === undefined) {
    view.setInt32(layout.captureHigh, captureUnknown, true);
    return;
  }
  view.setUint32(layout.captureLow, capture.time, true);
  view.setInt32(layout.captureHigh, Math.floor(capture.time / 2 ** 32), true);
  view.setUint32(layout.captureBound, Math.min(capture.bound, 0xffffffff), true);
}

function writeFormat(view: DataView, data: RuntimeData): void {
  if (data.kind === 'audio') {
    view.setUint32(layout.rateOrWidth, data.sampleRate, true);
    view.setUint32(layout.channelsOrHeight, data.channels, true);
  } else if (data.kind === 'video') {
    view.setUint32(layout.rateOrWidth, data.width, true);
    view.setUint32(layout.channelsOrHeight, data.height, true);
    view.setUint8(layout.format, pictureFormats.indexOf(data.format));
    view.setUint32(layout.frameNumberLow, data.frameNumber, true);
    view.setUint32(layout.frameNumberHigh, Math.floor(data.frameNumber / 2 ** 32), true);
    if (data.format !== 'encoded') return;
    view.setUint8(layout.codec, videoCodecs.indexOf(data.codec));
    view.setUint8(layout.keyFrame, data.keyFrame ? 1 : 0);
  } else if (data.kind === 'image') {
    view.setUint32(layout.rateOrWidth, data.width, true);
    view.setUint32(layout.channelsOrHeight, data.height, true);
    view.setUint8(layout.format, imageFormats.indexOf(data.format));
  }
}
