import type { CaptureTime } from '../frames/audio-frame.js';
import type { VideoFrame } from '../frames/video-frame.js';
import type { VideoEncodingName } from '../sdp/video-format.js';

/** Largest picture in pixels, either way: 36,864 macroblocks, which is H.264 level 5.2 (ITU-T H.264 table A-1). */
export const MAX_PICTURE_PIXELS: number = 36_864 * 256;

/** An encoded frame. What an encoder gives belongs to you. */
export interface EncodedVideoFrame {
  /** The bytes that go into a payload format; H.264 in Annex B, with SPS and PPS before each IDR picture. */
  readonly data: Uint8Array;
  /** True when the frame needs no other to be decoded. */
  readonly key: boolean;
  /**
   * Temporal layer, 0 for the base. No frame needs one of a higher layer, nor one of its own layer from before the last
   * frame of the base; so layers can be left out and taken up again at any base frame.
   */
  readonly temporalId: number;
  /** RTP timestamp of the picture: ticks of 90 kHz. */
  readonly timestamp: number;
  /** Capture time of the picture. */
  readonly capture: CaptureTime | undefined;
}

/**
 * What follows the network, from the next frame on and without a key frame; in WebAssembly a bitrate ten times below or
 * above the one the encoder began with takes one.
 */
export interface VideoRates {
  /** Target in bit/s, 10,000 to 100,000,000. */
  readonly bitrate: number;
  /** Frames per second that will come, 1 to 240; rate control shares the bitrate out by it. */
  readonly fps: number;
}

/** Settings whose change may take a key frame. */
export interface VideoEncoderSettings {
  /** Temporal layers, 1 to what `capabilities` say: with 2, every second frame can be left out, with 3 three in four. */
  readonly temporalLayers: number;
}

/** What an encoder is made with. */
export interface VideoEncoderOptions extends VideoRates {
  readonly codec: VideoEncodingName;
  /** Temporal layers, 1 if not given. */
  readonly temporalLayers?: number;
}

/** What became of the frames given to an encoder. */
export interface VideoEncoderStatistics {
  /** Frames that came out. */
  readonly encoded: number;
  /** Key frames among them. */
  readonly keyFrames: number;
  /** Dropped because a newer frame came while they waited for the one before. */
  readonly replaced: number;
  /** Dropped by rate control to hold the bitrate. */
  readonly rateDropped: number;
  /** Lost to a failure of the codec. */
  readonly failed: number;
}

/**
 * One encoder: pictures in, frames out, none held back for later. Encoding runs beside the calling thread. Holds native
 * memory, or a thread, until `close()`. `Input` is encoded frames for those that pass through.
 */
export interface VideoEncoder<Input = VideoFrame> {
  readonly codec: VideoEncodingName;
  readonly statistics: VideoEncoderStatistics;
  /**
   * Encodes a picture, and as a key frame if asked. The input is yours again when the call returns. A picture of another
   * size than the one before is taken as it comes, with a key frame where the codec needs one.
   *
   * One frame is encoded and one may wait. A newer frame replaces the waiting one, whose promise then gives undefined;
   * so does that of a frame dropped by rate control, and of what is under way at `close()`. A key frame asked for and
   * dropped is made of the next picture.
   *
   * Rejects with `ArgumentError` for a picture that cannot be, `ClosedError` after `close()`, `VideoCodecError` when the
   * codec fails; the next picture then starts it anew.
   */
  encode(
    frame: Input,
    options?: { readonly keyFrame?: boolean },
  ): Promise<EncodedVideoFrame | undefined>;
  /** Follows the network. Throws `ArgumentError` out of range. */
  setRates(rates: Partial<VideoRates>): void;
  /** Changes settings from the next picture on. Throws `UnsupportedError` beyond `capabilities`. */
  configure(settings: Partial<VideoEncoderSettings>): void;
  /** Frees the encoder. Further calls do nothing. */
  close(): void;
}

/**
 * Why no picture came: it needs a key frame first; the bytes are none of the codec; it is larger than
 * `MAX_PICTURE_PIXELS`; too many frames wait; the decoder was closed.
 */
export type VideoDecodeFault =
  | 'key-frame-needed'
  | 'corrupt'
  | 'too-large'
  | 'queue-full'
  | 'closed';

/** Outcome of `decode`; no frame when it is not to be shown. */
export type VideoDecodeResult<Output = VideoFrame> =
  | { readonly ok: true; readonly frame: Output | undefined }
  | { readonly ok: false; readonly reason: VideoDecodeFault };

/** No frame dropped, for whichever reason. */
export const NO_FAULTS: Readonly<Record<VideoDecodeFault, number>> = {
  'key-frame-needed': 0,
  corrupt: 0,
  'too-large': 0,
  'queue-full': 0,
  closed: 0,
};

/** What became of the frames given to a decoder. */
export interface VideoDecoderStatistics {
  /** Frames decoded. */
  readonly decoded: number;
  /** Frames that gave no picture, by reason. */
  readonly dropped: Readonly<Record<VideoDecodeFault, number>>;
}

/** One decoder: frames in, pictures out. Decoding runs beside the calling thread. Holds native memory, or a thread, until `close()`. */
export interface VideoDecoder<Output = VideoFrame> {
  readonly codec: VideoEncodingName;
  readonly statistics: VideoDecoderStatistics;
  /**
   * Decodes a frame, in the order of calls; bytes from anywhere give a result, never an exception. Leave them alone until
   * then. After anything but success nothing is decoded before a key frame: ask the sender for one. Whether a frame is
   * one is read from its bytes.
   *
   * At most 30 frames wait; beyond that all are dropped up to the next key frame, and a key frame drops those before it.
   */
  decode(frame: EncodedVideoFrame): Promise<VideoDecodeResult<Output>>;
  /** Takes a picture's memory back for those to come; nobody may read it any more. Optional, and only for its own. */
  recycle(frame: Output): void;
  /** Frees the decoder. Further calls do nothing. */
  close(): void;
}

/** What can be done with a codec here. */
export interface VideoCapability {
  readonly codec: VideoEncodingName;
  readonly encode: boolean;
  readonly decode: boolean;
  /** Most temporal layers an encoder makes; 0 where there is none. */
  readonly temporalLayers: number;
}

/** A source of encoders and decoders. `Picture` is encoded frames for those that pass through. */
export interface VideoProvider<Picture = VideoFrame> {
  /** Which libraries do the work. */
  readonly name: string;
  /** One entry a codec. */
  readonly capabilities: readonly VideoCapability[];
  /** Rejects with `UnsupportedError` beyond `capabilities`, `ArgumentError` for rates out of range. */
  createEncoder(options: VideoEncoderOptions): Promise<VideoEncoder<Picture>>;
  /** Rejects with `UnsupportedError` beyond `capabilities`. */
  createDecoder(options: { readonly codec: VideoEncodingName }): Promise<VideoDecoder<Picture>>;
}

/** The video codecs of this machine. */
export interface VideoCodecs extends VideoProvider {
  /** One line that says what is not there and how to get it; undefined when nothing is missing. */
  readonly missing: string | undefined;
}
