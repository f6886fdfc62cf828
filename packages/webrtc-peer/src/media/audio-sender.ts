import {
  type AudioPathReport,
  AudioRedundancy,
  MAX_RED_BLOCK_BYTES,
  MAX_RED_OFFSET,
  MAX_REDUNDANCY,
  redOverhead,
  writeRed,
} from '@rm/codecs';
import type { Micros } from '@rm/rtp-sync';
import type { RtpSender, RtpSenderStatistics } from '../rtp/rtp-sender.js';
import { MAX_PAYLOAD_BYTES, type RtpSession } from '../rtp/rtp-session.js';
import { CLOCK_RATE, PACKET_SAMPLES } from './audio-format.js';
import type { EncodedAudio } from './audio-stream.js';

/** Counters of what was sent to one peer. */
export interface AudioSenderStatistics extends RtpSenderStatistics {
  /** Packets that could not be sent, as there was no connection or none is to go to the peer. */
  readonly packetsDropped: number;
  /** Earlier packets that go along with each one at present, 0…3. */
  readonly redundancy: number;
  /** Bytes of earlier packets that went along, which `bytesSent` counts too. */
  readonly redundantBytesSent: number;
}

/** Sends one encoded stream to one peer, and with each packet copies of those before it as the peer's reports ask for. */
export class AudioSender {
  readonly #session: RtpSession;
  readonly #sender: RtpSender;
  readonly #redundancy = new AudioRedundancy();
  /** The last packets that were sent, oldest first. */
  readonly #sent: EncodedAudio[] = [];
  #packetsDropped = 0;
  #redundantBytes = 0;

  constructor(session: RtpSession, sender: RtpSender) {
    this.#session = session;
    this.#sender = sender;
  }

  /** Takes what the peer reports of the path. */
  reported(report: AudioPathReport, now: Micros): void {
    const largest = Math.max(1, ...this.#sent.map(({ payload }) => payload.length));
    const bitrate = (largest * 8 * CLOCK_RATE) / PACKET_SAMPLES;
    this.#redundancy.update(report, bitrate, now);
  }

  /** Sends one packet at `now`. Its payload is kept and not to be changed any more. */
  send(packet: EncodedAudio, now: Micros): void {
    const { talkspurt, position, capture } = packet;
    const copies = this.#copies(packet);
    const content = this.#withCopies(packet, copies);
    const media = { ...content, marker: talkspurt, position, captured: capture };
    if (!this.#session.send(this.#sender, media, now)) {
      this.#packetsDropped++;
      return;
    }
    for (const { payload } of copies) this.#redundantBytes += payload.length;
    this.#sent.push(packet);
    if (this.#sent.length > MAX_REDUNDANCY) this.#sent.shift();
  }

  statistics(): AudioSenderStatistics {
    return {
      ...this.#sender.statistics,
      packetsDropped: this.#packetsDropped,
      redundancy: this.#sender.format?.red === undefined ? 0 : this.#redundancy.depth,
      redundantBytesSent: this.#redundantBytes,
    };
  }

  /** What goes along: packets right before this one, as far as their age and size have room. */
  #copies({ position, payload, alone }: EncodedAudio): readonly EncodedAudio[] {
    const { depth } = this.#redundancy;
    if (alone === true || depth === 0 || this.#sender.format?.red === undefined) return [];
    let room = MAX_PAYLOAD_BYTES - redOverhead(depth) - payload.length;
    let first = this.#sent.length;
    while (first > 0 && this.#sent.length - first < depth) {
      const { payload: copy, position: start } = this.#sent[first - 1]!;
      const offset = position - start;
      room -= copy.length;
      if (room < 0 || copy.length > MAX_RED_BLOCK_BYTES) break;
      if (offset <= 0 || offset > MAX_RED_OFFSET) break;
      first--;
    }
    return this.#sent.slice(first);
  }

  #withCopies(
    { payload, position }: EncodedAudio,
    copies: readonly EncodedAudio[],
  ): { readonly payload: Uint8Array; readonly payloadType?: number } {
    const { format } = this.#sender;
    if (copies.length === 0 || format?.red === undefined) return { payload };
    const { payloadType } = format;
    const redundant = copies.map((copy) => ({
      payloadType,
      timestampOffset: position - copy.position,
      payload: copy.payload,
    }));
    return {
      payload: writeRed({ payloadType, payload, redundant }),
      payloadType: format.red.payloadType,
    };
  }
}
