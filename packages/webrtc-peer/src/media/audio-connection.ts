import type { AudioFrame, AudioPathReport, OpusEngine } from '@rm/codecs';
import {
  type ClockOffset,
  type DelayPolicy,
  type Micros,
  type PlayoutAlignment,
  micros,
} from '@rm/rtp-sync';
import type { RtpPacket, SenderReport } from '../rtp/packet.js';
import type { Arrival, RtpReceiver } from '../rtp/rtp-receiver.js';
import type { RtpSession } from '../rtp/rtp-session.js';
import { receives } from '../session/description.js';
import type { Transceiver } from '../session/transceiver.js';
import { CLOCK_RATE, PACKET_SAMPLES } from './audio-format.js';
import { unpackAudio } from './audio-payload.js';
import { AudioReceiver } from './audio-receiver.js';
import { AudioSender } from './audio-sender.js';

/** What an {@link AudioConnection} is made with. */
export interface AudioConnectionOptions {
  readonly session: RtpSession;
  readonly transceiver: Transceiver;
  readonly opus: OpusEngine;
  readonly policy: DelayPolicy;
  readonly alignment: PlayoutAlignment;
  /** Wall clock at media time 0 of this node. */
  readonly unixOrigin: Micros;
  /** The sender's wall clock against ours at `nowUnix`, when known. */
  readonly clockOffset: (nowUnix: Micros) => ClockOffset | undefined;
  /** See what comes by itself before it is used: every packet, without the copies that it carries, and every report. */
  readonly packet: (packet: RtpPacket, now: Micros) => void;
  readonly senderReport: (report: SenderReport, now: Micros) => void;
  /** How the other side hears what is sent. */
  readonly reported: (report: AudioPathReport) => void;
}

/** A packet that was lost was to be played so much before the one that shows it. */
const SPACING = micros((PACKET_SAMPLES / CLOCK_RATE) * 1e6);

/** Audio of one connection, both ways. */
export class AudioConnection {
  readonly sender: AudioSender;
  readonly transceiver: Transceiver;
  readonly #options: AudioConnectionOptions;
  readonly #rtp: RtpReceiver;
  #receiver: AudioReceiver | undefined;
  /** A report that came while the decoder was loading. */
  #earlyReport: SenderReport | undefined;
  #closed = false;

  constructor(options: AudioConnectionOptions) {
    const { session, transceiver, reported } = options;
    this.#options = options;
    this.transceiver = transceiver;
    const sender = session.addSender(transceiver, {
      reported: ({ fractionLost }, now) => {
        const report = {
          fractionLost: fractionLost / 256,
          roundTrip: session.roundTripTime,
          // Sound goes first: all that the path carries is there for it.
          bandwidth: session.bandwidth,
        };
        this.sender.reported(report, now);
        reported(report);
      },
    });
    this.sender = new AudioSender(session, sender);
    this.#rtp = session.addReceiver(
      transceiver,
      {
        packet: (packet, now, arrival) => this.#packet(packet, now, arrival),
        senderReport: (report, now) => {
          options.senderReport(report, now);
          if (this.#receiver === undefined) this.#earlyReport = report;
          else this.#receiver.senderReport(report);
        },
      },
      micros(0),
      SPACING,
    );
  }

  /** The receiving side, once its decoder is loaded. */
  get receiver(): AudioReceiver | undefined {
    return this.#receiver;
  }

  /** What is heard in the tick at `instant`, if anything is to be; see `AudioReceiver.pull`. */
  pull(instant: Micros, now: Micros): AudioFrame | undefined {
    // Pulled all the same, so that what comes later does not wait behind what came before.
    const frame = this.#receiver?.pull(instant, now);
    return receives(this.transceiver.direction) ? frame : undefined;
  }

  /** Loads the decoder. Rejects when there is none. */
  async open(): Promise<void> {
    const { opus, policy, alignment, unixOrigin, clockOffset } = this.#options;
    const decoder = await opus.createDecoder({ sampleRate: CLOCK_RATE, channels: 1 });
    if (this.#closed) {
      decoder.close();
      return;
    }
    const aligned = alignment.join();
    this.#receiver = new AudioReceiver({
      decoder,
      policy,
      aligned,
      unixOrigin,
      clockOffset,
      requests: () => this.#rtp.statistics,
    });
    if (this.#earlyReport !== undefined) this.#receiver.senderReport(this.#earlyReport);
  }

  /** Has lost packets asked for again where they can come before they are to be played. */
  tick(): void {
    const delay = this.#receiver?.playoutDelay;
    if (delay !== undefined) this.#rtp.nackBudget = delay;
  }

  close(): void {
    this.#closed = true;
    this.#receiver?.close();
  }

  #packet(received: RtpPacket, now: Micros, arrival: Arrival): void {
    const format = this.#rtp.formatOf(received.payloadType);
    if (format === undefined) return;
    const { session, unixOrigin, clockOffset } = this.#options;
    // Who sends nothing is told no round trip by RTCP, but knows that of its pings.
    const roundTrip = session.roundTripTime ?? clockOffset(micros(unixOrigin + now))?.roundTrip;
    if (roundTrip !== undefined) this.#rtp.roundTripTime = roundTrip;
    const { packet, copies } = unpackAudio(received, format);
    if (arrival === 'new') this.#options.packet(packet, now);
    this.#receiver?.packet(packet, now, copies, arrival === 'recovered');
    for (const { sequenceNumber } of copies) this.#rtp.restored(sequenceNumber);
  }
}
