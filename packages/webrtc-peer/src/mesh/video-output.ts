import type {
  EncodedVideoFrame,
  VideoEncoder,
  VideoEncoderStatistics,
  VideoEncodingName,
  VideoFrame,
  VideoProvider,
} from '@rm/codecs';
import { ArgumentError, VIDEO_CLOCK_RATE, fitsLimits } from '@rm/codecs';
import { type Micros, microsToTicks } from '@rm/rtp-sync';
import type { Clock } from '../clock/clock.js';
import { BlackPicture } from '../media/black-picture.js';
import type { VideoSender } from '../media/video-sender.js';
import type { Recipients } from './audio-output.js';

/** How sent pictures are encoded. */
export interface VideoEncoding {
  /** Most bit/s to a peer, 10,000…100,000,000; default 2,000,000. */
  readonly maxBitrate?: number;
  /** Least bit/s to a peer, however bad the path; default 50,000. */
  readonly minBitrate?: number;
  /** Frames per second that will be written, 1…240; default 30. */
  readonly fps?: number;
  /** Bit/s of the path that are kept for the sound and everything else; default 80,000. */
  readonly reserve?: number;
}

/** How one output is encoded at present, and what became of its pictures. */
export interface VideoOutputStatistics {
  readonly to: Recipients;
  readonly streamId: string;
  readonly muted: boolean;
  /** One for each codec that the recipients take. */
  readonly encoders: readonly (VideoEncoderStatistics & {
    readonly codec: VideoEncodingName;
    /** Target in bit/s. */
    readonly targetBitrate: number;
    /** Peers it is encoded for. */
    readonly peers: number;
  })[];
  /** Pictures that were too large or too many for what a peer can decode. */
  readonly beyondLimits: number;
  /** Pictures that were not encoded, as those before them still waited to be sent. */
  readonly leftOut: number;
  /** Pictures that were captured before the one written last, as after a change to a slower source. */
  readonly outOfOrder: number;
}

/** What one codec's encoder is doing. */
interface Leg {
  readonly codec: VideoEncodingName;
  encoder: VideoEncoder | undefined;
  bitrate: number;
  setAt: Micros;
  peers: number;
  /** Whether a key frame is being encoded. */
  keyFrameComes: boolean;
}

const DEFAULTS = { maxBitrate: 2_000_000, minBitrate: 50_000, fps: 30, reserve: 80_000 };
/** Encoders follow a falling rate at once, a rising one so often. */
const RISE_INTERVAL = 500_000;
const SIGNIFICANT = 0.03;
/** While more than this waits to be sent to somebody, as after a rate that fell, pictures are left out. */
const LONG_QUEUE = 150_000;

/** A picture stream to other peers, encoded once for each codec they take; made by `Mesh.openVideo`. */
export class VideoOutput {
  readonly to: Recipients;
  /** The stream that the pictures are said to belong to. */
  readonly streamId: string;
  readonly #codecs: VideoProvider;
  readonly #encoding: Required<VideoEncoding>;
  readonly #clock: Clock;
  readonly #onClose: (output: VideoOutput) => void;
  readonly #senders = new Map<string, VideoSender>();
  readonly #legs = new Map<VideoEncodingName, Leg>();
  #keyFrameWanted = false;
  #beyondLimits = 0;
  #leftOut = 0;
  #outOfOrder = 0;
  #captured = Number.NEGATIVE_INFINITY;
  #muted = false;
  readonly #black = new BlackPicture();
  #closed = false;

  /**
   * @throws ArgumentError (`BAD_ARGUMENT`) for rates out of range.
   * @internal
   */
  constructor(
    to: Recipients,
    streamId: string,
    codecs: VideoProvider,
    encoding: VideoEncoding,
    clock: Clock,
    onClose: (output: VideoOutput) => void,
  ) {
    this.to = to;
    this.streamId = streamId;
    this.#codecs = codecs;
    this.#encoding = { ...DEFAULTS, ...encoding };
    const { minBitrate, maxBitrate, fps } = this.#encoding;
    if (!(minBitrate >= 10_000 && minBitrate <= maxBitrate && maxBitrate <= 100_000_000))
      throw new ArgumentError(
        `bitrates must satisfy 10000 ≤ min ≤ max ≤ 100000000, got ${minBitrate} and ${maxBitrate}`,
      );
    if (!(fps >= 1 && fps <= 240)) throw new ArgumentError(`fps must be 1 to 240, got ${fps}`);
    this.#clock = clock;
    this.#onClose = onClose;
  }

  /** Whether black is sent instead of what is written. */
  get muted(): boolean {
    return this.#muted;
  }

  /**
   * Mutes or unmutes what is written from now on. Go on writing: a muted stream goes on as black, one picture a second,
   * which tells that it is there. Nothing that is written while muted leaves this node. Unmuted, it is seen at once.
   */
  set muted(muted: boolean) {
    this.#muted = muted;
    if (!muted) this.#black.restart();
  }

  /** Whether `peerId` sees this output. */
  reaches(peerId: string): boolean {
    return this.to === 'all' || this.to.includes(peerId);
  }

  /**
   * A peer that sees it, by the sender to it; undefined when it is gone.
   * @internal
   */
  attach(peerId: string, sender: VideoSender | undefined): void {
    if (sender === undefined) this.#senders.delete(peerId);
    else this.#senders.set(peerId, sender);
  }

