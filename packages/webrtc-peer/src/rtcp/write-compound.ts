import { nackPairs } from './nack-pairs.js';
import { FeedbackFormat, MAX_COUNT, PayloadType } from './packet.js';
import type { ReceptionReport, RtcpPacket } from './packet.js';
import { writeRemb } from './remb.js';
import { utf8Length, writeChunk } from './source-description.js';

/** Thrown for an RTCP packet that has no form on the wire, such as one with 32 report blocks. */
export class RtcpFormatError extends Error {
  override readonly name = 'RtcpFormatError';
  readonly code = 'RTCP_FORMAT';
}

const LARGEST_TEXT = 255;
const LARGEST_BITRATE = (2 ** 18 - 1) * 2 ** 63;
const LARGEST_WORDS = 0xffff;
const CUMULATIVE_MIN = -(2 ** 23);
const CUMULATIVE_MAX = 2 ** 23 - 1;

/** Type, count or format, and body of a packet, from which its header follows. */
interface Parts {
  readonly payloadType: number;
  readonly count: number;
  readonly body: Uint8Array;
}

/**
 * The bytes of an RTCP datagram of these packets in this order. Cumulative loss beyond 24 bits is clamped as
 * RFC 3550 A.3 has it.
 *
 * @throws {RtcpFormatError} `RTCP_FORMAT` where a count, text or body is larger than its format allows.
 */
export function writeCompound(packets: readonly RtcpPacket[]): Uint8Array {
  const parts = packets.map(partsOf);
  const compound = new Uint8Array(parts.reduce((sum, { body }) => sum + 4 + body.length, 0));
  const view = new DataView(compound.buffer);
  let at = 0;
  for (const { payloadType, count, body } of parts) {
    limit('32-bit words of a packet', body.length / 4, LARGEST_WORDS);
    compound[at] = 0x80 | count;
    compound[at + 1] = payloadType;
    view.setUint16(at + 2, body.length / 4);
    compound.set(body, at + 4);
    at += 4 + body.length;
  }
  return compound;
}

function limit(what: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new RtcpFormatError(
    `${what}: ${value} cannot be written; give an integer of 0 to ${most}, or split the packet`,
  );
}

function partsOf(packet: RtcpPacket): Parts {
  switch (packet.type) {
    case 'sender-report': {
      const { ssrc, ntp, rtpTimestamp, packetCount, octetCount, reports } = packet;
      const info = words(ssrc, ntp.seconds, ntp.fraction, rtpTimestamp, packetCount, octetCount);
      return counted(PayloadType.senderReport, reports.length, [info, ...reports.map(writeReport)]);
    }
    case 'receiver-report': {
      const { ssrc, reports } = packet;
      const blocks = [words(ssrc), ...reports.map(writeReport)];
      return counted(PayloadType.receiverReport, reports.length, blocks);
    }
    case 'source-description':
      for (const { kind, text } of packet.chunks.flatMap(({ items }) => items)) {
        limit('kind of an item less one', kind - 1, LARGEST_TEXT - 1);
        limit('bytes of an item', utf8Length(text), LARGEST_TEXT);
      }
      return counted(
        PayloadType.sourceDescription,
        packet.chunks.length,
        packet.chunks.map(writeChunk),
      );
    case 'bye':
      return counted(PayloadType.bye, packet.ssrcs.length, [
        words(...packet.ssrcs),
        writeReason(packet.reason),
      ]);
    case 'nack': {
      limit('missing packets less one', packet.sequences.length - 1, LARGEST_WORDS);
      const ids = words(packet.senderSsrc, packet.mediaSsrc);
      const pairs = words(...nackPairs(packet.sequences));
      return counted(PayloadType.transportFeedback, FeedbackFormat.nack, [ids, pairs]);
    }
    case 'pli': {
      const body = words(packet.senderSsrc, packet.mediaSsrc);
      return { payloadType: PayloadType.payloadFeedback, count: FeedbackFormat.pli, body };
    }
    case 'fir': {
      limit('key frame requests less one', packet.entries.length - 1, LARGEST_WORDS / 2);
      const entries = packet.entries.flatMap(({ ssrc, sequence }) => [ssrc, sequence << 24]);
      const body = words(packet.senderSsrc, 0, ...entries);
      return { payloadType: PayloadType.payloadFeedback, count: FeedbackFormat.fir, body };
    }
    case 'remb': {
      limit('streams of an estimate', packet.ssrcs.length, LARGEST_TEXT);
      limit('bitrate in bit/s', Math.floor(packet.bitrate), LARGEST_BITRATE);
      const body = join([words(packet.senderSsrc, 0), writeRemb(packet)]);
      return { payloadType: PayloadType.payloadFeedback, count: FeedbackFormat.application, body };
    }
    case 'unknown':
      limit('payload type', packet.payloadType, 255);
      limit('words of a body', packet.body.length / 4, LARGEST_WORDS);
      return counted(packet.payloadType, packet.count, [packet.body]);
  }
}

function counted(payloadType: number, count: number, parts: readonly Uint8Array[]): Parts {
  limit('blocks, chunks or sources of a packet', count, MAX_COUNT);
  return { payloadType, count, body: join(parts) };
}

function writeReport(report: ReceptionReport): Uint8Array {
  const lost = Math.min(Math.max(report.cumulativeLost, CUMULATIVE_MIN), CUMULATIVE_MAX);
  return words(
    report.ssrc,
    (report.fractionLost << 24) | (lost & 0xff_ffff),
    report.extendedHighestSequence,
    report.jitter,
    report.lastSenderReport,
    report.delaySinceLastSenderReport,
  );
}

/** Length and text of a reason to leave, filled with zeros to a whole word; nothing if there is none. */
function writeReason(reason: string | undefined): Uint8Array {
  if (reason === undefined) return new Uint8Array();
  const text = new TextEncoder().encode(reason);
  limit('bytes of a reason', text.length, LARGEST_TEXT);
  const bytes = new Uint8Array(Math.ceil((1 + text.length) / 4) * 4);
  bytes[0] = text.length;
  bytes.set(text, 1);
  return bytes;
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(4 * index, value));
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
