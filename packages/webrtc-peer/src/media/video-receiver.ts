import {
  type AssembledFrame,
  type CodecDescription,
  type FramePart,
  FrameAssembler,
  type FrameAssemblerStatistics,
  type VideoDecoder,
  type VideoDecoderStatistics,
  type VideoEncodingName,
  type VideoFrame,
  type VideoProvider,
  videoDepacketizer,
} from '@rm/codecs';
import {
  type CaptureTime,
  type ClockOffset,
  type Micros,
  VideoTimeline,
  type VideoTimelineStatistics,
  micros,
} from '@rm/rtp-sync';
import type { RtpPacket, SenderReport } from '../rtp/packet.js';
import { StreamCaptureClock } from './stream-capture-clock.js';

/** What a {@link VideoReceiver} is made with. */
export interface VideoReceiverOptions {
  readonly codecs: VideoProvider;
  /** Codec of a payload type. */
  readonly codecOf: (payloadType: number) => VideoEncodingName | undefined;
  /** How long a missing packet is waited for. */
  readonly maxWait: Micros;
  readonly unixOrigin: Micros;
  readonly clockOffset: (nowUnix: Micros) => ClockOffset | undefined;
  readonly now: () => Micros;
  /** No picture can be shown before a key frame comes, or one has come. */
  readonly keyFrameNeeded: (needed: boolean) => void;
  /** Sees each frame as it was sent, before it is decoded; its bytes belong to the receiver. */
  readonly encoded: (codec: VideoEncodingName, frame: AssembledFrame) => void;
}

/** What is known of one received picture stream; W3C names where they exist there. */
export interface VideoReceiverStatistics extends VideoTimelineStatistics {
  readonly codec?: VideoEncodingName;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly framesDecoded: number;
  readonly keyFramesAssembled: number;
  readonly assembly: FrameAssemblerStatistics | undefined;
  readonly decoder: VideoDecoderStatistics | undefined;
  /** Capture to being shown in ms, of the last picture, and how far that can be off (±). */
  readonly glassToGlassMs?: { readonly last: number; readonly bound: number };
}

/** Pictures held until they are due. */
const CAPACITY = 32;
/** A clock that is found to be further back is another one. */
const MAX_CLOCK_STEP = 1_000_000;

/** Receives one picture stream: puts its frames together, decodes them, and gives each picture when it is due. */
export class VideoReceiver {
  readonly #options: VideoReceiverOptions;
  readonly #clock: StreamCaptureClock;
  readonly #timeline = new VideoTimeline<VideoFrame>(CAPACITY);
  #codec: VideoEncodingName | undefined;
  #assembler: FrameAssembler<FramePart> | undefined;
  #decoder: VideoDecoder | undefined;
  /** Whether the decoder missed a frame that others refer to. */
  #behind = false;
  #decoded = 0;
  /** Capture time of the latest picture. */
  #captured: Micros | undefined;
  #shown: VideoFrame | undefined;
  #latency: { readonly last: number; readonly bound: number } | undefined;
  #closed = false;

  constructor(options: VideoReceiverOptions) {
    const { unixOrigin, clockOffset } = options;
    this.#options = options;
    this.#clock = new StreamCaptureClock({ clockRate: 90_000, unixOrigin, clockOffset });
  }

  /** Delay from capture to being shown that the stream needs by itself; undefined while that is not known. */
  requiredDelay(now: Micros): Micros | undefined {
    return this.#timeline.requiredDelay(now);
  }

