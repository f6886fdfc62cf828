import type { OpusDecoder, OpusEngine } from '../opus/engine.js';
import { AudioData } from './audio-data.js';
import { checkOpus } from './audio-encoder-config.js';
import type { BufferSource } from './buffer-source.js';
import { chunkData, type EncodedAudioChunk } from './encoded-chunk.js';
import { MediaCodec, type CodecInit } from './media-codec.js';
import { codecString, integer, notSupported, present } from './web-idl.js';

/** How to decode audio (WebCodecs, AudioDecoderConfig). */
export interface AudioDecoderConfig {
  /** `opus`. */
  readonly codec: string;
  /** 8000, 12,000, 16,000, 24,000 or 48,000: what comes out, whatever was encoded. */
  readonly sampleRate: number;
  /** The same. */
  readonly numberOfChannels: number;
  /** Is to be left out: packets are taken as they are. */
  readonly description?: BufferSource;
}

/** Callbacks of an audio decoder. */
export type AudioDecoderInit = CodecInit<[data: AudioData]>;

/** A copy of what is known of a configuration. Throws `TypeError` unless it is valid (WebCodecs, § AudioDecoderConfig). */
export const readAudioDecoderConfig = (config: AudioDecoderConfig): AudioDecoderConfig =>
  present({
    codec: codecString(config.codec),
    sampleRate: integer('sampleRate', config.sampleRate, 1),
    numberOfChannels: integer('numberOfChannels', config.numberOfChannels, 1),
    description: config.description,
  });

/** Throws `NotSupportedError` for what these decoders cannot. */
export function checkAudioDecoderConfig(config: AudioDecoderConfig, engine: OpusEngine): void {
  checkOpus(config, engine.capabilities);
  if (config.description !== undefined)
    throw notSupported('a description is not read; packets are taken as they are, leave it out');
}

/** WebCodecs' AudioDecoder, on an Opus engine. */
export class WebAudioDecoder extends MediaCodec<[data: AudioData]> {
  readonly #engine: OpusEngine;
  #decoder: OpusDecoder | undefined;
  #keyChunkRequired = true;

  constructor(init: AudioDecoderInit, engine: OpusEngine) {
    super(init);
    this.#engine = engine;
  }

  /** Chunks that wait to be decoded, up to 1024. */
  get decodeQueueSize(): number {
    return this.control.inputs;
  }

  /**
   * Sets what comes out for the chunks to come; the decoder begins afresh. Throws `TypeError` for a configuration that is
   * none; what cannot be decoded here closes the decoder with `NotSupportedError`.
   */
  configure(config: AudioDecoderConfig): void {
    const read = readAudioDecoderConfig(config);
    this.control.configure((session) => this.#apply(read, session));
    this.#keyChunkRequired = true;
  }

  /**
   * Decodes a packet. Throws `InvalidStateError` unless configured, `DataError` for a delta chunk after `configure()` and
   * `flush()`. What is no Opus packet closes the decoder with `EncodingError`.
   */
  decode(chunk: EncodedAudioChunk): void {
    const data = chunkData(chunk);
    this.control.checkConfigured();
    if (this.#keyChunkRequired && chunk.type !== 'key') {
      throw new DOMException('the chunk is no key chunk; those of Opus all are', 'DataError');
    }
    this.#keyChunkRequired = false;
    this.control.input({ run: () => this.#decode(data, chunk.timestamp) });
  }

  override flush(): Promise<void> {
    if (this.state === 'configured') this.#keyChunkRequired = true;
    return super.flush();
  }

  protected override drain(): void {}

  protected override release(): void {
    this.#decoder?.close();
    this.#decoder = undefined;
  }

  async #apply(config: AudioDecoderConfig, session: AbortSignal): Promise<void> {
    checkAudioDecoderConfig(config, this.#engine);
    const { sampleRate, numberOfChannels: channels } = config;
    this.release();
    const decoder = await this.#engine.createDecoder({ sampleRate, channels });
    if (session.aborted) decoder.close();
    else this.#decoder = decoder;
  }

  #decode(packet: Uint8Array, timestamp: number): void {
    const { sampleRate, channels } = this.#decoder!;
    const data = this.#decoder!.decode(packet);
    if (!data) {
      throw new DOMException('the chunk is no Opus packet; make another decoder', 'EncodingError');
    }
    this.emit(
      new AudioData({
        format: 'f32',
        sampleRate,
        numberOfFrames: data.length / channels,
        numberOfChannels: channels,
        timestamp,
        data,
      }),
    );
  }
}
