import type { NativeBinding, NativeDecoder, NativeEncoder } from '@rm/codecs-native';
import { i420Picture, type VideoPicture } from '../frames/video-frame.js';
import type { DecoderEngine, EncoderEngine, EngineSettings } from './engine.js';
import type { ReadableCodec } from './frame-header.js';
import type { PicturePool } from './picture-pool.js';
import type { SourceCapability, VideoSource } from './video-source.js';

/** libvpx and openh264 through `@rm/codecs-native`. Rejects where the package or its add-on is not there. */
export async function findNativeVideo(): Promise<VideoSource> {
  const { loadNative } = await import('@rm/codecs-native').catch((cause: unknown) => {
    throw new Error('no native codecs: npm install @rm/codecs-native', { cause });
  });
  return new NativeVideo(loadNative());
}

class NativeVideo implements VideoSource {
  readonly name = 'libvpx, openh264';
  readonly capabilities: readonly SourceCapability[] = [
    { codec: 'VP8', encode: true, decode: true, temporalLayers: 1 },
    { codec: 'VP9', encode: true, decode: true, temporalLayers: 3 },
    { codec: 'H264', encode: true, decode: true, temporalLayers: 1 },
  ];
  readonly #binding: NativeBinding;

  constructor(binding: NativeBinding) {
    this.#binding = binding;
  }

  createEncoder(codec: ReadableCodec): EncoderEngine {
    return new NativeEncoderEngine(new this.#binding.Encoder(codec));
  }

  createDecoder(codec: ReadableCodec): DecoderEngine {
    return new NativeDecoderEngine(new this.#binding.Decoder(codec));
  }
}

class NativeEncoderEngine implements EncoderEngine {
  readonly #encoder: NativeEncoder;

  constructor(encoder: NativeEncoder) {
    this.#encoder = encoder;
  }

  async encode(
    { y, u, v, width, height }: VideoPicture,
    { keyFrame, bitrate, fps, temporalLayers }: EngineSettings,
  ): ReturnType<EncoderEngine['encode']> {
    const packet = await this.#encoder.encode(
      y.data,
      u.data,
      v.data,
      y.stride,
      u.stride,
      v.stride,
      width,
      height,
      keyFrame,
      bitrate,
      fps,
      temporalLayers,
    );
    return packet && { ...packet, data: new Uint8Array(packet.data) };
  }

  close(): void {
    this.#encoder.close();
  }
}

class NativeDecoderEngine implements DecoderEngine {
  readonly #decoder: NativeDecoder;
  /** Memory for the next picture: frames that give none must not cost any. */
  #unused: Uint8Array | undefined;

  constructor(decoder: NativeDecoder) {
    this.#decoder = decoder;
  }

  async decode(data: Uint8Array, pool: PicturePool): Promise<VideoPicture | undefined> {
    // Most pictures have the size of the one before, and are copied beside this thread.
    const guess = (this.#unused ??= pool.last);
    const picture = await this.#decoder.decode(data, guess);
    if (!picture) return undefined;
    this.#unused = undefined;
    if (picture.copied) return i420Picture(picture.width, picture.height, guess);
    const memory = pool.sized(picture.width, picture.height);
    this.#decoder.copyPicture(memory);
    return i420Picture(picture.width, picture.height, memory);
  }

  close(): void {
    this.#decoder.close();
  }
}
