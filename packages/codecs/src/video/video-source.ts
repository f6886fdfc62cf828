import type { VideoCapability } from './codec.js';
import type { DecoderEngine, EncoderEngine } from './engine.js';
import type { ReadableCodec } from './frame-header.js';

/** What a library does with a codec. */
export interface SourceCapability extends VideoCapability {
  readonly codec: ReadableCodec;
}

/** A library of this machine that codes video. */
export interface VideoSource {
  /** Which library does the work. */
  readonly name: string;
  readonly capabilities: readonly SourceCapability[];
  /** For codecs that its capabilities encode. */
  createEncoder(codec: ReadableCodec): EncoderEngine;
  /** For codecs that its capabilities decode. */
  createDecoder(codec: ReadableCodec): DecoderEngine;
}

/** Finds a library; rejects where it is not, with an error that says how to get it. */
export type FindVideoSource = () => Promise<VideoSource>;
