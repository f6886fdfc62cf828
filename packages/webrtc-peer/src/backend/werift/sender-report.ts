import { SDES_CNAME, writeCompound } from '../../rtcp/index.js';
import type { SenderReport } from '../../rtp/packet.js';

/**
 * The RTCP compound packet that a sender report travels in: the report, then the source description with the
 * canonical name that RFC 3550 §6.1 asks for. `cname` is ASCII of at most 255 bytes.
 */
export function serializeSenderReport(report: SenderReport, cname: string): Buffer {
  const { ssrc, ntpSeconds, ntpFraction, rtpTimestamp, packetCount, octetCount } = report;
  const bytes = writeCompound([
    {
      type: 'sender-report',
      ssrc,
      ntp: { seconds: ntpSeconds, fraction: ntpFraction },
      rtpTimestamp,
      packetCount,
      octetCount,
      reports: [],
    },
    {
      type: 'source-description',
      chunks: [{ ssrc, items: [{ kind: SDES_CNAME, text: cname }] }],
    },
  ]);
  return Buffer.from(bytes.buffer);
}
