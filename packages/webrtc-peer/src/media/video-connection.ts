import type { AssembledFrame, VideoEncodingName, VideoFrame, VideoProvider } from '@rm/codecs';
import { type ClockOffset, type Micros, millis } from '@rm/rtp-sync';
import { KeyFrameRequests } from '../rtcp/index.js';
import type { RtpReceiver } from '../rtp/rtp-receiver.js';
import type { RtpSession } from '../rtp/rtp-session.js';
import { receives } from '../session/description.js';
import type { Transceiver } from '../session/transceiver.js';
import { VideoReceiver, type VideoReceiverStatistics, videoCodecOf } from './video-receiver.js';
import { VideoSender } from './video-sender.js';

/** What a {@link VideoConnection} is made with. */
export interface VideoConnectionOptions {
  readonly session: RtpSession;
  readonly transceiver: Transceiver;
  readonly codecs: VideoProvider;
  readonly unixOrigin: Micros;
  readonly clockOffset: (nowUnix: Micros) => ClockOffset | undefined;
  readonly now: () => Micros;
  /** Whether what is sent leaves. */
  readonly connected: () => boolean;
  /** Sees each frame as it was sent, before it is decoded. */
  readonly encoded: (codec: VideoEncodingName, frame: AssembledFrame) => void;
}

/** What is known of one picture stream that is received. */
export interface VideoConnectionStatistics extends VideoReceiverStatistics {
  /** The stream that the picture is said to belong to, once that is known. */
  readonly streamIds: readonly string[];
  /** Key frames asked for, repetitions too. */
  readonly keyFrameRequests: number;
  readonly packetsRequested: number;
  readonly packetsRecovered: number;
  /** Waited for in vain. */
  readonly packetsGivenUp: number;
  readonly packetsDuplicate: number;
}

/** How long a lost packet is asked for again: four tries on a path with a round trip of 100 ms. */
const PATIENCE = millis(500);

/** Pictures of one media section, both ways. */
export class VideoConnection {
  readonly sender: VideoSender;
  readonly transceiver: Transceiver;
  readonly #session: RtpSession;
  readonly #rtp: RtpReceiver;
  readonly #receiver: VideoReceiver;
  #requests: { readonly ssrc: number; readonly of: KeyFrameRequests } | undefined;
  #requested = 0;

  constructor(options: VideoConnectionOptions) {
    const { session, transceiver } = options;
    this.transceiver = transceiver;
    this.#session = session;
    this.sender = new VideoSender(session, session.addSender(transceiver), options.connected);
    this.#rtp = session.addReceiver(
      transceiver,
      {
        packet: (packet, now) => this.#receiver.packet(packet, now),
        senderReport: (report) => this.#receiver.senderReport(report),
      },
      PATIENCE,
    );
    this.#receiver = new VideoReceiver({
      ...options,
      maxWait: PATIENCE,
      codecOf: (payloadType) => {
        const format = this.#rtp.formatOf(payloadType);
        return format && videoCodecOf(format.local);
      },
      keyFrameNeeded: (needed) => this.#keyFrameNeeded(needed),
    });
  }

  /** The receiving side. */
  get receiver(): VideoReceiver {
    return this.#receiver;
  }

  /** The stream that the picture is said to belong to: the last one, as one before it joins it with the sound. */
  get streamId(): string | undefined {
    return this.transceiver.negotiated?.remoteStreamIds.at(-1);
  }

  /** Does what is due: gives up what was waited for in vain, asks for a key frame. */
  tick(now: Micros): void {
    this.#receiver.poll(now);
    const requests = this.#requests?.of;
    const { roundTripTime } = this.#session;
    if (requests !== undefined && roundTripTime !== undefined)
      requests.roundTripTime = roundTripTime;
    const request = receives(this.transceiver.direction) ? requests?.poll(now) : undefined;
    if (request === undefined) return;
    this.#requested++;
    this.#session.request(request, now);
  }

  /** The picture due at `instant`, if it is a new one; see `VideoReceiver.pull`. */
  pull(instant: Micros, now: Micros): VideoFrame | undefined {
    return this.#receiver.pull(instant, now);
  }

  statistics(): VideoConnectionStatistics {
    const nack = this.#rtp.statistics;
    return {
      ...this.#receiver.statistics(),
      streamIds: this.streamId === undefined ? [] : [this.streamId],
      keyFrameRequests: this.#requested,
      packetsRequested: nack?.packetsRequested ?? 0,
      packetsRecovered: nack?.packetsRecovered ?? 0,
      packetsGivenUp: nack?.packetsGivenUp ?? 0,
      packetsDuplicate: nack?.packetsDuplicate ?? 0,
    };
  }

  close(): void {
    this.#receiver.close();
  }

  #keyFrameNeeded(needed: boolean): void {
    const { ssrc } = this.#rtp;
    if (ssrc === undefined) return;
    if (this.#requests?.ssrc !== ssrc) {
      const feedback = this.transceiver.negotiated?.formats[0]?.feedback ?? [];
      const kind = feedback.includes('nack pli') || !feedback.includes('ccm fir') ? 'pli' : 'fir';
      const of = new KeyFrameRequests(this.transceiver.ssrc, ssrc, kind);
      this.#requests = { ssrc, of };
    }
    if (needed) this.#requests.of.want();
    else this.#requests.of.received();
  }
}
