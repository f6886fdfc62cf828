import { type Micros, micros } from '@rm/rtp-sync';
import type { DatagramReader, Skip } from './datagram.js';
import { ipPacket } from './link-layer.js';
import { udpPayload } from './udp.js';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** No snapshot is longer (`MAXIMUM_SNAPLEN` of libpcap). */
const MAX_FRAME = 262_144;
/** The magic number as written by a big-endian machine, and what a unit of the fraction is. */
const MICROSECONDS = 0xa1b2_c3d4;
const NANOSECONDS = 0xa1b2_3c4d;

interface Layout {
  readonly littleEndian: boolean;
  readonly perMicro: number;
}

/** How a pcap file is laid out; undefined for other files. */
export function pcapLayout(file: Uint8Array): Layout | undefined {
  if (file.length < 4) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, 4);
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === MICROSECONDS) return { littleEndian, perMicro: 1 };
    if (magic === NANOSECONDS) return { littleEndian, perMicro: 1000 };
  }
  return undefined;
}

/**
 * Reads the UDP datagrams of a pcap file of libpcap (draft-ietf-opsawg-pcap), of either byte order, in micro- or
 * nanoseconds.
 * @yields each datagram, in the order of the file.
 */
export function* readPcap(file: Uint8Array, skip: Skip): DatagramReader {
  const layout = pcapLayout(file);
  if (layout === undefined || file.length < FILE_HEADER)
    return { position: 0, reason: 'the file header is cut off' };
  const { littleEndian, perMicro } = layout;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  // The upper bits tell of frame check sequences at the end, which do not matter here.
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  let position = FILE_HEADER;
  while (position < file.length) {
    const room = file.length - position - RECORD_HEADER;
    if (room < 0) return { position, reason: 'a record header is cut off' };
    const length = view.getUint32(position + 8, littleEndian);
    if (length > MAX_FRAME)
      return { position, reason: `a record of ${length} bytes is longer than any frame` };
    if (length > room) return { position, reason: `a record of ${length} bytes is cut off` };
    const seconds = view.getUint32(position, littleEndian);
    const fraction = view.getUint32(position + 4, littleEndian);
    const begin = position + RECORD_HEADER;
    const arrival = micros(seconds * 1e6 + fraction / perMicro);
    yield* datagramIn(linkType, file.subarray(begin, begin + length), arrival, skip);
    position = begin + length;
  }
  return undefined;
}

/**
 * Takes a captured frame apart.
 * @yields the datagram in it, if there is one.
 */
export function* datagramIn(
  linkType: number,
  frame: Uint8Array,
  arrival: Micros,
  skip: Skip,
): DatagramReader {
  const packet = ipPacket(linkType, frame);
  const payload = typeof packet === 'string' ? packet : udpPayload(packet);
  if (typeof payload === 'string') skip(payload);
  else yield { arrival, ...payload };
  return undefined;
}
