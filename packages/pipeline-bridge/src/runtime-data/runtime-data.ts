import type { AudioFrame, CaptureTime } from '@rm/codecs';

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

/** A block of audio; it is an `AudioFrame` and goes wherever one is taken. `samples` is borrowed. */
export interface AudioData extends AudioFrame, StreamPosition {
  readonly kind: 'audio';
  readonly capture: CaptureTime | undefined;
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
export interface BinaryData extends StreamPosition {
  readonly kind: 'binary';
  readonly bytes: Uint8Array;
}

/**
 * What travels through a pipeline.
 *
 * Buffers (`samples`, `bytes`) are borrowed: whoever hands data to you may reuse them once your handler has
 * returned, so copy what you keep (`ownedCopy`).
 */
export type RuntimeData = AudioData | JsonData | TextData | BinaryData;

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
