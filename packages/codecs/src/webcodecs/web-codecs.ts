import type { OpusEngine } from '../opus/engine.js';
import type { VideoProvider } from '../video/codec.js';
import { AudioData } from './audio-data.js';
import {
  checkAudioDecoderConfig,
  readAudioDecoderConfig,
  WebAudioDecoder,
  type AudioDecoderConfig,
  type AudioDecoderInit,
} from './audio-decoder.js';
import {
  audioEncoding,
  readAudioEncoderConfig,
  type AudioEncoderConfig,
} from './audio-encoder-config.js';
import { WebAudioEncoder, type AudioEncoderInit } from './audio-encoder.js';
import { EncodedAudioChunk, EncodedVideoChunk } from './encoded-chunk.js';
import {
  decodableCodec,
  readVideoDecoderConfig,
  type VideoDecoderConfig,
} from './video-decoder-config.js';
import { WebVideoDecoder, type VideoDecoderInit } from './video-decoder.js';
import {
  readVideoEncoderConfig,
  videoEncoderOptions,
  type VideoEncoderConfig,
} from './video-encoder-config.js';
import { WebVideoEncoder, type VideoEncoderInit } from './video-encoder.js';
import { VideoFrame } from './video-frame.js';

/** Whether a configuration can be had, and what of it was understood. */
export interface ConfigSupport<Config> {
  readonly supported: boolean;
  readonly config: Config;
}

/** A codec's class as WebCodecs has it. */
export interface CodecClass<Codec, Init, Config> {
  new (init: Init): Codec;
  /** Rejects with `TypeError` for a configuration that is none. */
  isConfigSupported(config: Config): Promise<ConfigSupport<Config>>;
}

/** The classes of WebCodecs, by their names. */
export interface WebCodecs {
  readonly VideoEncoder: CodecClass<WebVideoEncoder, VideoEncoderInit, VideoEncoderConfig>;
  readonly VideoDecoder: CodecClass<WebVideoDecoder, VideoDecoderInit, VideoDecoderConfig>;
  readonly AudioEncoder: CodecClass<WebAudioEncoder, AudioEncoderInit, AudioEncoderConfig>;
  readonly AudioDecoder: CodecClass<WebAudioDecoder, AudioDecoderInit, AudioDecoderConfig>;
  readonly VideoFrame: typeof VideoFrame;
  readonly AudioData: typeof AudioData;
  readonly EncodedVideoChunk: typeof EncodedVideoChunk;
  readonly EncodedAudioChunk: typeof EncodedAudioChunk;
}

/** What does the work behind the classes. */
export interface WebCodecsEngines {
  /** From `loadVideoCodecs()`. */
  readonly video: VideoProvider;
  /** From `loadOpus()`. */
  readonly opus: OpusEngine;
}

/**
 * The classes of WebCodecs (https://www.w3.org/TR/webcodecs/) on encoders and decoders of this package, for code that was
 * written for browsers: take those you need, or assign all to `globalThis`.
 */
export function webCodecs({ video, opus }: WebCodecsEngines): WebCodecs {
  return {
    VideoEncoder: class VideoEncoder extends WebVideoEncoder {
      static isConfigSupported(
        config: VideoEncoderConfig,
      ): Promise<ConfigSupport<VideoEncoderConfig>> {
        return support(config, readVideoEncoderConfig, (read) =>
          videoEncoderOptions(read, video.capabilities),
        );
      }
      constructor(init: VideoEncoderInit) {
        super(init, video);
      }
    },
    VideoDecoder: class VideoDecoder extends WebVideoDecoder {
      static isConfigSupported(
        config: VideoDecoderConfig,
      ): Promise<ConfigSupport<VideoDecoderConfig>> {
        return support(config, readVideoDecoderConfig, (read) =>
          decodableCodec(read, video.capabilities),
        );
      }
      constructor(init: VideoDecoderInit) {
        super(init, video);
      }
    },
    AudioEncoder: class AudioEncoder extends WebAudioEncoder {
      static isConfigSupported(
        config: AudioEncoderConfig,
      ): Promise<ConfigSupport<AudioEncoderConfig>> {
        return support(config, readAudioEncoderConfig, (read) =>
          audioEncoding(read, opus.capabilities),
        );
      }
      constructor(init: AudioEncoderInit) {
        super(init, opus);
      }
    },
    AudioDecoder: class AudioDecoder extends WebAudioDecoder {
      static isConfigSupported(
        config: AudioDecoderConfig,
      ): Promise<ConfigSupport<AudioDecoderConfig>> {
        return support(config, readAudioDecoderConfig, (read) =>
          checkAudioDecoderConfig(read, opus),
        );
      }
      constructor(init: AudioDecoderInit) {
        super(init, opus);
      }
    },
    VideoFrame,
    AudioData,
    EncodedVideoChunk,
    EncodedAudioChunk,
  };
}

async function support<Config>(
  config: Config,
  read: (config: Config) => Config,
  check: (config: Config) => unknown,
): Promise<ConfigSupport<Config>> {
  const known = read(config);
  try {
    check(known);
    return { supported: true, config: known };
  } catch {
    return { supported: false, config: known };
  }
}
