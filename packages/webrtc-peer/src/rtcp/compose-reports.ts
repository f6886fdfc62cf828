import { MAX_COUNT } from './packet.js';
import type { ReceptionReport, RtcpPacket, SenderReportPacket } from './packet.js';

/**
 * The reports of one round: sender reports with up to 31 report blocks each, as many receiver reports more as the
 * blocks need, and one without blocks where there is nothing else to begin a compound with (RFC 3550 §6.1).
 */
export function reportPackets(
  ssrc: number,
  senders: readonly SenderReportPacket[],
  blocks: readonly ReceptionReport[],
): RtcpPacket[] {
  const packets: RtcpPacket[] = [];
  let taken = 0;
  const take = (): ReceptionReport[] => {
    const some = blocks.slice(taken, taken + MAX_COUNT);
    taken += some.length;
    return some;
  };
  for (const sender of senders) packets.push({ ...sender, reports: take() });
  while (taken < blocks.length || packets.length === 0) {
    packets.push({ type: 'receiver-report', ssrc: senders[0]?.ssrc ?? ssrc, reports: take() });
  }
  return packets;
}
