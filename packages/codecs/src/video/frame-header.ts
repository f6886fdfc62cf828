import type { VideoEncodingName } from '../sdp/video-format.js';
import { readH264PictureSize } from './h264-sps.js';

/** Codecs whose frames are read here. */
export type ReadableCodec = Exclude<VideoEncodingName, 'AV1'>;

/** What an encoded frame says of itself. */
export interface VideoFrameHeader {
  /** True when it needs no other frame to be decoded. */
  readonly key: boolean;
  /** Pixels of the picture where a key frame tells, else 0. */
  readonly pixels: number;
}

/** Reads the head of an encoded frame; undefined when the bytes cannot be one of the codec. */
export function readFrameHeader(
  codec: ReadableCodec,
  data: Uint8Array,
): VideoFrameHeader | undefined {
  switch (codec) {
    case 'VP8':
      return readVp8(data);
    case 'VP9':
      return readVp9(data);
    case 'H264':
      return readH264(data);
  }
}

const DELTA: VideoFrameHeader = { key: false, pixels: 0 };

/** RFC 6386 §9.1. */
function readVp8(data: Uint8Array): VideoFrameHeader | undefined {
  if (data.length < 3) return undefined;
  if ((data[0]! & 1) === 1) return DELTA;
  if (data.length < 10 || data[3] !== 0x9d || data[4] !== 0x01 || data[5] !== 0x2a)
    return undefined;
  const width = (data[6]! | (data[7]! << 8)) & 0x3fff;
  const height = (data[8]! | (data[9]! << 8)) & 0x3fff;
  return { key: true, pixels: width * height };
}

/** VP9 bitstream specification §6.2, profile 0. */
function readVp9(data: Uint8Array): VideoFrameHeader | undefined {
  const head = data[0];
  // Frame marker 2, profile 0 in two bits, show_existing_frame, frame_type, show_frame, error_resilient_mode.
  if (head === undefined || head >> 4 !== 0b1000) return undefined;
  if ((head & 0b1100) !== 0) return DELTA;
  if (data.length < 9 || data[1] !== 0x49 || data[2] !== 0x83 || data[3] !== 0x42) return undefined;
  // Colour space (3 bits; sRGB, 7, is not in profile 0) and range (1 bit); then 16 bits of width - 1 and of height - 1.
  if (data[4]! >> 5 === 7) return undefined;
  const at = (i: number): number => ((data[i]! << 4) | (data[i + 1]! >> 4)) & 0xff;
  const width = ((at(4) << 8) | at(5)) + 1;
  const height = ((at(6) << 8) | at(7)) + 1;
  return { key: true, pixels: width * height };
}

/** NAL unit types of ITU-T H.264 table 7-1, found behind the start codes of its annex B. */
function readH264(data: Uint8Array): VideoFrameHeader | undefined {
  let slices = false;
  for (let i = data.indexOf(1, 2); i !== -1 && i + 1 < data.length; i = data.indexOf(1, i + 1)) {
    if (data[i - 1] !== 0 || data[i - 2] !== 0) continue;
    const type = data[i + 1]! & 0x1f;
    if (type === 5) return { key: true, pixels: h264Pixels(data) };
    slices ||= type === 1;
  }
  return slices ? DELTA : undefined;
}

function h264Pixels(data: Uint8Array): number {
  const size = readH264PictureSize(data);
  return size ? size.width * size.height : 0;
}
