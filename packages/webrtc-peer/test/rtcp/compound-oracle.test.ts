import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  GenericNack,
  PictureLossIndication,
  RtcpPacketConverter,
  RtcpPayloadSpecificFeedback,
  RtcpReceiverInfo,
  RtcpRrPacket,
  RtcpSenderInfo,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
} from 'werift';
import { parseCompound, writeCompound } from '../../src/rtcp/index.js';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const block = fc.record({
  ssrc: uint32,
  fractionLost: fc.integer({ min: 0, max: 255 }),
  cumulativeLost: fc.integer({ min: 0, max: 2 ** 23 - 1 }),
  extendedHighestSequence: uint32,
  jitter: uint32,
  lastSenderReport: uint32,
  delaySinceLastSenderReport: uint32,
});

test('reports, NACK and PLI have the bytes that werift gives them', () => {
  fc.assert(
    fc.property(uint32, uint32, uint32, fc.array(block, { maxLength: 4 }), (a, b, c, reports) => {
      const theirReports = reports.map(
        (report) =>
          new RtcpReceiverInfo({
            ssrc: report.ssrc,
            fractionLost: report.fractionLost,
            packetsLost: report.cumulativeLost,
            highestSequence: report.extendedHighestSequence,
            jitter: report.jitter,
            lsr: report.lastSenderReport,
            dlsr: report.delaySinceLastSenderReport,
          }),
      );
      const senderInfo = new RtcpSenderInfo({
        ntpTimestamp: (BigInt(a) << 32n) | BigInt(b),
        rtpTimestamp: c,
        packetCount: b,
        octetCount: a,
      });
      const lost = [a & 0xff, 300 + (b & 0xf), 400 + (c & 0xff)];
      const theirs = Buffer.concat([
        new RtcpSrPacket({ ssrc: c, senderInfo, reports: theirReports }).serialize(),
        new RtcpRrPacket({ ssrc: b, reports: theirReports }).serialize(),
        new RtcpTransportLayerFeedback({
          feedback: new GenericNack({ senderSsrc: a, mediaSourceSsrc: b, lost }),
        }).serialize(),
        new RtcpPayloadSpecificFeedback({
          feedback: new PictureLossIndication({ senderSsrc: a, mediaSsrc: b }),
        }).serialize(),
      ]);
      const ours = writeCompound([
        {
          type: 'sender-report',
          ssrc: c,
          ntp: { seconds: a, fraction: b },
          rtpTimestamp: c,
          packetCount: b,
          octetCount: a,
          reports,
        },
        { type: 'receiver-report', ssrc: b, reports },
        { type: 'nack', senderSsrc: a, mediaSsrc: b, sequences: lost },
        { type: 'pli', senderSsrc: a, mediaSsrc: b },
      ]);
      expect(Buffer.from(ours).toString('hex')).toBe(theirs.toString('hex'));
      expect(parseCompound(theirs).faults).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('werift reads our REMB in a compound', () => {
  const datagram = writeCompound([
    { type: 'receiver-report', ssrc: 1, reports: [] },
    { type: 'remb', senderSsrc: 1, bitrate: 2_500_000, ssrcs: [7, 8] },
  ]);
  const [, feedback] = RtcpPacketConverter.deSerialize(Buffer.from(datagram));
  expect(feedback).toMatchObject({ feedback: { bitrate: 2_500_000n, ssrcFeedbacks: [7, 8] } });
});
