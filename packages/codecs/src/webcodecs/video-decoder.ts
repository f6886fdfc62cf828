import type { VideoDecodeFault, VideoDecoder, VideoProvider } from '../video/codec.js';
import { readFrameHeader, type ReadableCodec } from '../video/frame-header.js';
import { chunkData, type EncodedVideoChunk } from './encoded-chunk.js';
import { MediaCodec, type CodecInit } from './media-codec.js';
import { PictureResource } from './picture-resource.js';
import { rtpTicks } from './rtp-ticks.js';
import { parseVideoCodec } from './video-codec-string.js';
import {
  decodableCodec,
  readVideoDecoderConfig,
  type VideoDecoderConfig,
} from './video-decoder-config.js';

import { VideoFrame } from './video-frame.js';
import { present } from './web-idl.js';

/** Callbacks of a video decoder. */
export type VideoDecoderInit = CodecInit<[frame: VideoFrame]>;

const FAULTS: Readonly<Record<VideoDecodeFault, string>> = {
  'key-frame-needed': 'the chunk is no key frame; begin with one',
  corrupt:
    'the chunk is damaged, or of another codec; make another decoder and begin with a key frame',
  'too-large': 'the picture is larger than can be decoded; ask for a smaller one',
  'queue-full': 'too many frames wait in the decoder; give fewer at a time',
  closed: 'the provider closed the decoder; make another',
};

/** WebCodecs' VideoDecoder, on the decoders of a provider. */
export class WebVideoDecoder extends MediaCodec<[frame: VideoFrame]> {
  readonly #provider: VideoProvider;
  #decoder: VideoDecoder | undefined;
  #config: VideoDecoderConfig | undefined;
  /** Of the configuration given last, which need not be in force yet. */
  #codec: ReadableCodec | undefined;
  #keyChunkRequired = true;

  constructor(init: VideoDecoderInit, provider: VideoProvider) {
    super(init);
    this.#provider = provider;
  }

  /** Chunks that wait to be decoded, up to 1024. */
  get decodeQueueSize(): number {
    return this.control.inputs;
  }

  /**
   * Sets what the chunks to come are; the first must be a key frame. Throws `TypeError` for a configuration that is none;
   * what cannot be decoded here closes the decoder with `NotSupportedError`.
   */
  configure(config: VideoDecoderConfig): void {
    const read = readVideoDecoderConfig(config);
    this.control.configure((session) => this.#apply(read, session));
    this.#codec = parseVideoCodec(read.codec)?.codec;
    this.#keyChunkRequired = true;
  }

  /**
   * Decodes a chunk. Throws `InvalidStateError` unless configured, `DataError` for a delta frame where a key frame must
   * be: after `configure()` and `flush()`. What cannot be decoded closes the decoder with `EncodingError`.
   */
  decode(chunk: EncodedVideoChunk): void {
    const data = chunkData(chunk);
    this.control.checkConfigured();
    if (this.#keyChunkRequired) {
      const header = this.#codec && readFrameHeader(this.#codec, data);
      if (chunk.type !== 'key' || header?.key === false) {
        throw new DOMException('the chunk is no key frame; begin with one', 'DataError');
      }
      this.#keyChunkRequired = false;
    }
    this.control.input({ run: (session) => this.#decode(chunk, data, session) });
  }

  override flush(): Promise<void> {
    if (this.state === 'configured') this.#keyChunkRequired = true;
    return super.flush();
  }

  protected override drain(): void {}

  protected override release(): void {
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#config = undefined;
  }

  async #apply(config: VideoDecoderConfig, session: AbortSignal): Promise<void> {
    const codec = decodableCodec(config, this.#provider.capabilities);
    this.#config = config;
    if (this.#decoder?.codec === codec) return;
    this.#decoder?.close();
    this.#decoder = undefined;
    const decoder = await this.#provider.createDecoder({ codec });
    if (session.aborted) decoder.close();
    else this.#decoder = decoder;
  }

  async #decode(chunk: EncodedVideoChunk, data: Uint8Array, session: AbortSignal): Promise<void> {
    const decoder = this.#decoder!;
    const { timestamp, duration } = chunk;
    const key = chunk.type === 'key';
    const encoded = {
      data,
      key,
      temporalId: 0,
      timestamp: rtpTicks(timestamp),
      capture: undefined,
    };
    const result = await decoder.decode(encoded);
    if (session.aborted) return;
    if (!result.ok) throw new DOMException(FAULTS[result.reason], 'EncodingError');
    const picture = result.frame;
    if (!picture) return;
    const resource = new PictureResource(picture, () => decoder.recycle(picture));
    const shown = displaySize(picture.height, this.#config!);
    this.emit(
      new VideoFrame(resource, present({ timestamp, duration: duration ?? undefined, ...shown })),
    );
  }
}

/** The height stays, the width follows the shape (WebCodecs, § Create a VideoFrame). */
function displaySize(
  height: number,
  { displayAspectWidth, displayAspectHeight }: VideoDecoderConfig,
): { readonly displayWidth?: number; readonly displayHeight?: number } {
  if (displayAspectWidth === undefined || displayAspectHeight === undefined) return {};
  const displayWidth = Math.max(1, Math.round((height * displayAspectWidth) / displayAspectHeight));
  return { displayWidth, displayHeight: height };
}
