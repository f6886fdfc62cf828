export { webCodecs } from './web-codecs.js';
export type { CodecClass, ConfigSupport, WebCodecs, WebCodecsEngines } from './web-codecs.js';
export type { BufferSource } from './buffer-source.js';
export type { CodecState } from './control-queue.js';
export type { CodecInit } from './media-codec.js';
export type { PictureRect, PlaneLayout } from './plane-layout.js';
export type {
  VideoFrame,
  VideoFrameBufferInit,
  VideoFrameCopyToOptions,
  VideoFrameInit,
} from './video-frame.js';
export type {
  AudioData,
  AudioDataCopyToOptions,
  AudioDataInit,
  AudioSampleFormat,
} from './audio-data.js';
export type { EncodedAudioChunk, EncodedChunkInit, EncodedVideoChunk } from './encoded-chunk.js';
export type {
  EncodedVideoChunkMetadata,
  VideoEncoderInit,
  WebVideoEncoder,
} from './video-encoder.js';
export type { VideoEncoderConfig } from './video-encoder-config.js';
export type { VideoDecoderInit, WebVideoDecoder } from './video-decoder.js';
export type { VideoDecoderConfig } from './video-decoder-config.js';
export type {
  AudioEncoderInit,
  EncodedAudioChunkMetadata,
  WebAudioEncoder,
} from './audio-encoder.js';
export type { AudioEncoderConfig, OpusEncoderConfig } from './audio-encoder-config.js';
export type { AudioDecoderConfig, AudioDecoderInit, WebAudioDecoder } from './audio-decoder.js';
