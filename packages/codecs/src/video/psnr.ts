import type { VideoPicture } from '../frames/video-frame.js';

/** Peak signal-to-noise ratio of the luma of two pictures in dB (ITU-T J.340); NaN when their sizes differ. */
export function psnr(a: VideoPicture, b: VideoPicture): number {
  const { width, height } = a;
  if (width !== b.width || height !== b.height) return Number.NaN;
  const { data: one, stride: oneStride } = a.y;
  const { data: other, stride: otherStride } = b.y;
  let sum = 0;
  for (let row = 0; row < height; row++)
    for (let x = 0; x < width; x++) {
      const error = one[row * oneStride + x]! - other[row * otherStride + x]!;
      sum += error * error;
    }
  return 10 * Math.log10((255 * 255 * width * height) / sum);
}