  /**
   * Sends a picture; its memory is yours again when the call returns. A picture without capture time counts as captured
   * now; one captured before the picture written last is dropped. While nobody takes pictures it is dropped too. After
   * `close()` it is ignored.
   * @throws ArgumentError (`BAD_ARGUMENT`) for a picture that cannot be encoded.
   */
  write(frame: VideoFrame): void {
    if (this.#closed) return;
    const now = this.#clock.now();
    const captured = frame.capture?.time ?? now;
    if (captured < this.#captured) {
      this.#outOfOrder++;
      return;
    }
    this.#captured = captured;
    const picture = this.#muted ? this.#black.insteadOf(frame, now) : frame;
    if (picture !== undefined) this.#encode(picture, captured, now);
  }

  /** Has the next picture be a key frame. */
  requestKeyFrame(): void {
    this.#keyFrameWanted = true;
  }

  statistics(): VideoOutputStatistics {
    return {
      to: this.to,
      streamId: this.streamId,
      muted: this.#muted,
      encoders: [...this.#legs.values()].flatMap(({ codec, encoder, bitrate, peers }) =>
        encoder === undefined
          ? []
          : { ...encoder.statistics, codec, targetBitrate: bitrate, peers },
      ),
      beyondLimits: this.#beyondLimits,
      leftOut: this.#leftOut,
      outOfOrder: this.#outOfOrder,
    };
  }

  /** Ends the stream. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { encoder } of this.#legs.values()) encoder?.close();
    this.#legs.clear();
    this.#senders.clear();
    this.#onClose(this);
  }

  #encode(frame: VideoFrame, captured: Micros, now: Micros): void {
    // The 90 kHz clock of RTP follows the capture time, whatever the timestamps of the source are.
    const timestamp = microsToTicks(captured, VIDEO_CLOCK_RATE) % 2 ** 32;
    let leftOut = false;
    for (const leg of this.#update(frame, now)) {
      const senders = this.#sendersOf(leg.codec);
      // Before it is encoded: nothing refers to it then.
      if (senders.some(({ queueDelay }) => queueDelay > LONG_QUEUE)) {
        this.#leftOut++;
        leftOut = true;
        continue;
      }
      const wanted = this.#keyFrameWanted || senders.some((each) => each.needsKeyFrame(now));
      // One that is under way serves them all.
      const keyFrame = wanted && !leg.keyFrameComes;
      if (keyFrame) leg.keyFrameComes = leg.encoder !== undefined;
      leg.encoder
        ?.encode({ ...frame, timestamp }, { keyFrame })
        .then((encoded) => encoded && this.#send(leg.codec, encoded, captured))
        // Counted by the encoder as failed; the next picture begins anew.
        .catch(() => undefined)
        .finally(() => (leg.keyFrameComes &&= !keyFrame));
    }
    this.#keyFrameWanted &&= leftOut;
  }

  /** Makes and ends encoders as the peers' codecs ask for, and has them follow the paths. */
  #update({ width, height }: VideoFrame, now: Micros): readonly Leg[] {
    const { fps } = this.#encoding;
    const rates = new Map<VideoEncodingName, number>();
    const peers = new Map<VideoEncodingName, number>();
    for (const sender of this.#senders.values()) {
      const { parameters } = sender;
      if (parameters === undefined) {
        sender.interrupted();
        continue;
      }
      if (!fitsLimits(parameters.limits, { width, height, frameRate: fps })) {
        this.#beyondLimits++;
        sender.interrupted();
        continue;
      }
      const { codec } = parameters;
      const rate = Math.min(this.#rateOf(sender), parameters.limits.maxBitrate ?? Infinity);
      rates.set(codec, Math.min(rate, rates.get(codec) ?? Infinity));
      peers.set(codec, (peers.get(codec) ?? 0) + 1);
    }
    for (const [codec, leg] of this.#legs)
      if (!rates.has(codec)) {
        leg.encoder?.close();
        this.#legs.delete(codec);
      }
    for (const [codec, rate] of rates) {
      const leg = this.#legs.get(codec) ?? this.#open(codec, rate, now);
      leg.peers = peers.get(codec) ?? 0;
      this.#follow(leg, rate, now);
    }
    return [...this.#legs.values()];
  }

  #rateOf({ targetBitrate }: VideoSender): number {
    const { minBitrate, maxBitrate, reserve } = this.#encoding;
    return Math.max(minBitrate, Math.min(maxBitrate, targetBitrate - reserve));
  }

  #open(codec: VideoEncodingName, bitrate: number, now: Micros): Leg {
    const leg: Leg = {
      codec,
      encoder: undefined,
      bitrate,
      setAt: now,
      peers: 0,
      keyFrameComes: false,
    };
    this.#legs.set(codec, leg);
    this.#codecs.createEncoder({ codec, bitrate, fps: this.#encoding.fps }).then(
      (encoder) => {
        if (this.#closed || this.#legs.get(codec) !== leg) encoder.close();
        else leg.encoder = encoder;
      },
      () => this.#legs.delete(codec),
    );
    return leg;
  }

  #follow(leg: Leg, rate: number, now: Micros): void {
    const falls = rate < leg.bitrate * (1 - SIGNIFICANT);
    const rises = rate > leg.bitrate * (1 + SIGNIFICANT) && now - leg.setAt >= RISE_INTERVAL;
    if (!falls && !rises) return;
    leg.bitrate = rate;
    leg.setAt = now;
    leg.encoder?.setRates({ bitrate: Math.round(rate) });
  }

  #sendersOf(codec: VideoEncodingName): readonly VideoSender[] {
    return [...this.#senders.values()].filter((each) => each.parameters?.codec === codec);
  }

  #send(codec: VideoEncodingName, frame: EncodedVideoFrame, captured: Micros): void {
    if (this.#closed) return;
    const now = this.#clock.now();
    for (const sender of this.#sendersOf(codec)) sender.send(frame, captured, now);
  }
}
