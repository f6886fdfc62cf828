/** Codecs of the add-on. */
export type NativeCodec = 'VP8' | 'VP9' | 'H264';

/** An encoded frame. */
export interface NativePacket {
  /** The frame's bytes, H.264 in Annex B; yours. */
  readonly data: ArrayBuffer;
  /** True when the frame needs no other to be decoded. */
  readonly key: boolean;
  /** Temporal layer, 0 for the base. */
  readonly temporalId: number;
}

/** A decoded picture. */
export interface NativePicture {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** True when the picture is in the memory given; else `copyPicture` gives it until the next frame. */
  readonly copied: boolean;
}

/**
 * A libvpx or openh264 encoder. The first picture, a change of its size and a change of the number of temporal layers
 * start it anew with a key frame, except that VP9 without layers keeps its references when the size goes down.
 */
export interface NativeEncoder {
  /**
   * Encodes one I420 picture on a thread of libuv's pool; undefined when rate control dropped it. The planes are yours
   * again when the call returns.
   *
   * @param y - luma, `strideY` bytes from row to row; `u` and `v` are half as wide and high, rounded up
   * @param width - in pixels, 16 to 8192, at most 9,437,184 pixels in all; even for H.264, as is `height`
   * @param keyFrame - whether a key frame is asked for
   * @param bitrate - bit/s, 10,000 to 100,000,000
   * @param fps - frames per second, 1 to 240
   * @param temporalLayers - 1 to 3 for VP9, else 1
   *
   * Throws an error with code `BAD_ARGUMENT` for arguments out of range, after `close()`, and before the promise of the
   * frame before has settled. Rejects with the library's message when it fails; the next picture then starts it anew.
   */
  encode(
    y: Uint8Array,
    u: Uint8Array,
    v: Uint8Array,
    strideY: number,
    strideU: number,
    strideV: number,
    width: number,
    height: number,
    keyFrame: boolean,
    bitrate: number,
    fps: number,
    temporalLayers: number,
  ): Promise<NativePacket | undefined>;
  /** Frees the encoder, once a frame under way is done. Further calls do nothing. */
  close(): void;
}

/** A libvpx or openh264 decoder. */
export interface NativeDecoder {
  /**
   * Decodes one frame, 1 byte to 64 MiB, on a thread of libuv's pool; undefined when it is not to be shown. `data` is
   * yours again when the call returns; `into` must be left alone until the promise settles. A picture whose planes take
   * exactly the length of `into` is copied there, Y, U and V one after another without padding.
   *
   * Rejects with the library's message when the bytes cannot be decoded; only a key frame can be decoded then. Throws
   * an error with code `BAD_ARGUMENT` after `close()` and before the promise of the frame before has settled.
   */
  decode(data: Uint8Array, into: Uint8Array): Promise<NativePicture | undefined>;
  /** Copies the last picture to memory of exactly its size. */
  copyPicture(into: Uint8Array): void;
  /** Frees the decoder, once a frame under way is done. Further calls do nothing. */
  close(): void;
}

/** What the add-on exports. */
export interface NativeBinding {
  readonly Encoder: new (codec: NativeCodec) => NativeEncoder;
  readonly Decoder: new (codec: NativeCodec) => NativeDecoder;
}
