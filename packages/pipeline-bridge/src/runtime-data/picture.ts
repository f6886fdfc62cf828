import { copyPicture, i420Picture, i420Size } from '@rm/codecs';
import type { VideoFrame, VideoPicture } from '@rm/codecs';
import type { PictureData, PixelFormat } from './runtime-data.js';

/** Bytes of a picture of this format and size, which has no padding. */
export function pictureSize(format: PixelFormat, width: number, height: number): number {
  switch (format) {
    case 'i420':
    case 'nv12':
      return i420Size(width, height);
    case 'rgb24':
      return 3 * width * height;
    case 'rgba32':
      return 4 * width * height;
  }
}

/**
 * Wraps a frame as pipeline data of `streamId`. Planes that lie one after another without padding, as decoders of
 * `@rm/codecs` give them, are shared; others are copied.
 */
export function pictureData(frame: VideoFrame, streamId: string, frameNumber: number): PictureData {
  const { width, height, capture } = frame;
  const pixels = contiguousPixels(frame) ?? copiedPixels(frame);
  return { kind: 'video', format: 'i420', streamId, capture, width, height, pixels, frameNumber };
}

/** The planes of an I420 picture as views of its pixels. Throws `RangeError` when there are too few of them. */
export function planesOf({ width, height, pixels }: PictureData): VideoPicture {
  return i420Picture(width, height, pixels);
}

function contiguousPixels({ width, height, y, u, v }: VideoPicture): Uint8Array | undefined {
  const chroma = (width + 1) >> 1;
  const luma = width * height;
  const plane = chroma * ((height + 1) >> 1);
  const { buffer, byteOffset } = y.data;
  const follows =
    y.stride === width &&
    u.stride === chroma &&
    v.stride === chroma &&
    u.data.buffer === buffer &&
    v.data.buffer === buffer &&
    u.data.byteOffset === byteOffset + luma &&
    v.data.byteOffset === byteOffset + luma + plane &&
    byteOffset + luma + 2 * plane <= buffer.byteLength;
  return follows ? new Uint8Array(buffer, byteOffset, luma + 2 * plane) : undefined;
}

function copiedPixels(frame: VideoPicture): Uint8Array {
  const pixels = new Uint8Array(i420Size(frame.width, frame.height));
  copyPicture(frame, i420Picture(frame.width, frame.height, pixels));
  return pixels;
}
