import { type Micros, micros, ntpFromUnix } from '@rm/rtp-sync';
import type { SenderReportPacket } from './packet.js';

/** An RTP packet as it is sent. */
export interface SentPacket {
  readonly ssrc: number;
  readonly timestamp: number;
  /** Ticks per second of `timestamp`. */
  readonly clockRate: number;
  /** When what the timestamp stands for was captured, on the clock that `now` is of. */
  readonly captured: Micros;
  readonly payloadBytes: number;
}

interface Stream {
  packetCount: number;
  octetCount: number;
  timestamp: number;
  clockRate: number;
  captured: Micros;
  lastSent: Micros;
}

/** A source that was silent for longer is no sender any more: two report intervals (RFC 3550 §6.3.8). */
const SILENCE = 2_000_000;

/**
 * Sender reports of the streams that a connection sends. NTP and RTP timestamp of a report stand for the same instant
 * of the *capture* clock, carried on to the moment of the report: what a receiver plays by them together was captured
 * together, however long encoding and pacing took.
 */
export class SenderReports {
  readonly #unixOrigin: Micros;
  readonly #streams = new Map<number, Stream>();

  /** @param unixOrigin - Wall clock in microseconds since 1970 at time 0 of the clock that `now` is of. */
  constructor(unixOrigin: Micros) {
    this.#unixOrigin = unixOrigin;
  }

  /** Counts a packet that is sent; true if it begins a stream, or one that was silent for 2 s. */
  sent(packet: SentPacket, now: Micros): boolean {
    const { ssrc, timestamp, clockRate, captured, payloadBytes } = packet;
    const stream = this.#streams.get(ssrc);
    if (!stream) {
      const counts = { packetCount: 1, octetCount: payloadBytes };
      this.#streams.set(ssrc, { ...counts, timestamp, clockRate, captured, lastSent: now });
      return true;
    }
    const begins = now - stream.lastSent > SILENCE;
    stream.packetCount++;
    stream.octetCount += payloadBytes;
    stream.timestamp = timestamp;
    stream.clockRate = clockRate;
    stream.captured = captured;
    stream.lastSent = now;
    return begins;
  }

  /** SSRCs of all streams ever sent and not removed. */
  get ssrcs(): number[] {
    return [...this.#streams.keys()];
  }

  /** Forgets a stream that is no longer sent. */
  remove(ssrc: number): void {
    this.#streams.delete(ssrc);
  }

  /** The reports of all streams that sent within the last 2 s, without report blocks. */
  reports(now: Micros): SenderReportPacket[] {
    const reports: SenderReportPacket[] = [];
    const ntp = ntpFromUnix(micros(this.#unixOrigin + now));
    for (const [ssrc, stream] of this.#streams) {
      if (now - stream.lastSent > SILENCE) continue;
      const ticks = Math.round(((now - stream.captured) * stream.clockRate) / 1e6);
      reports.push({
        type: 'sender-report',
        ssrc,
        ntp,
        rtpTimestamp: (stream.timestamp + ticks) >>> 0,
        packetCount: stream.packetCount >>> 0,
        octetCount: stream.octetCount >>> 0,
        reports: [],
      });
    }
    return reports;
  }
}
