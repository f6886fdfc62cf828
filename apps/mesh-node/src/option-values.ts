import type { VideoEncodingName } from '@rm/codecs';
import type { IceServer } from '@rm/webrtc-peer';
import { InvalidArgumentError } from 'commander';

/** In pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Reads a number within bounds, which are part of the range. */
export function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max))
      throw new InvalidArgumentError(`Give a number from ${min} to ${max}.`);
    return value;
  };
}

/** Reads a list of ids with commas in between. */
export function list(text: string): string[] {
  const ids = items(text);
  if (ids.length === 0) throw new InvalidArgumentError('Give at least one id.');
  return ids;
}

/** Reads a STUN or TURN server, which is added to the `others`. */
export function iceServer(text: string, others: readonly IceServer[]): readonly IceServer[] {
  const match = /^(stun|turns?):(?:([^:@]+):([^@]+)@)?([^@\s]+)$/.exec(text);
  const [, scheme, username, credential, host] = match ?? [];
  if (scheme === undefined || (scheme.startsWith('turn') && username === undefined))
    throw new InvalidArgumentError('Give stun:HOST[:PORT] or turn:USER:SECRET@HOST[:PORT].');
  return [
    ...others,
    {
      urls: [`${scheme}:${host}`],
      ...(username !== undefined && { username }),
      ...(credential !== undefined && { credential }),
    },
  ];
}

/** Smallest that the stamp of the test pattern fits into, and largest that the codecs take. */
const SIZE = { minWidth: 128, minHeight: 72, maxWidth: 4096, maxHeight: 2304 };

/** Reads a size such as 640x360; both are even, as H.264 has it. */
export function pictureSize(text: string): PictureSize {
  const [, width = 0, height = 0] = (/^(\d+)x(\d+)$/.exec(text) ?? []).map(Number);
  const { minWidth, minHeight, maxWidth, maxHeight } = SIZE;
  if (
    !(width >= minWidth && width <= maxWidth && height >= minHeight && height <= maxHeight) ||
    width % 2 === 1 ||
    height % 2 === 1
  )
    throw new InvalidArgumentError(
      `Give even numbers of pixels from ${minWidth}x${minHeight} to ${maxWidth}x${maxHeight}, as in 640x360.`,
    );
  return { width, height };
}

const CODECS: ReadonlyMap<string, VideoEncodingName> = new Map([
  ['vp9', 'VP9'],
  ['h264', 'H264'],
  ['vp8', 'VP8'],
]);

/** Reads a list of video codecs with commas in between, each at most once. */
export function codecs(text: string): VideoEncodingName[] {
  const names = items(text);
  const found = names.flatMap((name) => CODECS.get(name.toLowerCase()) ?? []);
  if (found.length === 0 || found.length < names.length || new Set(found).size < found.length)
    throw new InvalidArgumentError('Give one or more of vp9, h264 and vp8, each once.');
  return found;
}

const items = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
