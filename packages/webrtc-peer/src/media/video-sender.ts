import {
  type EncodedVideoFrame,
  type LayeredFrame,
  type Packetizer,
  type VideoEncodingName,
  type VideoSendParameters,
  videoPacketizer,
} from '@rm/codecs';
import { type Micros, Unwrapper } from '@rm/rtp-sync';
import type { RtpSender, RtpSenderStatistics } from '../rtp/rtp-sender.js';
import { MAX_PAYLOAD_BYTES, type RtpSession } from '../rtp/rtp-session.js';

/** Counters of what was sent to one peer of one picture stream. */
export interface VideoSenderStatistics extends RtpSenderStatistics {
  readonly framesSent: number;
  readonly keyFramesSent: number;
  /** Not sent: the peer had no key frame yet, or too much was waiting to be sent. */
  readonly framesDropped: number;
}

/** Sends encoded pictures to one peer. */
export class VideoSender {
  readonly #session: RtpSession;
  readonly #sender: RtpSender;
  readonly #connected: () => boolean;
  readonly #timestamps = new Unwrapper(32);
  #packetizer: Packetizer<LayeredFrame> | undefined;
  #codec: VideoEncodingName | undefined;
  /** Whether what the peer has leads up to the next frame. */
  #inStep = false;
  #framesSent = 0;
  #keyFramesSent = 0;
  #framesDropped = 0;

  /** @param connected - Whether what is sent leaves. */
  constructor(session: RtpSession, sender: RtpSender, connected: () => boolean) {
    this.#session = session;
    this.#sender = sender;
    this.#connected = connected;
  }

  /** What the peer is to be sent; undefined while it wants nothing, or cannot be reached: a key frame would be lost. */
  get parameters(): VideoSendParameters | undefined {
    if (!this.#connected()) return undefined;
    const send = this.#sender.format?.send;
    return send === undefined || send.codec === 'opus' ? undefined : send;
  }

  /** Whether the peer can do nothing with the next frame unless it is a key frame, at `now`. */
  needsKeyFrame(now: Micros): boolean {
    const due = this.#sender.keyFrameDue;
    return !this.#inStep || (due !== undefined && now >= due);
  }

  /** What may be sent to the peer in all, in bit/s. */
  get targetBitrate(): number {
    return this.#session.targetBitrate;
  }

  /** How long what waits to be sent to the peer takes to leave. */
  get queueDelay(): Micros {
    return this.#session.queueDelay;
  }

  /** Sends a frame that was captured at `captured`. The frame's bytes are to be left alone from then on. */
  send(frame: EncodedVideoFrame, captured: Micros, now: Micros): void {
    const codec = this.parameters?.codec;
    if (codec !== this.#codec) this.#begin(codec);
    if (this.#packetizer === undefined || (!this.#inStep && !frame.key)) {
      this.#framesDropped++;
      return;
    }
    const position = this.#timestamps.unwrap(frame.timestamp);
    const media = this.#packetizer
      .packetize(frame, MAX_PAYLOAD_BYTES)
      .map(({ payload, marker }) => ({ payload, marker, position, captured }));
    this.#inStep = this.#session.sendFrame(this.#sender, media, now);
    if (!this.#inStep) {
      this.#framesDropped++;
      return;
    }
    this.#framesSent++;
    if (!frame.key) return;
    this.#keyFramesSent++;
    this.#sender.keyFrameSent(now);
  }

  /** A picture was not for the peer: what it has does not lead up to the next one. */
  interrupted(): void {
    this.#inStep = false;
  }

  statistics(): VideoSenderStatistics {
    return {
      ...this.#sender.statistics,
      framesSent: this.#framesSent,
      keyFramesSent: this.#keyFramesSent,
      framesDropped: this.#framesDropped,
    };
  }

  #begin(codec: VideoEncodingName | undefined): void {
    this.#codec = codec;
    this.#packetizer = codec === undefined ? undefined : videoPacketizer(codec);
    this.#inStep = false;
  }
}