  /** Takes a packet at its arrival. */
  packet(packet: RtpPacket, now: Micros): void {
    const codec = this.#options.codecOf(packet.payloadType);
    if (codec === undefined || this.#closed) return;
    if (codec !== this.#codec) this.#begin(codec);
    if (this.#clock.packet(packet, now)) this.#restart();
    this.#assembler?.push({ ...packet, arrival: now });
    this.poll(now);
  }

  senderReport(report: SenderReport): void {
    if (this.#clock.senderReport(report)) this.#restart();
  }

  /** Lets `now` pass: what was waited for in vain is given up. */
  poll(now: Micros): void {
    const assembler = this.#assembler;
    if (assembler === undefined) return;
    for (;;) {
      const event = assembler.poll(now);
      if (event === undefined) break;
      if (event.kind === 'frame') this.#decode(event);
    }
    this.#options.keyFrameNeeded(assembler.keyFrameNeeded || this.#behind);
  }

  /**
   * The picture that is due when what was captured at `instant` is, if it is another than the last one given. It is
   * yours to read until the next one is given.
   */
  pull(instant: Micros, now: Micros): VideoFrame | undefined {
    const due = this.#timeline.at(instant, now);
    if (due === undefined || due.frame === this.#shown) return undefined;
    if (this.#shown !== undefined) this.#decoder?.recycle(this.#shown);
    this.#shown = due.frame;
    const { capture } = due;
    if (capture !== undefined)
      this.#latency = { last: (now - capture.time) / 1000, bound: capture.bound / 1000 };
    return { ...due.frame, capture: capture && { time: capture.time, bound: capture.bound } };
  }

  statistics(): VideoReceiverStatistics {
    const assembly = this.#assembler?.statistics;
    return {
      ...this.#timeline.statistics(),
      ...(this.#codec !== undefined && { codec: this.#codec }),
      ...(this.#shown !== undefined && {
        frameWidth: this.#shown.width,
        frameHeight: this.#shown.height,
      }),
      framesDecoded: this.#decoded,
      keyFramesAssembled: assembly?.keyFramesAssembled ?? 0,
      assembly,
      decoder: this.#decoder?.statistics,
      ...(this.#latency !== undefined && { glassToGlassMs: this.#latency }),
    };
  }

  /** Releases the decoder. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#decoder?.close();
    this.#decoder = undefined;
  }

  /** Another stream takes the place of the one before. */
  #restart(): void {
    this.#assembler?.reset();
    this.#timeline.reset();
    this.#captured = undefined;
  }

  #begin(codec: VideoEncodingName): void {
    this.#codec = codec;
    this.#assembler = new FrameAssembler(videoDepacketizer(codec), {
      maxWait: this.#options.maxWait,
    });
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#restart();
    void this.#openDecoder(codec);
  }

  async #openDecoder(codec: VideoEncodingName): Promise<void> {
    try {
      const decoder = await this.#options.codecs.createDecoder({ codec });
      if (this.#closed || codec !== this.#codec) decoder.close();
      else this.#decoder = decoder;
    } catch {
      // Nothing was negotiated that cannot be decoded; should a codec fail later, frames are counted as received.
    }
  }

  #decode(frame: AssembledFrame): void {
    const codec = this.#codec!;
    this.#options.encoded(codec, frame);
    const decoder = this.#decoder;
    if (decoder === undefined) {
      this.#behind = true;
      return;
    }
    const { data, key, temporalId, timestamp } = frame;
    void decoder.decode({ data, key, temporalId, timestamp, capture: undefined }).then((result) => {
      if (this.#closed || decoder !== this.#decoder) return;
      if (!result.ok) this.#behind = true;
      else if (key) this.#behind = false;
      if (result.ok && result.frame !== undefined) this.#show(result.frame);
    });
  }

  /** Of two pictures the one sent later was captured later, though the clock was found to be another in between. */
  #captureOf({ timestamp }: VideoFrame, now: Micros): CaptureTime | undefined {
    const known = this.#clock.captureAt(timestamp, now);
    if (known === undefined) return undefined;
    const { bound } = known;
    const back = (this.#captured ?? known.time) - known.time;
    const time = back >= 0 && back < MAX_CLOCK_STEP ? micros(known.time + back + 1) : known.time;
    this.#captured = time;
    return { time, bound };
  }

  #show(picture: VideoFrame): void {
    const now = this.#options.now();
    this.#decoded++;
    const capture = this.#captureOf(picture, now);
    if (!this.#timeline.push(picture, capture, now)) this.#decoder?.recycle(picture);
  }
}

const CODECS: readonly VideoEncodingName[] = ['VP8', 'VP9', 'H264', 'AV1'];

/** The codec that a description names; undefined for what is no video codec. */
export const videoCodecOf = ({ name }: CodecDescription): VideoEncodingName | undefined =>
  CODECS.find((codec) => codec === name.toUpperCase());
