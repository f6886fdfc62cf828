import type { RtpPacket } from '../rtp/packet.js';

/** The stream that retransmissions travel in where RTX was negotiated (RFC 4588 §8.1 and §8.6). */
export interface RtxStream {
  /** SSRC of the retransmission stream (`a=ssrc-group:FID`). */
  readonly ssrc: number;
  readonly payloadType: number;
  /** Its first sequence number, random as any stream's. */
  readonly firstSequence: number;
}

/** Puts packets into the retransmission stream: original sequence number before the payload (RFC 4588 §4). */
export class RtxSender {
  readonly #stream: RtxStream;
  #sequence: number;

  constructor(stream: RtxStream) {
    this.#stream = stream;
    this.#sequence = stream.firstSequence & 0xffff;
  }

  /** The packet to send instead of sending `original` again; its payload is a copy. */
  wrap(original: RtpPacket): RtpPacket {
    const payload = new Uint8Array(2 + original.payload.length);
    payload[0] = original.sequenceNumber >>> 8;
    payload[1] = original.sequenceNumber & 0xff;
    payload.set(original.payload, 2);
    const { ssrc, payloadType } = this.#stream;
    const sequenceNumber = this.#sequence;
    this.#sequence = (sequenceNumber + 1) & 0xffff;
    return { ...original, ssrc, payloadType, sequenceNumber, payload };
  }
}

/**
 * The original of a packet of a retransmission stream, with the SSRC and payload type (`apt`) that it belongs to;
 * undefined for one without a payload, as senders use them to probe the path. The payload is a view of the packet's.
 */
export function unwrapRtx(
  packet: RtpPacket,
  original: { readonly ssrc: number; readonly payloadType: number },
): RtpPacket | undefined {
  const [high, low] = packet.payload;
  if (high === undefined || low === undefined || packet.payload.length === 2) return undefined;
  return {
    ...packet,
    ssrc: original.ssrc,
    payloadType: original.payloadType,
    sequenceNumber: (high << 8) | low,
    payload: packet.payload.subarray(2),
  };
}
