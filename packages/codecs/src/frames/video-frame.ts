import type { CaptureTime } from './audio-frame.js';

/** One plane of a picture: a byte per sample, rows from top to bottom. */
export interface VideoPlane {
  readonly data: Uint8Array;
  /** Bytes from the start of one row to that of the next, at least the plane's width. */
  readonly stride: number;
}

/** An uncompressed picture in I420: luma, and chroma at half the width and height, rounded up; 8 bits a sample. */
export interface VideoPicture {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Luma, `width` × `height`. */
  readonly y: VideoPlane;
  /** Blue difference. */
  readonly u: VideoPlane;
  /** Red difference. */
  readonly v: VideoPlane;
}

/**
 * A picture and its times.
 *
 * Whoever takes a frame from you is done with its planes when the call returns, unless it says otherwise. A frame that a
 * decoder gives belongs to you: keep it as long as you like, or give it back with `recycle`. Planes in a
 * SharedArrayBuffer can be read from other threads without a copy.
 */
export interface VideoFrame extends VideoPicture {
  /** RTP timestamp: ticks of 90 kHz, 0 to 2³² − 1, wrapping. */
  readonly timestamp: number;
  /** Capture time, or undefined while the sender's clock is not yet known. */
  readonly capture: CaptureTime | undefined;
}

/** Bytes of an I420 picture without padding. */
export function i420Size(width: number, height: number): number {
  return width * height + 2 * ((width + 1) >> 1) * ((height + 1) >> 1);
}

/**
 * Lays an I420 picture out over `memory`: Y, U and V one after another without padding. Nothing is copied; the picture
 * is a view of the first `i420Size(width, height)` bytes. Throws `RangeError` when there are fewer.
 */
export function i420Picture(
  width: number,
  height: number,
  memory: Uint8Array = new Uint8Array(i420Size(width, height)),
): VideoPicture {
  const needed = i420Size(width, height);
  if (memory.length < needed)
    throw new RangeError(
      `a ${width}x${height} picture takes ${needed} bytes, not ${memory.length}`,
    );
  const stride = (width + 1) >> 1;
  const luma = width * height;
  const chroma = (needed - luma) / 2;
  return {
    width,
    height,
    y: { data: memory.subarray(0, luma), stride: width },
    u: { data: memory.subarray(luma, luma + chroma), stride },
    v: { data: memory.subarray(luma + chroma, needed), stride },
  };
}

/** Copies the planes of one picture to another of the same size, row by row. */
export function copyPicture(from: VideoPicture, to: VideoPicture): void {
  copyPlane(from.y, to.y, from.width, from.height);
  const width = (from.width + 1) >> 1;
  const height = (from.height + 1) >> 1;
  copyPlane(from.u, to.u, width, height);
  copyPlane(from.v, to.v, width, height);
}

function copyPlane(from: VideoPlane, to: VideoPlane, width: number, height: number): void {
  for (let row = 0; row < height; row++) {
    const at = row * from.stride;
    to.data.set(from.data.subarray(at, at + width), row * to.stride);
  }
}
