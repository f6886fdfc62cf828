import { h264Limits, parseProfileLevelId } from '../sdp/h264-level.js';
import type { VideoLimits } from '../sdp/video-limits.js';
import type { ReadableCodec } from '../video/frame-header.js';

/** What a codec string says (WebCodecs Codec Registry). */
export interface VideoCodecString {
  readonly codec: ReadableCodec;
  /** What pictures its level allows; undefined where it is not kept to. */
  readonly limits: VideoLimits | undefined;
}

/** Levels of VP9, tenfold (Codec ISO Media File Format Binding, "VP9 levels"). */
const VP9_LEVELS = new Set([10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 52, 60, 61, 62]);
/** `vp09.profile.level.depth`, and chroma, primaries, transfer, matrix and range, all of two digits. */
const VP9 = /^vp09\.(\d{2})\.(\d{2})\.(\d{2})(?:\.(\d{2})\.\d{2}\.\d{2}\.\d{2}\.0[01])?$/;
const AVC = /^avc[13]\.([\da-f]{6})$/i;
const NO_EXTRAS = { macroblocksPerSecond: undefined, macroblocks: undefined, bitrate: undefined };

/**
 * Reads the codec string of what can be coded here: VP8, VP9 of profile 0 and H.264 Baseline; undefined for any other.
 *
 * Levels of VP9 are read but bind nobody, as in browsers: `vp09.00.10.08` stands for VP9 of any size. An encoder for
 * Baseline makes Constrained Baseline, which is a part of it.
 */
export function parseVideoCodec(text: string): VideoCodecString | undefined {
  if (text === 'vp8') return { codec: 'VP8', limits: undefined };
  const vp9 = VP9.exec(text);
  if (vp9) {
    const [, profile, level, depth, chroma = '01'] = vp9;
    const is420 = chroma === '00' || chroma === '01';
    const known = profile === '00' && VP9_LEVELS.has(Number(level)) && depth === '08' && is420;
    return known ? { codec: 'VP9', limits: undefined } : undefined;
  }
  const avc = AVC.exec(text);
  const profileLevel = avc ? parseProfileLevelId(avc[1]!) : undefined;
  if (profileLevel?.profile !== 'baseline' && profileLevel?.profile !== 'constrained-baseline') {
    return undefined;
  }
  return { codec: 'H264', limits: h264Limits(profileLevel, NO_EXTRAS) };
}
