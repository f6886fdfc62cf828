import { UNLIMITED, type VideoLimits } from './video-limits.js';

/** Level, tier and profile of AV1 as SDP tells them (RTP Payload Format For AV1 §7.1). */
export interface Av1ProfileLevel {
  /** 0 Main, 1 High, 2 Professional. */
  readonly profile: number;
  /** seq_level_idx, 0 (level 2.0) to 31 (no limit). */
  readonly levelIdx: number;
  /** 0 Main, 1 High. */
  readonly tier: number;
}

type LevelRow = readonly [
  maxPixels: number,
  maxWidth: number,
  maxHeight: number,
  maxPixelRate: number,
  mainMegabits: number,
  highMegabits: number,
];

/** AV1 §A.3 by seq_level_idx: MaxPicSize, MaxHSize, MaxVSize, MaxDisplayRate, MainMbps, HighMbps. */
const LEVELS: ReadonlyMap<number, LevelRow> = new Map([
  [0, [147_456, 2048, 1152, 4_423_680, 1.5, 1.5]],
  [1, [278_784, 2816, 1584, 8_363_520, 3, 3]],
  [4, [665_856, 4352, 2448, 19_975_680, 6, 6]],
  [5, [1_065_024, 5504, 3096, 31_950_720, 10, 10]],
  [8, [2_359_296, 6144, 3456, 70_778_880, 12, 30]],
  [9, [2_359_296, 6144, 3456, 141_557_760, 20, 50]],
  [12, [8_912_896, 8192, 4352, 267_386_880, 30, 100]],
  [13, [8_912_896, 8192, 4352, 534_773_760, 40, 160]],
  [14, [8_912_896, 8192, 4352, 1_069_547_520, 60, 240]],
  [15, [8_912_896, 8192, 4352, 1_069_547_520, 60, 240]],
  [16, [35_651_584, 16_384, 8704, 1_069_547_520, 60, 240]],
  [17, [35_651_584, 16_384, 8704, 2_139_095_040, 100, 480]],
  [18, [35_651_584, 16_384, 8704, 4_278_190_080, 160, 800]],
  [19, [35_651_584, 16_384, 8704, 4_278_190_080, 160, 800]],
]);

/** Bitrate of a profile relative to the Main profile (AV1 §A.3, BitrateProfileFactor). */
const PROFILE_FACTORS = [1, 2, 3];

/** What may be sent to a receiver of this level; a level without figures counts as the next lower one that has them. */
export function av1Limits({ profile, levelIdx, tier }: Av1ProfileLevel): VideoLimits {
  if (levelIdx === 31) return { ...UNLIMITED, block: 1 };
  const known = [...LEVELS.keys()].findLast((idx) => idx <= levelIdx) ?? 0;
  const [maxPixels, maxWidth, maxHeight, maxPixelRate, main, high] = LEVELS.get(known)!;
  const megabits = (tier === 1 ? high : main) * PROFILE_FACTORS[profile]!;
  return {
    block: 1,
    maxWidth,
    maxHeight,
    maxPixels,
    maxPixelRate,
    maxFrameRate: undefined,
    maxBitrate: 1_000_000 * megabits,
  };
}
