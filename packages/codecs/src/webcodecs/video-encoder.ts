import type { VideoPicture } from '../frames/video-frame.js';
import type { VideoEncoder, VideoProvider } from '../video/codec.js';
import { EncodedVideoChunk } from './encoded-chunk.js';
import { MediaCodec, type CodecInit } from './media-codec.js';
import type { VideoDecoderConfig } from './video-decoder-config.js';
import { PictureScaler } from './picture-scaler.js';
import { rtpTicks } from './rtp-ticks.js';
import {
  readVideoEncoderConfig,
  videoEncoderOptions,
  type VideoEncoderConfig,
} from './video-encoder-config.js';
import { pictureOf, type VideoFrame } from './video-frame.js';
import { present } from './web-idl.js';

/** What comes with a chunk (WebCodecs, EncodedVideoChunkMetadata). */
export interface EncodedVideoChunkMetadata {
  /** What a decoder is to be configured with; with every key frame. */
  readonly decoderConfig?: VideoDecoderConfig;
  /** With several layers: the one it belongs to. */
  readonly svc?: { readonly temporalLayerId: number };
}

/** Callbacks of a video encoder. */
export type VideoEncoderInit = CodecInit<
  [chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata]
>;

/** Frames that may wait: a second of video. */
const MAX_WAITING = 30;

/** WebCodecs' VideoEncoder, on the encoders of a provider. */
export class WebVideoEncoder extends MediaCodec<
  [chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata]
> {
  readonly #provider: VideoProvider;
  #encoder: VideoEncoder | undefined;
  #config: VideoEncoderConfig | undefined;
  #keyFrameOwed = false;
  #scaler: PictureScaler | undefined;

  constructor(init: VideoEncoderInit, provider: VideoProvider) {
    super(init);
    this.#provider = provider;
  }

  /** Frames that wait to be encoded. Beyond 30 the oldest are dropped. */
  get encodeQueueSize(): number {
    return this.control.inputs;
  }

  /**
   * Sets how the frames to come are encoded. Without a key frame, where but bitrate and framerate change. Throws
   * `TypeError` for a configuration that is none; what cannot be encoded here closes the encoder with
   * `NotSupportedError`.
   */
  configure(config: VideoEncoderConfig): void {
    const read = readVideoEncoderConfig(config);
    this.control.configure((session) => this.#apply(read, session));
  }

  /**
   * Encodes a frame, scaled to the configured size if it has another; it is yours at once, close it. Throws `TypeError` for
   * a closed frame, `InvalidStateError` unless configured. A failure of the codec closes the encoder with
   * `EncodingError`.
   */
  encode(frame: VideoFrame, { keyFrame = false }: { readonly keyFrame?: boolean } = {}): void {
    if (!pictureOf(frame))
      throw new TypeError('the frame is closed; encode it before you close it');
    this.control.checkConfigured();
    if (this.control.inputs >= MAX_WAITING) this.control.dropOldest();
    const own = frame.clone();
    let owesKeyFrame = keyFrame;
    this.control.input({
      run: (session) => {
        owesKeyFrame ||= this.#keyFrameOwed;
        this.#keyFrameOwed = false;
        return this.#encode(own, owesKeyFrame, session);
      },
      discard: () => {
        own.close();
        this.#keyFrameOwed ||= owesKeyFrame;
      },
    });
  }

  protected override drain(): void {}

  protected override release(): void {
    this.#encoder?.close();
    this.#encoder = undefined;
    this.#config = undefined;
    this.#keyFrameOwed = false;
    this.#scaler = undefined;
  }

  async #apply(config: VideoEncoderConfig, session: AbortSignal): Promise<void> {
    const options = videoEncoderOptions(config, this.#provider.capabilities);
    const before = this.#config;
    this.#config = config;
    if (this.#encoder?.codec === options.codec && before) {
      this.#encoder.setRates(options);
      this.#encoder.configure(options);
      this.#keyFrameOwed ||= before.width !== config.width || before.height !== config.height;
      return;
    }
    this.#encoder?.close();
    this.#encoder = undefined;
    const encoder = await this.#provider.createEncoder(options);
    if (session.aborted) encoder.close();
    else this.#encoder = encoder;
  }

  async #encode(frame: VideoFrame, keyFrame: boolean, session: AbortSignal): Promise<void> {
    const config = this.#config!;
    const { timestamp, duration } = frame;
    const encoding = this.#begin(frame, config, keyFrame).finally(() => frame.close());
    const encoded = await encoding;
    if (!encoded || session.aborted) return;
    const type = encoded.key ? 'key' : 'delta';
    const { data, temporalId } = encoded;
    const chunk = new EncodedVideoChunk(
      present({ type, timestamp, duration: duration ?? undefined, data } as const),
    );
    const isLayered = (config.scalabilityMode ?? 'L1T1') !== 'L1T1';
    this.emit(
      chunk,
      present({
        decoderConfig: encoded.key ? decoderConfigOf(config) : undefined,
        svc: isLayered ? { temporalLayerId: temporalId } : undefined,
      }),
    );
  }

  async #begin(
    frame: VideoFrame,
    { width, height }: VideoEncoderConfig,
    keyFrame: boolean,
  ): ReturnType<VideoEncoder['encode']> {
    const picture = this.#scaled(pictureOf(frame)!, width, height);
    const timestamp = rtpTicks(frame.timestamp);
    return this.#encoder!.encode({ ...picture, timestamp, capture: undefined }, { keyFrame });
  }

  #scaled(picture: VideoPicture, width: number, height: number): VideoPicture {
    if (picture.width === width && picture.height === height) return picture;
    if (!this.#scaler?.fits(picture, width, height)) {
      this.#scaler = new PictureScaler(picture.width, picture.height, width, height);
    }
    return this.#scaler.scale(picture);
  }
}

function decoderConfigOf(config: VideoEncoderConfig): VideoDecoderConfig {
  const { codec, width, height, displayWidth, displayHeight } = config;
  const isShownOtherwise = displayWidth !== undefined || displayHeight !== undefined;
  return {
    codec,
    codedWidth: width,
    codedHeight: height,
    ...(isShownOtherwise && {
      displayAspectWidth: displayWidth ?? width,
      displayAspectHeight: displayHeight ?? height,
    }),
  };
}
