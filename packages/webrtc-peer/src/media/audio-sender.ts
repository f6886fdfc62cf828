import { CaptureTimeSender, type Micros, micros, ntpFromUnix } from '@rm/rtp-sync';
import type { Transport } from '../backend/transport.js';
import { CLOCK_RATE } from './audio-format.js';
import type { EncodedAudio } from './audio-stream.js';

/** When sender reports go out after the first packet; then every second. */
const REPORT_SCHEDULE: readonly number[] = [0, 500_000, 1_000_000];
const REPORT_INTERVAL = 1_000_000;

/** Counters of what was sent to one peer. */
export interface AudioSenderStatistics {
  readonly packetsSent: number;
  /** Payload bytes, without headers. */
  readonly bytesSent: number;
  /** Packets that could not be sent, as the transport was not connected. */
  readonly packetsDropped: number;
}

/**
 * Sends one encoded stream to one peer: RTP sequence numbers and timestamps of its own, and RTCP sender reports
 * that tie them to the capture clock (not to the moment of sending), at once with the first packet, after 0.5 s
 * and 1 s, then once a second. Where it was negotiated, one packet a second says when it was captured.
 */
export class AudioSender {
  readonly #transport: Transport;
  readonly #unixOrigin: Micros;
  #sequence: number;
  readonly #timestampOffset: number;
  #packetsSent = 0;
  #bytesSent = 0;
  #packetsDropped = 0;
  #reports = 0;
  #nextReport: Micros | undefined;
  readonly #captureTimes = new CaptureTimeSender(CLOCK_RATE);

  /**
   * @param unixOrigin - Wall clock at media time 0 of this node.
   * @param random - Source of the random first sequence number and timestamp (RFC 3550 §5.1).
   */
  constructor(transport: Transport, unixOrigin: Micros, random: () => number) {
    this.#transport = transport;
    this.#unixOrigin = unixOrigin;
    this.#sequence = Math.floor(random() * 65_536);
    this.#timestampOffset = Math.floor(random() * 2 ** 32);
  }

  /** Sends one packet; `now` is the moment of sending, for the report schedule only. */
  send(packet: EncodedAudio, now: Micros): void {
    const timestamp = (this.#timestampOffset + packet.position) >>> 0;
    const captured = { captured: micros(this.#unixOrigin + packet.capture) };
    const stamped = this.#captureTimes.needsExtension(0, timestamp, captured, now);
    const sent = this.#transport.sendAudio({
      sequenceNumber: this.#sequence,
      timestamp,
      marker: packet.talkspurt,
      payload: packet.payload,
      captureTime: stamped ? captured : undefined,
    });
    if (!sent) {
      this.#packetsDropped++;
      return;
    }
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packetsSent++;
    this.#bytesSent += packet.payload.length;
    this.#nextReport ??= now;
    if (now >= this.#nextReport) this.#report(packet, timestamp, now);
  }

  statistics(): AudioSenderStatistics {
    return {
      packetsSent: this.#packetsSent,
      bytesSent: this.#bytesSent,
      packetsDropped: this.#packetsDropped,
    };
  }

  #report(packet: EncodedAudio, timestamp: number, now: Micros): void {
    const first = micros(this.#nextReport! - (REPORT_SCHEDULE[this.#reports] ?? 0));
    this.#reports++;
    const scheduled = REPORT_SCHEDULE[this.#reports];
    this.#nextReport = micros(scheduled === undefined ? now + REPORT_INTERVAL : first + scheduled);
    // The report speaks of the present: capture time and timestamp are both carried on to it.
    const elapsed = now - packet.capture;
    const ntp = ntpFromUnix(micros(this.#unixOrigin + now));
    this.#transport.sendSenderReport({
      ntpSeconds: ntp.seconds,
      ntpFraction: ntp.fraction,
      rtpTimestamp: (timestamp + Math.round((elapsed * CLOCK_RATE) / 1e6)) >>> 0,
      packetCount: this.#packetsSent >>> 0,
      octetCount: this.#bytesSent >>> 0,
    });
  }
}
