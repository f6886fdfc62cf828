import type { SenderReport } from '../../rtp/packet.js';

const SENDER_REPORT = 200;
const SOURCE_DESCRIPTION = 202;
const CNAME = 1;
const SENDER_REPORT_BYTES = 28;

/**
 * The RTCP compound packet that a sender report travels in: the report, then the source description with the
 * canonical name that RFC 3550 §6.1 asks for. `cname` is ASCII of at most 255 bytes.
 */
export const serializeSenderReport = (report: SenderReport, cname: string): Buffer => {
  // chunk: SSRC, one item of type and length, at least one zero to end it, up to a word boundary (§6.5)
  const chunkBytes = Math.ceil((4 + 2 + cname.length + 1) / 4) * 4;
  const packet = Buffer.alloc(SENDER_REPORT_BYTES + 4 + chunkBytes);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(SENDER_REPORT, 1);
  packet.writeUInt16BE(SENDER_REPORT_BYTES / 4 - 1, 2);
  packet.writeUInt32BE(report.ssrc, 4);
  packet.writeUInt32BE(report.ntpSeconds >>> 0, 8);
  packet.writeUInt32BE(report.ntpFraction >>> 0, 12);
  packet.writeUInt32BE(report.rtpTimestamp >>> 0, 16);
  packet.writeUInt32BE(report.packetCount >>> 0, 20);
  packet.writeUInt32BE(report.octetCount >>> 0, 24);
  packet.writeUInt8(0x81, 28);
  packet.writeUInt8(SOURCE_DESCRIPTION, 29);
  packet.writeUInt16BE(chunkBytes / 4, 30);
  packet.writeUInt32BE(report.ssrc, 32);
  packet.writeUInt8(CNAME, 36);
  packet.writeUInt8(cname.length, 37);
  packet.write(cname, 38, 'ascii');
  return packet;
};
