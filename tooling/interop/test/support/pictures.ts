import type { VideoOutput } from '@rm/webrtc-peer';
import type { Sighting } from '../../src/page/eye.js';
import { type Tint, readStamp, stampCells } from '../../src/page/stamp.js';

type Picture = Omit<Parameters<VideoOutput['write']>[0], 'capture'>;

/** No multiple of 16: codecs that work in macroblocks have to cut the rest off. */
export const WIDTH = 320;
export const HEIGHT = 180;

export const CAMERA_TINT: Tint = { u: 104, v: 144 };
export const SCREEN_TINT: Tint = { u: 152, v: 152 };

/** Luma to be added: of which codecs send as much as the path carries. */
const GRAIN = Int8Array.from({ length: WIDTH * HEIGHT }, () => 40 * (Math.random() - 0.5));

/** Picture `n` of a film, in I420, with or without noise over it. */
export function stampedPicture(n: number, tint: Tint, grainy: boolean): Picture {
  const luma = new Uint8Array(WIDTH * HEIGHT);
  for (const { left, top, width, height, y } of stampCells(n, WIDTH, HEIGHT, tint))
    for (let row = top; row < top + height; row++)
      luma.fill(y, row * WIDTH + left, row * WIDTH + left + width);
  const shift = Math.floor(Math.random() * GRAIN.length);
  if (grainy)
    for (let i = 0; i < luma.length; i++)
      luma[i]! += GRAIN[i < shift ? i - shift + GRAIN.length : i - shift]!;
  const chroma = (value: number): Picture['u'] => ({
    data: new Uint8Array((WIDTH * HEIGHT) / 4).fill(value),
    stride: WIDTH / 2,
  });
  return {
    width: WIDTH,
    height: HEIGHT,
    timestamp: 0,
    y: { data: luma, stride: WIDTH },
    u: chroma(tint.u),
    v: chroma(tint.v),
  };
}

/** What a picture says of itself. */
export function readPicture(picture: Picture): Omit<Sighting, 'at'> {
  const { width, height, y: luma, u, v } = picture;
  const at = ({ data, stride }: Picture['y'], x: number, y: number): number =>
    data[y * stride + x]!;
  const colourAt = (x: number, y: number): [number, number, number] => [
    at(luma, x, y),
    at(u, x >> 1, y >> 1),
    at(v, x >> 1, y >> 1),
  ];
  return { ...readStamp(colourAt, width, height), width, height };
}
