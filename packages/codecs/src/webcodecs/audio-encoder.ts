import type { OpusEncoder, OpusEngine } from '../opus/engine.js';
import type { AudioData } from './audio-data.js';
import type { AudioDecoderConfig } from './audio-decoder.js';
import {
  audioEncoding,
  readAudioEncoderConfig,
  type AudioEncoderConfig,
  type AudioEncoding,
} from './audio-encoder-config.js';
import { EncodedAudioChunk } from './encoded-chunk.js';
import { MediaCodec, type CodecInit } from './media-codec.js';

/** What comes with a chunk (WebCodecs, EncodedAudioChunkMetadata). */
export interface EncodedAudioChunkMetadata {
  /** What a decoder is to be configured with; with the first chunk, and when it changes. */
  readonly decoderConfig?: AudioDecoderConfig;
}

/** Callbacks of an audio encoder. */
export type AudioEncoderInit = CodecInit<
  [chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata]
>;

/** An Opus encoder, and the frame that is being gathered for it. */
interface Gathering extends AudioEncoding {
  readonly encoder: OpusEncoder;
  /** Interleaved. */
  readonly frame: Float32Array;
  /** Samples per channel in it. */
  filled: number;
  /** When its first sample is, in microseconds. */
  timestamp: number;
  isAnnounced: boolean;
}

/** WebCodecs' AudioEncoder, on an Opus engine. */
export class WebAudioEncoder extends MediaCodec<
  [chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata]
> {
  readonly #engine: OpusEngine;
  #gathering: Gathering | undefined;

  constructor(init: AudioEncoderInit, engine: OpusEngine) {
    super(init);
    this.#engine = engine;
  }

  /** Blocks that wait to be encoded, up to 1024. */
  get encodeQueueSize(): number {
    return this.control.inputs;
  }

  /**
   * Sets how the blocks to come are encoded. Where sample rate, channels or frame duration change, what is left of a frame
   * is filled up with silence first. Throws `TypeError` for a configuration that is none; what cannot be encoded here
   * closes the encoder with `NotSupportedError`.
   */
  configure(config: AudioEncoderConfig): void {
    const read = readAudioEncoderConfig(config);
    this.control.configure((session) => this.#apply(read, session));
  }

  /**
   * Encodes a block of any length; it is yours at once, close it. A chunk comes for every frame that is full, with the time
   * of its first sample. Throws `TypeError` for a closed block, `InvalidStateError` unless configured. A block of another
   * rate or other channels closes the encoder with `EncodingError`.
   */
  encode(data: AudioData): void {
    if (data.format === null)
      throw new TypeError('the block is closed; encode it before you close it');
    this.control.checkConfigured();
    const own = data.clone();
    this.control.input({ run: () => this.#encode(own) });
  }

  protected override drain(): void {
    const gathering = this.#gathering;
    if (!gathering || gathering.filled === 0) return;
    gathering.frame.fill(0, gathering.filled * gathering.options.channels);
    this.#finishFrame(gathering);
  }

  protected override release(): void {
    this.#gathering?.encoder.close();
    this.#gathering = undefined;
  }

  async #apply(config: AudioEncoderConfig, session: AbortSignal): Promise<void> {
    const encoding = audioEncoding(config, this.#engine.capabilities);
    const { options, frameLength } = encoding;
    const { sampleRate, channels, ...settings } = options;
    const current = this.#gathering;
    if (
      current?.options.sampleRate === sampleRate &&
      current.options.channels === channels &&
      current.frameLength === frameLength
    ) {
      current.encoder.configure(settings);
      return;
    }
    this.drain();
    this.release();
    const encoder = await this.#engine.createEncoder(options);
    if (session.aborted) return encoder.close();
    const frame = new Float32Array(frameLength * channels);
    const empty = { filled: 0, timestamp: 0, isAnnounced: false };
    this.#gathering = { ...encoding, ...empty, encoder, frame };
  }

  #encode(data: AudioData): void {
    const gathering = this.#gathering!;
    const { frame, frameLength, options } = gathering;
    const { sampleRate, channels } = options;
    if (data.sampleRate !== sampleRate || data.numberOfChannels !== channels) {
      throw new DOMException(
        `the block has ${data.numberOfChannels} channels at ${data.sampleRate} Hz, not ${channels} at ${sampleRate}; convert it, or configure() its format`,
        'EncodingError',
      );
    }
    for (let frameOffset = 0; frameOffset < data.numberOfFrames;) {
      if (gathering.filled === 0) {
        gathering.timestamp = data.timestamp + Math.round((frameOffset / sampleRate) * 1_000_000);
      }
      const frameCount = Math.min(
        frameLength - gathering.filled,
        data.numberOfFrames - frameOffset,
      );
      const target = frame.subarray(gathering.filled * channels);
      data.copyTo(target, { planeIndex: 0, frameOffset, frameCount, format: 'f32' });
      gathering.filled += frameCount;
      frameOffset += frameCount;
      if (gathering.filled === frameLength) this.#finishFrame(gathering);
      // An output may have closed or reset the encoder.
      if (gathering !== this.#gathering) return;
    }
  }

  #finishFrame(gathering: Gathering): void {
    const { encoder, frame, frameLength, options, timestamp, isAnnounced } = gathering;
    gathering.filled = 0;
    gathering.isAnnounced = true;
    const chunk = new EncodedAudioChunk({
      type: 'key',
      timestamp,
      duration: (frameLength / options.sampleRate) * 1_000_000,
      data: encoder.encode(frame),
    });
    const { sampleRate, channels: numberOfChannels } = options;
    const decoderConfig = { codec: 'opus', sampleRate, numberOfChannels };
    this.emit(chunk, isAnnounced ? {} : { decoderConfig });
  }
}
