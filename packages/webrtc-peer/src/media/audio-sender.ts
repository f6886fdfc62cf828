import type { Micros } from '@rm/rtp-sync';
import type { RtpSender, RtpSenderStatistics } from '../rtp/rtp-sender.js';
import type { RtpSession } from '../rtp/rtp-session.js';
import type { EncodedAudio } from './audio-stream.js';

/** Counters of what was sent to one peer. */
export interface AudioSenderStatistics extends RtpSenderStatistics {
  /** Packets that could not be sent, as there was no connection or the peer takes no audio. */
  readonly packetsDropped: number;
}

/** Sends one encoded stream to one peer. */
export class AudioSender {
  readonly #session: RtpSession;
  readonly #sender: RtpSender;
  #packetsDropped = 0;

  constructor(session: RtpSession, sender: RtpSender) {
    this.#session = session;
    this.#sender = sender;
  }

  /** Sends one packet at `now`. */
  send({ payload, talkspurt, position, capture }: EncodedAudio, now: Micros): void {
    const media = { payload, marker: talkspurt, position, captured: capture };
    if (!this.#session.send(this.#sender, media, now)) this.#packetsDropped++;
  }

  statistics(): AudioSenderStatistics {
    return { ...this.#sender.statistics, packetsDropped: this.#packetsDropped };
  }
}
