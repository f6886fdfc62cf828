/** What the other side can decode; undefined where it states no limit. */
export interface VideoLimits {
  /** Width and height are rounded up to multiples of this, in pixels, before they are counted. */
  readonly block: 1 | 16;
  /** Pixels. */
  readonly maxWidth: number | undefined;
  readonly maxHeight: number | undefined;
  /** Pixels of a frame. */
  readonly maxPixels: number | undefined;
  /** Pixels of all frames in a second. */
  readonly maxPixelRate: number | undefined;
  /** Frames per second. */
  readonly maxFrameRate: number | undefined;
  /** Bits per second. */
  readonly maxBitrate: number | undefined;
}

/** A picture size and rate that is to be encoded. */
export interface VideoSize {
  readonly width: number;
  readonly height: number;
  /** Frames per second. */
  readonly frameRate: number;
}

/** Whether the other side can decode pictures of this size and rate. */
export function fitsLimits(limits: VideoLimits, { width, height, frameRate }: VideoSize): boolean {
  const blocks = (pixels: number): number => Math.ceil(pixels / limits.block) * limits.block;
  const w = blocks(width);
  const h = blocks(height);
  const within = (value: number, max: number | undefined): boolean =>
    max === undefined || value <= max;
  return (
    within(w, limits.maxWidth) &&
    within(h, limits.maxHeight) &&
    within(w * h, limits.maxPixels) &&
    within(w * h * frameRate, limits.maxPixelRate) &&
    within(frameRate, limits.maxFrameRate)
  );
}

/** No limits at all, counted in macroblocks. */
export const UNLIMITED: VideoLimits = {
  block: 16,
  maxWidth: undefined,
  maxHeight: undefined,
  maxPixels: undefined,
  maxPixelRate: undefined,
  maxFrameRate: undefined,
  maxBitrate: undefined,
};
