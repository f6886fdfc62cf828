import { h264PictureSize } from './h264-picture-size.js';
import type { PictureSize } from './option-values.js';
import type { RecordedCodec } from './video-file.js';

/** Size of the pictures from a key frame on, as it says itself; undefined where it cannot be read. */
export function keyFrameSize(codec: RecordedCodec, data: Uint8Array): PictureSize | undefined {
  switch (codec) {
    case 'VP8':
      return vp8Size(data);
    case 'VP9':
      return vp9Size(data);
    case 'H264':
      return h264PictureSize(data);
  }
}

/** RFC 6386 §9.1: three bytes of tag, three of start code, then both sides in 14 bits each, a scale above them. */
function vp8Size(data: Uint8Array): PictureSize | undefined {
  if (data.length < 10 || data[3] !== 0x9d || data[4] !== 0x01 || data[5] !== 0x2a)
    return undefined;
  const side = (at: number): number => (data[at]! | (data[at + 1]! << 8)) & 0x3fff;
  return { width: side(6), height: side(8) };
}

/** VP9 bitstream specification §6.2, profile 0: sides less one, 16 bits each, half a byte into the frame's fifth. */
function vp9Size(data: Uint8Array): PictureSize | undefined {
  if (data.length < 9 || data[1] !== 0x49 || data[2] !== 0x83 || data[3] !== 0x42) return undefined;
  const side = (at: number): number =>
    1 + (((data[at]! << 12) | (data[at + 1]! << 4) | (data[at + 2]! >> 4)) & 0xffff);
  return { width: side(4), height: side(6) };
}
