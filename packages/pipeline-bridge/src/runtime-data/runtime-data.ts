import type { AudioFrame, CaptureTime, VideoEncodingName } from '@rm/codecs';

/** A value that JSON can carry unchanged. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What every piece of data carries from the pipeline's input to its output. */
export interface StreamPosition {
  /** Which stream the data belongs to; nodes pass it on unchanged. */
  readonly streamId: string;
  /** When what the data describes was captured, or undefined while that is not known. */
  readonly capture: CaptureTime | undefined;
}

/**
 * Whoever holds a lease keeps the buffer it stands for from being used again. Made with one holder; each `retain` is
 * one more, and wants its own `release`. The last `release` gives the buffer back to its pool.
 */
export interface Lease {
  retain(): void;
  release(): void;
}

/** A buffer that is lent, and for how long. */
export interface Lent {
  /** Present when the buffer can be kept by `retain` instead of a copy; nobody may write to it then. */
  readonly lease?: Lease | undefined;
}

/** A block of audio; it is an `AudioFrame` and goes wherever one is taken. `samples` is borrowed. */
export interface AudioData extends AudioFrame, StreamPosition, Lent {
  readonly kind: 'audio';
  readonly capture: CaptureTime | undefined;
}

/**
 * How the pixels of a picture lie in memory, without padding between rows or planes: `i420` Y, U, V and `nv12` Y, UV,
 * both with chroma at half the width and height, rounded up; `rgb24` and `rgba32` three and four bytes a pixel.
 */
export type PixelFormat = 'i420' | 'nv12' | 'rgb24' | 'rgba32';

/** A picture that is not encoded. `pixels` is borrowed; its length is `pictureSize` of the format and size. */
export interface PictureData extends StreamPosition, Lent {
  readonly kind: 'video';
  readonly format: PixelFormat;
  /** In pixels, 1…16384. */
  readonly width: number;
  /** In pixels, 1…16384. */
  readonly height: number;
  readonly pixels: Uint8Array;
  /** Counts the pictures of the stream. */
  readonly frameNumber: number;
}

/** An encoded picture: one access unit or frame of its codec. `bytes` is borrowed. */
export interface EncodedPictureData extends StreamPosition, Lent {
  readonly kind: 'video';
  readonly format: 'encoded';
  readonly codec: VideoEncodingName;
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
  /** Whether decoding can begin with it. */
  readonly keyFrame: boolean;
  /** Counts the pictures of the stream. */
  readonly frameNumber: number;
}

/** A picture of a video stream; `format` tells which. */
export type VideoData = PictureData | EncodedPictureData;

/** A still picture as a file holds it, or `raw` RGB, three bytes a pixel. `bytes` is borrowed. */
export interface ImageData extends StreamPosition, Lent {
  readonly kind: 'image';
  readonly format: 'jpeg' | 'png' | 'webp' | 'raw';
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

/** Numbers in row-major order, for or from a model. `bytes` is borrowed. */
export interface TensorData extends StreamPosition, Lent {
  readonly kind: 'tensor';
  /** RemoteMedia's number for the type of an element: 0 is float32, 1 is int32; others are passed on. */
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A numpy array as it lies in memory. `bytes` is borrowed. */
export interface NumpyData extends StreamPosition, Lent {
  readonly kind: 'numpy';
  /** numpy's name of the type of an element, for example `float32`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes from one element to the next along each dimension. */
  readonly strides: readonly number[];
  readonly cContiguous: boolean;
  readonly fContiguous: boolean;
  readonly bytes: Uint8Array;
}

/** A structured message; the value is immutable. */
export interface JsonData extends StreamPosition {
  readonly kind: 'json';
  readonly value: JsonValue;
}

/** A text, for example a caption. */
export interface TextData extends StreamPosition {
  readonly kind: 'text';
  readonly text: string;
}

/** Bytes with no further meaning here. `bytes` is borrowed. */
export interface BinaryData extends StreamPosition, Lent {
  readonly kind: 'binary';
  readonly bytes: Uint8Array;
}

/** What a control message asks of the nodes it passes. */
export type ControlMessage =
  /** What was made from this span of media, in microseconds, is not wanted any more. */
  | { readonly type: 'CancelSpeculation'; readonly from: number; readonly to: number }
  /** Data had better be handled so many pieces at a time. */
  | { readonly type: 'BatchHint'; readonly suggestedBatchSize: number }
  /** Results are late unless they come within so many microseconds. */
  | { readonly type: 'DeadlineWarning'; readonly deadline: number };

/** Tells the nodes something about the flow of data; never dropped. */
export interface ControlData extends StreamPosition {
  readonly kind: 'control';
  readonly message: ControlMessage;
  /** The segment it is about, if about one. */
  readonly segmentId: string | undefined;
  /** When it was made: milliseconds of the wall clock since 1970. */
  readonly timestampMs: number;
  readonly metadata: JsonValue;
}

/** Names a file, or a part of one; its content is not carried. */
export interface FileData extends StreamPosition {
  readonly kind: 'file';
  readonly path: string;
  readonly filename: string | undefined;
  readonly mimeType: string | undefined;
  /** Of the whole file, in bytes. */
  readonly size: number | undefined;
  /** Where the part begins. */
  readonly offset: number | undefined;
  /** Bytes of the part. */
  readonly length: number | undefined;
}

/**
 * What travels through a pipeline.
 *
 * Buffers (`samples`, `pixels`, `bytes`) are borrowed: whoever hands data to you may reuse them once your handler has
 * returned, so copy what you keep (`ownedCopy`).
 */
export type RuntimeData =
  | AudioData
  | VideoData
  | ImageData
  | TensorData
  | NumpyData
  | JsonData
  | TextData
  | BinaryData
  | ControlData
  | FileData;

/** The discriminants of `RuntimeData`. */
export type RuntimeDataKind = RuntimeData['kind'];

/** Wraps a frame as pipeline data of `streamId`; the samples are shared, not copied. */
export function audioData(frame: AudioFrame, streamId: string): AudioData {
  return {
    kind: 'audio',
    streamId,
    capture: frame.capture,
    samples: frame.samples,
    sampleRate: frame.sampleRate,
    channels: frame.channels,
  };
}
