import type { VideoLimits } from './video-limits.js';

/** H.264 profiles that this package tells apart (RFC 6184 §8.1, table 5). */
export type H264Profile =
  | 'constrained-baseline'
  | 'baseline'
  | 'main'
  | 'extended'
  | 'constrained-high'
  | 'high';

/** What a `profile-level-id` says. */
export interface H264ProfileLevel {
  readonly profile: H264Profile;
  /** Such as `3.1`, or `1b`. */
  readonly level: H264Level;
  /** The first two bytes, profile_idc and profile-iop, without the flag that tells level 1b from 1.1. */
  readonly profileBytes: number;
}

/** Mask and value of profile-iop that make a profile_idc a profile (RFC 6184 table 5). */
const PROFILES: readonly (readonly [idc: number, mask: number, iop: number, H264Profile])[] = [
  [0x42, 0x4f, 0x40, 'constrained-baseline'],
  [0x4d, 0x8f, 0x80, 'constrained-baseline'],
  [0x58, 0xcf, 0xc0, 'constrained-baseline'],
  [0x42, 0x4f, 0x00, 'baseline'],
  [0x58, 0xcf, 0x80, 'baseline'],
  [0x4d, 0xaf, 0x00, 'main'],
  [0x58, 0xcf, 0x00, 'extended'],
  [0x64, 0xff, 0x0c, 'constrained-high'],
  [0x64, 0xff, 0x00, 'high'],
];

/** An H.264 level (H.264 table A-1). */
export type H264Level =
  | '1'
  | '1b'
  | '1.1'
  | '1.2'
  | '1.3'
  | '2'
  | '2.1'
  | '2.2'
  | '3'
  | '3.1'
  | '3.2'
  | '4'
  | '4.1'
  | '4.2'
  | '5'
  | '5.1'
  | '5.2';

interface LevelRow {
  readonly level: H264Level;
  readonly idc: number;
  readonly macroblocksPerSecond: number;
  readonly macroblocks: number;
  /** In units of 1000 bit/s, or 1250 for the High profiles. */
  readonly bitrate: number;
}

const row = (
  level: H264Level,
  idc: number,
  macroblocksPerSecond: number,
  macroblocks: number,
  bitrate: number,
): LevelRow => ({ level, idc, macroblocksPerSecond, macroblocks, bitrate });

/** H.264 table A-1, from the lowest level to the highest: level_idc, MaxMBPS, MaxFS, MaxBR. */
const LEVELS: readonly LevelRow[] = [
  row('1', 10, 1_485, 99, 64),
  row('1b', 11, 1_485, 99, 128),
  row('1.1', 11, 3_000, 396, 192),
  row('1.2', 12, 6_000, 396, 384),
  row('1.3', 13, 11_880, 396, 768),
  row('2', 20, 11_880, 396, 2_000),
  row('2.1', 21, 19_800, 792, 4_000),
  row('2.2', 22, 20_250, 1_620, 4_000),
  row('3', 30, 40_500, 1_620, 10_000),
  row('3.1', 31, 108_000, 3_600, 14_000),
  row('3.2', 32, 216_000, 5_120, 20_000),
  row('4', 40, 245_760, 8_192, 20_000),
  row('4.1', 41, 245_760, 8_192, 50_000),
  row('4.2', 42, 522_240, 8_704, 50_000),
  row('5', 50, 589_824, 22_080, 135_000),
  row('5.1', 51, 983_040, 36_864, 240_000),
  row('5.2', 52, 2_073_600, 36_864, 240_000),
];

const rank = (level: H264Level): number => LEVELS.findIndex((each) => each.level === level);

const CONSTRAINT_SET3 = 0x10;
const LEVEL_1B_OF_HIGH = 9;

/** What is meant where `profile-level-id` is left out: Baseline, level 1 (RFC 6184 §8.1). */
const DEFAULT_PROFILE_LEVEL_ID = '42000a';

/** Reads a `profile-level-id`; undefined if it is none, or of a profile or level not known here (RFC 6184 §8.1). */
export function parseProfileLevelId(
  text: string = DEFAULT_PROFILE_LEVEL_ID,
): H264ProfileLevel | undefined {
  if (!/^[\da-f]{6}$/i.test(text)) return undefined;
  const value = Number.parseInt(text, 16);
  const idc = value >> 16;
  let iop = (value >> 8) & 0xff;
  const levelIdc = value & 0xff;
  const high = idc === 0x64;
  const is1b = high
    ? levelIdc === LEVEL_1B_OF_HIGH
    : levelIdc === 11 && (iop & CONSTRAINT_SET3) !== 0;
  // With other levels the flag says nothing, and must not come to mean 1b at another level.
  if (!high) iop &= ~CONSTRAINT_SET3;
  const profile = PROFILES.find(([i, mask, bits]) => i === idc && (iop & mask) === bits)?.[3];
  const level = is1b
    ? '1b'
    : LEVELS.find((each) => each.level !== '1b' && each.idc === levelIdc)?.level;
  return profile && level && { profile, level, profileBytes: (idc << 8) | iop };
}

/** The `profile-level-id` of a profile at a level. */
export function formatProfileLevelId({ profileBytes, level }: H264ProfileLevel): string {
  const high = profileBytes >> 8 === 0x64;
  const flag = level === '1b' && !high ? CONSTRAINT_SET3 : 0;
  const idc = level === '1b' && high ? LEVEL_1B_OF_HIGH : LEVELS[rank(level)]!.idc;
  return (((profileBytes | flag) << 8) | idc).toString(16).padStart(6, '0');
}

/** The lower of two levels. */
export const lowerLevel = (a: H264Level, b: H264Level): H264Level => (rank(a) < rank(b) ? a : b);

/** What a receiver states beyond its level (RFC 6184 §8.1: max-mbps, max-fs, max-br). */
export interface H264Extras {
  readonly macroblocksPerSecond: number | undefined;
  readonly macroblocks: number | undefined;
  /** In units of 1000 bit/s, or 1250 for the High profiles. */
  readonly bitrate: number | undefined;
}

/** What may be sent to a receiver of this profile and level, and more where it says so. */
export function h264Limits({ profile, level }: H264ProfileLevel, extras: H264Extras): VideoLimits {
  const base = LEVELS[rank(level)]!;
  // The extras can only raise what the level promises (RFC 6184 §8.1).
  const macroblocks = Math.max(base.macroblocks, extras.macroblocks ?? 0);
  const unit = profile === 'high' || profile === 'constrained-high' ? 1250 : 1000;
  const side = 16 * Math.floor(Math.sqrt(8 * macroblocks));
  return {
    block: 16,
    maxWidth: side,
    maxHeight: side,
    maxPixels: 256 * macroblocks,
    maxPixelRate: 256 * Math.max(base.macroblocksPerSecond, extras.macroblocksPerSecond ?? 0),
    maxFrameRate: undefined,
    maxBitrate: unit * Math.max(base.bitrate, extras.bitrate ?? 0),
  };
}
