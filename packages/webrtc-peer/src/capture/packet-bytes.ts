import type { RtpPacket, SenderReport } from '../rtp/packet.js';

/** Bytes of an RTP header without CSRCs and extensions (RFC 3550 §5.1). */
export const RTP_HEADER_BYTES = 12;
/** Bytes of a sender report without report blocks (RFC 3550 §6.4.1). */
export const SENDER_REPORT_BYTES = 28;

/** Writes the plain header of `packet` and its payload at `at`. */
export function writeRtp(bytes: Uint8Array, view: DataView, at: number, packet: RtpPacket): void {
  view.setUint8(at, 0x80);
  view.setUint8(at + 1, (packet.marker ? 0x80 : 0) | (packet.payloadType & 0x7f));
  view.setUint16(at + 2, packet.sequenceNumber);
  view.setUint32(at + 4, packet.timestamp);
  view.setUint32(at + 8, packet.ssrc);
  bytes.set(packet.payload, at + RTP_HEADER_BYTES);
}

/** Writes `report` as an RTCP packet without report blocks at `at`. */
export function writeSenderReport(view: DataView, at: number, report: SenderReport): void {
  view.setUint32(at, 0x80c8_0006);
  view.setUint32(at + 4, report.ssrc);
  view.setUint32(at + 8, report.ntpSeconds);
  view.setUint32(at + 12, report.ntpFraction);
  view.setUint32(at + 16, report.rtpTimestamp);
  view.setUint32(at + 20, report.packetCount);
  view.setUint32(at + 24, report.octetCount);
}
