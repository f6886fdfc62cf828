import type { VideoPicture } from '../frames/video-frame.js';
import type { VideoRates } from './codec.js';
import type { PicturePool } from './picture-pool.js';

/** What an engine encodes a picture with. */
export interface EngineSettings extends VideoRates {
  readonly keyFrame: boolean;
  readonly temporalLayers: number;
}

/** A codec library's encoder, one picture at a time. Settings may differ from picture to picture. */
export interface EncoderEngine {
  /** Undefined when rate control dropped the picture. The planes are read before the call returns. */
  encode(
    picture: VideoPicture,
    settings: EngineSettings,
  ): Promise<
    { readonly data: Uint8Array; readonly key: boolean; readonly temporalId: number } | undefined
  >;
  close(): void;
}

/** A codec library's decoder, one frame at a time. */
export interface DecoderEngine {
  /** Undefined when the frame is not to be shown; rejects when it cannot be decoded. Memory comes from `pool`. */
  decode(data: Uint8Array, pool: PicturePool): Promise<VideoPicture | undefined>;
  close(): void;
}
