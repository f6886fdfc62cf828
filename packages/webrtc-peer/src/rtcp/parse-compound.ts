import { readNackPair } from './nack-pairs.js';
import { FeedbackFormat, PayloadType } from './packet.js';
import type { FirEntry, ReceptionReport, RtcpPacket } from './packet.js';
import { readRemb } from './remb.js';
import { readChunks } from './source-description.js';

/**
 * Why a part of a compound could not be read: cut off or longer than the datagram says, not version 2, padding that
 * cannot be, or contents that do not fit its type.
 */
export type RtcpFault = 'truncated' | 'version' | 'padding' | 'contents';

/** What {@link parseCompound} could read, in order, and one fault for each part that it could not. */
export interface ParsedCompound {
  readonly packets: readonly RtcpPacket[];
  readonly faults: readonly RtcpFault[];
}

const HEADER_BYTES = 4;
const BLOCK_BYTES = 24;
const SENDER_INFO_BYTES = 24;
const text = new TextDecoder();

/**
 * Reads the packets of an RTCP datagram, compound or of reduced size (RFC 3550 §6.1, RFC 5506); never throws. A
 * packet with unreadable contents is left out and those after it are read; where a length cannot be believed, reading
 * ends. `body` of unknown packets is a view of `bytes`.
 */
export function parseCompound(bytes: Uint8Array): ParsedCompound {
  const packets: RtcpPacket[] = [];
  const faults: RtcpFault[] = [];
  const view = viewOf(bytes);
  let at = 0;
  while (at < bytes.length) {
    if (at + HEADER_BYTES > bytes.length) {
      faults.push('truncated');
      break;
    }
    const first = bytes[at]!;
    if (first >>> 6 !== 2) {
      faults.push('version');
      break;
    }
    const end = at + HEADER_BYTES + 4 * view.getUint16(at + 2);
    if (end > bytes.length) {
      faults.push('truncated');
      break;
    }
    const padding = (first & 0x20) === 0 ? 0 : (bytes[end - 1] ?? 0);
    const bodyBytes = end - at - HEADER_BYTES - padding;
    if ((first & 0x20) !== 0 && (padding === 0 || padding % 4 !== 0 || bodyBytes < 0)) {
      faults.push('padding');
    } else {
      const body = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + bodyBytes);
      const packet = parsePacket(bytes[at + 1]!, first & 0x1f, body);
      if (packet) packets.push(packet);
      else faults.push('contents');
    }
    at = end;
  }
  return { packets, faults };
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** The packet of a type, five bits of count or format, and a body of whole words; undefined for broken contents. */
function parsePacket(payloadType: number, count: number, body: Uint8Array): RtcpPacket | undefined {
  switch (payloadType) {
    case PayloadType.senderReport:
      return parseSenderReport(count, body);
    case PayloadType.receiverReport: {
      const reports = parseReports(body, 4, count);
      return reports && { type: 'receiver-report', ssrc: viewOf(body).getUint32(0), reports };
    }
    case PayloadType.sourceDescription: {
      const chunks = readChunks(body, count);
      return chunks && { type: 'source-description', chunks };
    }
    case PayloadType.bye:
      return parseBye(count, body);
    case PayloadType.transportFeedback:
      if (count === FeedbackFormat.nack) return parseNack(body);
      break;
    case PayloadType.payloadFeedback:
      if (count === FeedbackFormat.pli) return parsePli(body);
      if (count === FeedbackFormat.fir) return parseFir(body);
      if (count === FeedbackFormat.application) return parseApplicationFeedback(body);
      break;
    default:
  }
  return { type: 'unknown', payloadType, count, body };
}

function parseSenderReport(count: number, body: Uint8Array): RtcpPacket | undefined {
  const reports = parseReports(body, SENDER_INFO_BYTES, count);
  if (!reports) return undefined;
  const view = viewOf(body);
  return {
    type: 'sender-report',
    ssrc: view.getUint32(0),
    ntp: { seconds: view.getUint32(4), fraction: view.getUint32(8) },
    rtpTimestamp: view.getUint32(12),
    packetCount: view.getUint32(16),
    octetCount: view.getUint32(20),
    reports,
  };
}

/** Report blocks from `at`; what may follow them is a profile's extension and not looked at (RFC 3550 §6.4.3). */
function parseReports(body: Uint8Array, at: number, count: number): ReceptionReport[] | undefined {
  if (body.length < at + count * BLOCK_BYTES) return undefined;
  const view = viewOf(body);
  return Array.from({ length: count }, (_, index) => {
    const block = at + index * BLOCK_BYTES;
    const loss = view.getInt32(block + 4);
    return {
      ssrc: view.getUint32(block),
      fractionLost: loss >>> 24,
      cumulativeLost: (loss << 8) >> 8,
      extendedHighestSequence: view.getUint32(block + 8),
      jitter: view.getUint32(block + 12),
      lastSenderReport: view.getUint32(block + 16),
      delaySinceLastSenderReport: view.getUint32(block + 20),
    };
  });
}

function parseBye(count: number, body: Uint8Array): RtcpPacket | undefined {
  const end = 4 * count;
  if (body.length < end) return undefined;
  const view = viewOf(body);
  const ssrcs = Array.from({ length: count }, (_, index) => view.getUint32(4 * index));
  const length = body[end];
  if (length === undefined) return { type: 'bye', ssrcs };
  if (end + 1 + length > body.length) return undefined;
  const reason = text.decode(body.subarray(end + 1, end + 1 + length));
  return { type: 'bye', ssrcs, reason };
}

/** The two SSRCs that every feedback packet begins with (RFC 4585 §6.1). */
function feedbackSsrcs(
  body: Uint8Array,
): { readonly senderSsrc: number; readonly mediaSsrc: number } | undefined {
  if (body.length < 8) return undefined;
  const view = viewOf(body);
  return { senderSsrc: view.getUint32(0), mediaSsrc: view.getUint32(4) };
}

function parseNack(body: Uint8Array): RtcpPacket | undefined {
  const ssrcs = feedbackSsrcs(body);
  if (!ssrcs || body.length < 12) return undefined;
  const view = viewOf(body);
  const sequences: number[] = [];
  for (let at = 8; at < body.length; at += 4) readNackPair(view.getUint32(at), sequences);
  return { type: 'nack', ...ssrcs, sequences };
}

function parsePli(body: Uint8Array): RtcpPacket | undefined {
  const ssrcs = feedbackSsrcs(body);
  return ssrcs && body.length === 8 ? { type: 'pli', ...ssrcs } : undefined;
}

function parseFir(body: Uint8Array): RtcpPacket | undefined {
  const ssrcs = feedbackSsrcs(body);
  if (!ssrcs || body.length < 16 || body.length % 8 !== 0) return undefined;
  const view = viewOf(body);
  const entries: FirEntry[] = [];
  for (let at = 8; at < body.length; at += 8) {
    entries.push({ ssrc: view.getUint32(at), sequence: view.getUint8(at + 4) });
  }
  return { type: 'fir', senderSsrc: ssrcs.senderSsrc, entries };
}

function parseApplicationFeedback(body: Uint8Array): RtcpPacket | undefined {
  const ssrcs = feedbackSsrcs(body);
  if (!ssrcs) return undefined;
  const message = readRemb(body.subarray(8));
  if (message === 'malformed') return undefined;
  if (message) return { type: 'remb', senderSsrc: ssrcs.senderSsrc, ...message };
  return {
    type: 'unknown',
    payloadType: PayloadType.payloadFeedback,
    count: FeedbackFormat.application,
    body,
  };
}
