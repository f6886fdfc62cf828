import { ReceptionStatistics } from '@rm/rtp-sync';
import type { StreamPacket } from '../stream/stream.js';

/** What the network did to a stream, whatever the receiver makes of it. */
export interface Reception {
  /** All packets, duplicates included. */
  readonly received: number;
  /** Packets that never came. */
  readonly lost: number;
  readonly duplicates: number;
  /** Packets that came after a later one. */
  readonly reordered: number;
  /** Interarrival jitter at the end (RFC 3550 A.8), in ms. */
  readonly jitterMs: number;
  /** The longest time by which a packet came later than the one before it let expect. */
  readonly worstStall: Stall | undefined;
}

/** A time in which nothing came though something was sent. */
export interface Stall {
  /** When the first packet after it came, in µs since the first packet of the stream. */
  readonly end: number;
  /** In µs. */
  readonly length: number;
}

/** Shorter waits are jitter. */
const SHORTEST_STALL = 100_000;

/** Counts what came of a stream and what did not, as RFC 3550 appendix A does. */
export function reception(packets: readonly StreamPacket[], clockRate: number): Reception {
  const statistics = new ReceptionStatistics(clockRate);
  const seen = new Set<number>();
  let highest: StreamPacket | undefined;
  let expected = 0;
  let duplicates = 0;
  let reordered = 0;
  let worst: Stall | undefined;
  for (const packet of packets) {
    const before = statistics.packetsExpected;
    const verdict = statistics.update(packet.order & 0xffff, packet.timestamp, packet.arrival);
    // A stray, or the first packet of a new beginning: nobody knows yet.
    if (verdict === 'invalid') continue;
    if (verdict === 'restart') {
      expected += before;
      highest = undefined;
    }
    if (seen.has(packet.order)) duplicates++;
    else if (highest !== undefined && packet.order < highest.order) reordered++;
    seen.add(packet.order);
    if (highest !== undefined && packet.order <= highest.order) continue;
    const length = highest === undefined ? 0 : lateness(packet, highest, clockRate);
    if (length >= SHORTEST_STALL && length > (worst?.length ?? 0))
      worst = { end: packet.arrival, length };
    highest = packet;
  }
  expected += statistics.packetsExpected;
  return {
    received: packets.length,
    lost: Math.max(0, expected - seen.size),
    duplicates,
    reordered,
    jitterMs: statistics.jitter / 1000,
    worstStall: worst,
  };
}

/** How much later `packet` came after `before` than it was sent, in µs. */
const lateness = (packet: StreamPacket, before: StreamPacket, clockRate: number): number =>
  Math.round(packet.arrival - before.arrival - ((packet.media - before.media) * 1e6) / clockRate);
