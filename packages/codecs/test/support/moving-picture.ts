import { i420Picture, type VideoFrame, type VideoPicture } from '../../src/index.js';
import { random } from './signals.js';

/** Smooth noise of several scales, each half as wide and 0.7 times as strong as the one before: what landscapes look like. */
function landscape(width: number, height: number, seed: number): Float32Array {
  const next = random(seed);
  const out = new Float32Array(width * height);
  for (let step = 128, strength = 40; step >= 2; step /= 2, strength *= 0.7) {
    const columns = Math.ceil(width / step) + 2;
    const grid = Float32Array.from(
      { length: columns * (Math.ceil(height / step) + 2) },
      () => strength * (2 * next() - 1),
    );
    for (let y = 0; y < height; y++) {
      const row = Math.floor(y / step) * columns;
      const fy = ease((y % step) / step);
      for (let x = 0; x < width; x++) {
        const at = row + Math.floor(x / step);
        const fx = ease((x % step) / step);
        const top = grid[at]! + fx * (grid[at + 1]! - grid[at]!);
        const bottom = grid[at + columns]! + fx * (grid[at + columns + 1]! - grid[at + columns]!);
        out[y * width + x]! += top + fy * (bottom - top);
      }
    }
  }
  return out;
}

const ease = (t: number): number => t * t * (3 - 2 * t);

/** How far the camera wanders from the middle, in pixels. */
const PAN = 96;

/**
 * A deterministic moving picture: a camera that pans in half pixels over a textured landscape under a brightness
 * gradient, and three textured discs that cross it on their own ways. The frames come in memory of their own.
 */
export function movingPicture(width: number, height: number): (index: number) => VideoFrame {
  const across = width + 2 * PAN;
  const down = height + 2 * PAN;
  const ground = landscape(across + 1, down, 1);
  const luma = [0, 0.5].map((shift) => {
    const plane = new Uint8ClampedArray(across * down);
    for (let y = 0; y < down; y++)
      for (let x = 0; x < across; x++) {
        const at = y * (across + 1) + x;
        const value = ground[at]! + shift * (ground[at + 1]! - ground[at]!);
        plane[y * across + x] = 70 + (90 * y) / down + value;
      }
    return plane;
  });
  return (index) => {
    const picture = i420Picture(width, height);
    const panX = PAN + 0.9 * PAN * Math.sin(index / 40);
    const left = Math.floor(panX);
    const top = Math.round(PAN + 0.8 * PAN * Math.sin(index / 57));
    const source = luma[panX - left < 0.5 ? 0 : 1]!;
    for (let y = 0; y < height; y++) {
      const at = (y + top) * across + left;
      picture.y.data.set(source.subarray(at, at + width), y * width);
    }
    tint(picture, index);
    for (let disc = 0; disc < 3; disc++) drawDisc(picture, disc, index, source);
    return { ...picture, timestamp: (index * 3000) >>> 0, capture: undefined };
  };
}

/** Colour that drifts slowly over the whole picture. */
function tint({ u, v, width, height }: VideoPicture, index: number): void {
  const columns = (width + 1) >> 1;
  for (let y = 0; y < (height + 1) >> 1; y++) {
    u.data.fill(118 + (20 * y) / height + 4 * Math.sin(index / 30), y * columns, (y + 1) * columns);
    v.data.fill(134 - (20 * y) / height, y * columns, (y + 1) * columns);
  }
}

function drawDisc(
  { y, u, v, width, height }: VideoPicture,
  disc: number,
  index: number,
  texture: Uint8ClampedArray,
): void {
  const radius = Math.round(height / (7 + disc));
  const middleX = Math.round(width * (0.5 + 0.4 * Math.sin(index / (23 + 9 * disc) + disc)));
  const middleY = Math.round(height * (0.5 + 0.3 * Math.cos(index / (31 + 5 * disc) + 2 * disc)));
  for (let dy = -radius; dy <= radius; dy++) {
    const half = Math.floor(Math.sqrt(radius * radius - dy * dy));
    const row = middleY + dy;
    if (row < 0 || row >= height) continue;
    const from = Math.max(0, middleX - half);
    const to = Math.min(width, middleX + half);
    for (let x = from; x < to; x++)
      y.data[row * width + x] =
        60 + 30 * disc + (texture[(dy + radius) * 700 + x - middleX + radius]! >> 1);
    const at = (row >> 1) * u.stride;
    u.data.fill(90 + 40 * disc, at + (from >> 1), at + (to >> 1));
    v.data.fill(170 - 40 * disc, at + (from >> 1), at + (to >> 1));
  }
}

/** Peak signal-to-noise ratio of the luma of two pictures in dB (ITU-T J.340). */
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
