import type { EngineSettings } from '../engine.js';

/** What a codec thread does from its start to its end. */
export interface CodecJob {
  readonly work: 'encode' | 'decode';
  readonly codec: 'VP8' | 'VP9' | 'H264';
  /** Address of the library's module. */
  readonly library: string;
}

/** A picture to encode, in planes without padding. */
export interface EncodeRequest {
  readonly memory: SharedArrayBuffer;
  readonly width: number;
  readonly height: number;
  readonly settings: EngineSettings;
}

/** An encoded picture; its bytes come by transfer. */
export interface EncodedPicture {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly key: boolean;
}

/** A frame to decode. */
export interface DecodeRequest {
  readonly data: Uint8Array;
  /** Where a picture of exactly this size goes. */
  readonly into: Uint8Array;
}

/** A decoded picture, in planes without padding. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  /** The picture, by transfer, when it is not of the size of `into`. */
  readonly memory: Uint8Array<ArrayBuffer> | undefined;
}

/** What a thread answers: an outcome, or why the library refused the bytes. */
export type CodecReply<Outcome> =
  | { readonly ok: true; readonly outcome: Outcome | undefined }
  | { readonly ok: false; readonly message: string };
