import { ArgumentError } from '../errors.js';
import {
  hasSize,
  isLeftOut,
  leb128Bytes,
  OBU,
  obuHeaderBytes,
  obuType,
  readLeb128,
  withoutSize,
  writeLeb128,
} from './av1-obu.js';
import { checkPayloadSize, type Packetizer, type RtpPayload } from './packetizer.js';

/** An encoded AV1 temporal unit, ready to be sent. */
export interface Av1Frame {
  /** OBUs in the low-overhead bitstream format (AV1 §5.2); only the last may lack its size. */
  readonly data: Uint8Array;
  /** Whether it begins a coded video sequence; then it holds a sequence header. */
  readonly key: boolean;
}

interface Obu {
  /** One byte, or two with layers, without the announcement of a size. */
  readonly header: readonly number[];
  readonly content: Uint8Array;
  /** Of header and content. */
  readonly length: number;
  /** The header's second byte: OBUs of different layers must not share a packet. */
  readonly layer: number | undefined;
}

interface Piece {
  readonly obu: Obu;
  readonly from: number;
  readonly to: number;
}

interface Packet {
  /** Most bytes of its payload. */
  readonly limit: number;
  readonly pieces: Piece[];
  layer: number | undefined;
  /** Bytes of all pieces, each with its length field. */
  size: number;
}

const HEADER_BYTES = 1;
/** Most elements that the W field can count; beyond, every element has a length. */
const MAX_COUNTED = 3;
/** An OBU is not cut to begin with fewer bytes than these at the end of a packet. */
const MIN_FRAGMENT_BYTES = 16;

/**
 * Makes RTP payloads of AV1 temporal units (RTP Payload Format For AV1 §5): without temporal delimiters and
 * tile lists, OBUs without size fields, those of different layers apart, in packets of even size.
 */
export class Av1Packetizer implements Packetizer<Av1Frame> {
  packetize(frame: Av1Frame, maxPayloadSize: number): readonly RtpPayload[] {
    checkPayloadSize(maxPayloadSize);
    const obus = readObus(frame.data);
    if (frame.key && !obus.some(({ header }) => obuType(header[0]!) === OBU.SEQUENCE_HEADER)) {
      throw new ArgumentError(
        'the key frame has no sequence header; let the encoder put one before every key frame',
      );
    }
    const packets = layOutEvenly(obus, maxPayloadSize);
    return packets.map((packet, i) => ({
      payload: write(packet, i === 0 && frame.key),
      marker: i === packets.length - 1,
    }));
  }
}

function readObus(data: Uint8Array): readonly Obu[] {
  const obus: Obu[] = [];
  for (let at = 0; at < data.length;) {
    const first = data[at]!;
    const headerEnd = at + obuHeaderBytes(first);
    const size = hasSize(first)
      ? readLeb128(data, headerEnd)
      : { value: data.length - headerEnd, end: headerEnd };
    const end = size === undefined ? Number.NaN : size.end + size.value;
    if (size === undefined || !(size.value >= 0 && end <= data.length) || (first & 0x80) !== 0) {
      throw new ArgumentError(
        `no OBU is readable at byte ${at}; give a temporal unit in the low-overhead format`,
      );
    }
    const header = [withoutSize(first), ...data.subarray(at + 1, headerEnd)];
    const content = data.subarray(size.end, end);
    if (!isLeftOut(first)) {
      obus.push({ header, content, length: header.length + content.length, layer: header[1] });
    }
    at = end;
  }
  if (obus.length === 0) {
    throw new ArgumentError('the temporal unit holds nothing to send; leave it out');
  }
  return obus;
}

/** The fewest packets possible, filled as evenly as can be. */
function layOutEvenly(obus: readonly Obu[], maxPayloadSize: number): readonly Packet[] {
  let packets = layOut(obus, () => maxPayloadSize);
  const fewest = packets.length;
  if (fewest === 1) return packets;
  // Looks for the smallest sum of all limits that does not make the packets more.
  let low = obus.reduce((sum, { length }) => sum + length, 0);
  let high = maxPayloadSize * fewest;
  while (low + 1 < high) {
    const sum = Math.floor((low + high) / 2);
    const tried = layOut(obus, (i) => Math.floor((sum + fewest - 1 - i) / fewest));
    if (tried.length > fewest) {
      low = sum;
    } else {
      high = sum;
      packets = tried;
    }
  }
  return packets;
}

/** Fills packets one after the other, the i-th with at most `limit(i)` bytes. */
function layOut(obus: readonly Obu[], limit: (i: number) => number): readonly Packet[] {
  const packets: Packet[] = [];
  let packet: Packet | undefined;
  for (const obu of obus) {
    for (let from = 0; from < obu.length;) {
      const left = obu.length - from;
      if (packet === undefined || roomFor(packet, obu) < Math.min(left, MIN_FRAGMENT_BYTES)) {
        packet = { limit: limit(packets.length), pieces: [], layer: undefined, size: 0 };
        packets.push(packet);
      }
      const take = Math.min(left, Math.max(1, roomFor(packet, obu)));
      packet.pieces.push({ obu, from, to: from + take });
      packet.layer ??= obu.layer;
      packet.size += leb128Bytes(take) + take;
      from += take;
      if (from < obu.length) packet = undefined;
    }
  }
  return packets;
}

/** Bytes of `obu` that the packet can still take. */
function roomFor({ limit, layer, pieces, size }: Packet, obu: Obu): number {
  if (layer !== undefined && obu.layer !== undefined && layer !== obu.layer) return 0;
  const room = limit - HEADER_BYTES - size;
  return pieces.length < MAX_COUNTED ? room : room - leb128Bytes(Math.max(room, 0));
}

function write({ pieces }: Packet, begins: boolean): Uint8Array {
  const counted = pieces.length <= MAX_COUNTED;
  const last = pieces.at(-1)!;
  const lastSize = last.to - last.from;
  const size = pieces.reduce((sum, { from, to }) => sum + leb128Bytes(to - from) + to - from, 0);
  const payload = new Uint8Array(HEADER_BYTES + size - (counted ? leb128Bytes(lastSize) : 0));
  payload[0] =
    (pieces[0]!.from > 0 ? 0x80 : 0) |
    (last.to < last.obu.length ? 0x40 : 0) |
    (counted ? pieces.length << 4 : 0) |
    (begins ? 0x08 : 0);
  let at = HEADER_BYTES;
  for (const piece of pieces) {
    if (!counted || piece !== last) at = writeLeb128(payload, at, piece.to - piece.from);
    at = writePiece(payload, at, piece);
  }
  return payload;
}

function writePiece(target: Uint8Array, at: number, { obu, from, to }: Piece): number {
  const { header, content } = obu;
  for (let i = from; i < Math.min(to, header.length); i++) target[at++] = header[i]!;
  const bytes = content.subarray(
    Math.max(from - header.length, 0),
    Math.max(to - header.length, 0),
  );
  target.set(bytes, at);
  return at + bytes.length;
}
