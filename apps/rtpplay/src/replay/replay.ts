import { type OpusDecoder, parseToc } from '@rm/codecs';
import { type DelayPolicy, type Micros, micros, sequenceDelta, timestampDelta } from '@rm/rtp-sync';
import { AudioPlayout, type AudioPlayoutStatistics } from '@rm/webrtc-peer';
import type { PlayedPacket } from '../stream/stand-in.js';
import type { StreamPacket } from '../stream/stream.js';

/** What became of a packet at its arrival; of several parts, of the first. */
export type PacketResult = 'accepted' | 'late' | 'duplicate' | 'malformed' | 'ignored';

/** Operations that give samples, and take them away. */
export interface Samples {
  /** Out of packets. */
  readonly decoded: number;
  /** Out of the packet after the lost one (in-band FEC). */
  readonly recovered: number;
  /** Made up in place of what was lost or late. */
  readonly concealed: number;
  /** Background noise in pauses of the sender. */
  readonly comfortNoise: number;
  /** Repeated to play slower. */
  readonly inserted: number;
  /** Left out to play faster. */
  readonly removed: number;
}

/** What was heard in 10 ms, and how. */
export interface Tick {
  /** When, since the first packet. */
  readonly at: Micros;
  /** 480 samples, reused; undefined before the stream begins. */
  readonly samples: Float32Array | undefined;
  /** How long after it could have been heard at the earliest, above the fastest recent packet; undefined unless it came out of packets. */
  readonly delay: Micros | undefined;
  /** Delay aimed for. */
  readonly target: Micros;
  /** Decided for this tick; a packet gives samples for several. */
  readonly operations: Samples;
  /** Packets dropped: before the stream was joined, to catch up, or for lack of room. */
  readonly skipped: number;
}

/** Takes what happens, in order. */
export interface Listener {
  packet?(captured: StreamPacket, result: PacketResult): void;
  tick?(tick: Tick): void;
}

const TICK = 10_000;
const TICK_SAMPLES = 480;
/** The receiver pulls on for as long after the last packet at the most. */
const LONGEST_END = 4_000_000;
/** Of the time in which there is nothing to be played so much is played before the next packet. */
const LONGEST_IDLE = 1_000_000;

/**
 * Plays packets, in order of arrival, through the receiver of the mesh in virtual time, pulled every 10 ms from the
 * arrival of the first until the last is over; silence of seconds, after a stream has ended for the receiver, is cut
 * short. Takes over `decoder`. Returns what the receiver counted.
 */
export function replay(
  packets: readonly PlayedPacket[],
  decoder: OpusDecoder,
  policy: DelayPolicy,
  listeners: readonly Listener[],
): AudioPlayoutStatistics {
  const playout = new AudioPlayout({ decoder, policy });
  const last = packets.at(-1)!;
  const end = endOf(packets);
  let before = playout.statistics();
  let next = 0;
  for (let now = 0; now <= last.arrival + LONGEST_END; now += TICK) {
    while (next < packets.length && packets[next]!.arrival <= now) {
      const packet = packets[next++]!;
      const taken = playout.packet(asRtp(packet), packet.arrival);
      const after = playout.statistics();
      const result = taken ? resultOf(before, after) : 'malformed';
      before = after;
      if (packet.part > 0) continue;
      for (const listener of listeners) listener.packet?.(packet.captured, result);
    }
    // Nothing is left that could be heard as a whole.
    if (next === packets.length && timestampDelta(end, playout.timestamp) < TICK_SAMPLES) break;
    const samples = playout.pull(micros(now));
    const after = playout.statistics();
    const genuine = samples !== undefined && playout.genuine && playout.present;
    const tick: Tick = {
      at: micros(now),
      samples,
      delay: genuine ? playout.delayAt(micros(now + TICK)) : undefined,
      target: micros(Math.round(after.targetDelay * 1e6)),
      operations: difference(after, before),
      skipped: after.packetsDiscarded - before.packetsDiscarded,
    };
    before = after;
    for (const listener of listeners) listener.tick?.(tick);
    // Of a stream that is silent for hours nobody has to hear the silence.
    const idle = playout.present || next === packets.length ? 0 : packets[next]!.arrival - now;
    if (idle > LONGEST_IDLE) now += Math.floor((idle - LONGEST_IDLE) / TICK) * TICK;
  }
  playout.close();
  return before;
}

const asRtp = ({
  sequence: sequenceNumber,
  timestamp,
  payload,
}: PlayedPacket): Parameters<AudioPlayout['packet']>[0] => ({
  // The receiver keeps one stream only, whatever its names were.
  ssrc: 1,
  payloadType: 111,
  marker: false,
  sequenceNumber,
  timestamp,
  payload,
});

function resultOf(before: AudioPlayoutStatistics, after: AudioPlayoutStatistics): PacketResult {
  if (after.packetsReceived === before.packetsReceived) return 'ignored';
  if (after.packetsDuplicated > before.packetsDuplicated) return 'duplicate';
  return after.packetsDiscarded > before.packetsDiscarded ? 'late' : 'accepted';
}

/** The operations counted so far. */
export const operationsOf = (counted: AudioPlayoutStatistics): Samples => ({
  decoded: counted.jitterBufferEmittedCount,
  recovered: counted.recoveredSamples,
  concealed: counted.concealedSamples,
  comfortNoise: counted.comfortNoiseSamples,
  inserted: counted.insertedSamplesForDeceleration,
  removed: counted.removedSamplesForAcceleration,
});

/** The operations by name. */
export const OPERATIONS: readonly (keyof Samples)[] = [
  'decoded',
  'recovered',
  'concealed',
  'comfortNoise',
  'inserted',
  'removed',
];

function difference(after: AudioPlayoutStatistics, before: AudioPlayoutStatistics): Samples {
  const now = operationsOf(after);
  const then = operationsOf(before);
  const changed = { ...now };
  for (const name of OPERATIONS) changed[name] = now[name] - then[name];
  return changed;
}

/** A packet this far behind the latest begins anew (RFC 3550 A.1). */
const MAX_MISORDER = 100;

/** Where the stream ends: after the latest packet since it last began anew. */
function endOf(packets: readonly PlayedPacket[]): number {
  let latest = packets[0]!;
  for (const packet of packets) {
    const ahead = sequenceDelta(packet.sequence, latest.sequence);
    if (ahead > 0 || ahead < -MAX_MISORDER) latest = packet;
  }
  const toc = parseToc(latest.payload);
  return (latest.timestamp + (toc.ok ? toc.value.samples : 0)) >>> 0;
}
