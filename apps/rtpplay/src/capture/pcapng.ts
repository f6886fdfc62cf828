import { type Micros, micros } from '@rm/rtp-sync';
import type { CaptureFault } from '@rm/webrtc-peer';
import type { DatagramReader, Skip } from './datagram.js';
import { datagramIn } from './pcap.js';

/** Block types (draft-ietf-opsawg-pcapng §4). The first reads the same in both byte orders. */
const SECTION = 0x0a0d_0d0a;
const INTERFACE = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER = 0x1a2b_3c4d;
/** A block has a type and a length before its body, and the length again after it. */
const BLOCK_HEADER = 8;
const BLOCK_TRAILER = 4;

const END_OF_OPTIONS = 0;
const TIME_RESOLUTION = 9;
const TIME_OFFSET = 14;

interface Interface {
  readonly linkType: number;
  readonly ticksPerSecond: bigint;
  /** In whole seconds, to be added. */
  readonly offset: bigint;
}

/** Whether a file begins as pcapng does. */
export const isPcapng = (file: Uint8Array): boolean =>
  file.length >= 4 && new DataView(file.buffer, file.byteOffset).getUint32(0) === SECTION;

/**
 * Reads the UDP datagrams of a pcapng file, with any number of sections and interfaces. Blocks of other types are
 * passed over.
 * @yields each datagram, in the order of the file.
 */
export function* readPcapng(file: Uint8Array, skip: Skip): DatagramReader {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let littleEndian = true;
  let interfaces: Interface[] = [];
  for (let position = 0; position < file.length;) {
    const fault = (reason: string): CaptureFault => ({ position, reason });
    if (file.length - position < BLOCK_HEADER + BLOCK_TRAILER)
      return fault('a block header is cut off');
    const isSection = view.getUint32(position) === SECTION;
    if (isSection) {
      littleEndian = view.getUint32(position + BLOCK_HEADER, true) === BYTE_ORDER;
      if (!littleEndian && view.getUint32(position + BLOCK_HEADER) !== BYTE_ORDER)
        return fault('a section has no byte-order mark');
      interfaces = [];
    }
    const length = view.getUint32(position + 4, littleEndian);
    if (length < BLOCK_HEADER + BLOCK_TRAILER || length % 4 !== 0)
      return fault(`a block cannot have ${length} bytes`);
    if (length > file.length - position) return fault(`a block of ${length} bytes is cut off`);
    const begin = position + BLOCK_HEADER;
    const body = file.subarray(begin, position + length - BLOCK_TRAILER);
    const type = view.getUint32(position, littleEndian);
    if (type === INTERFACE) interfaces.push(readInterface(body, littleEndian));
    else if (type === SIMPLE_PACKET) skip('no time of arrival');
    else if (type === ENHANCED_PACKET || type === OLD_PACKET)
      yield* packetIn(body, littleEndian, type === OLD_PACKET, interfaces, skip);
    position += length;
  }
  return undefined;
}

function* packetIn(
  body: Uint8Array,
  littleEndian: boolean,
  old: boolean,
  interfaces: readonly Interface[],
  skip: Skip,
): DatagramReader {
  if (body.length < 20) {
    skip('malformed');
    return undefined;
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const on = interfaces[old ? view.getUint16(0, littleEndian) : view.getUint32(0, littleEndian)];
  const captured = view.getUint32(12, littleEndian);
  if (on === undefined || captured > body.length - 20) {
    skip('malformed');
    return undefined;
  }
  const arrival = timeOf(view.getUint32(4, littleEndian), view.getUint32(8, littleEndian), on);
  if (arrival === undefined) skip('no time of arrival');
  else yield* datagramIn(on.linkType, body.subarray(20, 20 + captured), arrival, skip);
  return undefined;
}

/** Undefined for a time so far off that µs are lost in it. */
function timeOf(
  high: number,
  low: number,
  { ticksPerSecond, offset }: Interface,
): Micros | undefined {
  const ticks = (BigInt(high) << 32n) | BigInt(low);
  const time = Number((ticks * 1_000_000n) / ticksPerSecond + offset * 1_000_000n);
  return Number.isSafeInteger(time) ? micros(time) : undefined;
}

function readInterface(body: Uint8Array, littleEndian: boolean): Interface {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  // No link type that is known has this number: its packets are skipped.
  const linkType = body.length < 2 ? 0xffff : view.getUint16(0, littleEndian);
  let ticksPerSecond = 1_000_000n;
  let offset = 0n;
  for (let at = 8; at + 4 <= body.length;) {
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    if (code === END_OF_OPTIONS || at + 4 + length > body.length) break;
    if (code === TIME_RESOLUTION && length === 1) {
      const resolution = body[at + 4]!;
      ticksPerSecond = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
    } else if (code === TIME_OFFSET && length === 8)
      offset = view.getBigInt64(at + 4, littleEndian);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return { linkType, ticksPerSecond, offset };
}
