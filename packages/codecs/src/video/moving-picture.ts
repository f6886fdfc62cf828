import { i420Picture, type VideoFrame, type VideoPicture } from '../frames/video-frame.js';

/** Smooth noise of several scales, each half as wide and 0.7 times as strong as the one before: what landscapes look like. */
function landscape(width: number, height: number): Float32Array {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return state / 2 ** 31;
  };
  const out = new Float32Array(width * height);
  for (let step = 128, strength = 40; step >= 2; step /= 2, strength *= 0.7) {
    const columns = Math.ceil(width / step) + 2;
    const grid = Float32Array.from(
      { length: columns * (Math.ceil(height / step) + 2) },
      () => strength * next(),
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
 * A moving picture that is the same every time, for tests, benchmarks and demonstrations: a camera pans in half pixels
 * over a textured landscape under a brightness gradient, and three textured discs cross it on their own ways. Gives the
 * frame of an index, 0 and up at 30 a second, in memory of its own. At 1280x720 it takes 1 Mbit/s to some 40 dB.
 */
export function movingPicture(width: number, height: number): (index: number) => VideoFrame {
  const across = width + 2 * PAN;
  const down = height + 2 * PAN;
  const ground = landscape(across + 1, down);
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
    for (let disc = 0; disc < 3; disc++) drawDisc(picture, disc, index, source, across);
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

/** One of the discs: a piece of the landscape at half its contrast, in a colour of its own. */
function drawDisc(
  { y, u, v, width, height }: VideoPicture,
  disc: number,
  index: number,
  texture: Uint8ClampedArray,
  stride: number,
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
    const piece = (dy + radius) * stride + radius - middleX;
    for (let x = from; x < to; x++)
      y.data[row * width + x] = 60 + 30 * disc + (texture[piece + x]! >> 1);
    const at = (row >> 1) * u.stride;
    u.data.fill(90 + 40 * disc, at + (from >> 1), at + (to >> 1));
    v.data.fill(170 - 40 * disc, at + (from >> 1), at + (to >> 1));
  }
}
