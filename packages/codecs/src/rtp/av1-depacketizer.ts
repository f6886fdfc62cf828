import {
  hasSize,
  isLeftOut,
  leb128Bytes,
  OBU,
  obuHeaderBytes,
  obuType,
  readLeb128,
  spatialIdOf,
  temporalIdOf,
  withSize,
  writeLeb128,
} from './av1-obu.js';
import type { Depacketizer, FramePart } from './depacketizer.js';
import { LossReferences } from './loss-references.js';

/** What an AV1 payload contributes to its temporal unit: OBU elements (AV1 RTP payload format §4.4). */
export interface Av1Part extends FramePart {
  /** Z: the first element continues the OBU at the end of the payload before. */
  readonly continues: boolean;
  /** Y: the last element goes on in the next payload. */
  readonly continued: boolean;
  /** W: number of elements, of which the last has no length; 0 if all have one. */
  readonly elements: number;
}

const MALFORMED = { ok: false, reason: 'malformed' } as const;

/**
 * AV1 payloads (RTP Payload Format For AV1). A frame is a temporal unit in the low-overhead bitstream format
 * (AV1 §5.2): every OBU with its size, without temporal delimiters. Its beginning is proven by the N bit or
 * by the frame before it; a key frame begins a coded video sequence with its sequence header.
 */
export const av1Depacketizer: Depacketizer<Av1Part> = {
  parse(payload) {
    const header = payload[0];
    if (header === undefined) return { ok: false, reason: 'empty' };
    if (payload.length === 1) return { ok: false, reason: 'truncated' };
    const body = payload.subarray(1);
    const continues = (header & 0x80) !== 0;
    const begins = (header & 0x08) !== 0;
    const elements = (header >> 4) & 3;
    if (continues && begins) return MALFORMED;
    let hasSequenceHeader = false;
    let extension: number | undefined;
    const whole = forEachElement(body, elements, (start, end, i) => {
      if (i === 0 && continues) return;
      const obu = body[start]!;
      hasSequenceHeader ||= obuType(obu) === OBU.SEQUENCE_HEADER;
      if (obuHeaderBytes(obu) === 2 && start + 1 < end) extension ??= body[start + 1];
    });
    if (!whole) return MALFORMED;
    const value = {
      body,
      begins,
      ends: false,
      key: begins && hasSequenceHeader,
      temporalId: extension === undefined ? 0 : temporalIdOf(extension),
      spatialId: extension === undefined ? 0 : spatialIdOf(extension),
      continues,
      continued: (header & 0x40) !== 0,
      elements,
    };
    return { ok: true, value };
  },
  join,
  trackReferences: () => new LossReferences(),
};

/** Visits the OBU elements of a payload, none empty; false if they do not fill it exactly. */
function forEachElement(
  body: Uint8Array,
  elements: number,
  visit: (start: number, end: number, index: number) => void,
): boolean {
  let index = 0;
  for (let at = 0; at < body.length; index++) {
    let end = body.length;
    if (elements === 0 || index < elements - 1) {
      const size = readLeb128(body, at);
      if (size === undefined || size.value === 0) return false;
      at = size.end;
      end = at + size.value;
      if (end > body.length) return false;
    }
    visit(at, end, index);
    at = end;
  }
  return elements === 0 || index === elements;
}

/** One OBU without its size field. */
interface Obu {
  readonly header: Uint8Array;
  readonly content: Uint8Array;
}

/** Joins to OBUs with sizes (AV1 §5.2). */
function join(parts: readonly Av1Part[]): Uint8Array | undefined {
  const obus = collect(parts)?.map(readObu);
  if (obus === undefined) return undefined;
  const kept: Obu[] = [];
  let size = 0;
  for (const obu of obus) {
    if (obu === undefined) return undefined;
    if (isLeftOut(obu.header[0]!)) continue;
    kept.push(obu);
    const { length } = obu.content;
    size += obu.header.length + leb128Bytes(length) + length;
  }
  if (size === 0) return undefined;
  const data = new Uint8Array(size);
  let at = 0;
  for (const { header, content } of kept) {
    data.set(header, at);
    data[at] = withSize(header[0]!);
    at = writeLeb128(data, at + header.length, content.length);
    data.set(content, at);
    at += content.length;
  }
  return data;
}

/** The bytes of every OBU; undefined unless every fragment has its neighbours. */
function collect(parts: readonly Av1Part[]): readonly Uint8Array[] | undefined {
  const obus: Uint8Array[][] = [];
  let open = false;
  for (const { body, continues, continued, elements } of parts) {
    if (continues !== open) return undefined;
    forEachElement(body, elements, (start, end, i) => {
      const element = body.subarray(start, end);
      if (i === 0 && continues) obus.at(-1)!.push(element);
      else obus.push([element]);
    });
    open = continued;
  }
  return open ? undefined : obus.map(concatenate);
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function readObu(bytes: Uint8Array): Obu | undefined {
  const first = bytes[0]!;
  const headerBytes = obuHeaderBytes(first);
  if ((first & 0x80) !== 0 || bytes.length < headerBytes) return undefined;
  const header = bytes.subarray(0, headerBytes);
  if (!hasSize(first)) return { header, content: bytes.subarray(headerBytes) };
  const size = readLeb128(bytes, headerBytes);
  if (size === undefined || size.end + size.value !== bytes.length) return undefined;
  return { header, content: bytes.subarray(size.end) };
}
