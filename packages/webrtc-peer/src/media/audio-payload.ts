import { parseRed } from '@rm/codecs';
import type { RtpPacket } from '../rtp/packet.js';
import type { NegotiatedFormat } from '../session/formats.js';

/** A packet of sound, and the packets before it of which it carries copies. */
export interface AudioArrival {
  readonly packet: RtpPacket;
  readonly copies: readonly RtpPacket[];
}

const NOTHING = new Uint8Array(0);

/**
 * Takes the copies of earlier packets out of a packet of `format` (RFC 2198). A copy has the sequence number of its place,
 * as who sends redundancy leaves no packet out. What cannot be read has no payload.
 */
export function unpackAudio(packet: RtpPacket, format: NegotiatedFormat): AudioArrival {
  if (packet.payloadType !== format.red?.local) return { packet, copies: [] };
  const { payloadType } = format.local;
  const red = parseRed(packet.payload);
  if (!red.ok || red.value.payloadType !== payloadType)
    return { packet: { ...packet, payloadType, payload: NOTHING }, copies: [] };
  const { payload, redundant } = red.value;
  const copies = redundant.flatMap((block, i): RtpPacket[] => {
    if (block.payloadType !== payloadType || block.timestampOffset === 0) return [];
    return [
      {
        ssrc: packet.ssrc,
        payloadType,
        sequenceNumber: (packet.sequenceNumber - redundant.length + i) & 0xffff,
        timestamp: (packet.timestamp - block.timestampOffset) >>> 0,
        marker: false,
        payload: block.payload,
      },
    ];
  });
  return { packet: { ...packet, payloadType, payload }, copies };
}
