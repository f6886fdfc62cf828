import { av1Limits, type Av1ProfileLevel } from './av1-level.js';
import {
  flagParameter,
  integerParameter,
  type CodecDescription,
  type FormatParameters,
} from './codec-description.js';
import {
  formatProfileLevelId,
  h264Limits,
  lowerLevel,
  parseProfileLevelId,
  type H264Level,
  type H264Profile,
} from './h264-level.js';
import { UNLIMITED, type VideoLimits } from './video-limits.js';

/** What may be encoded for the other side. */
export type VideoSendParameters =
  | { readonly codec: 'VP8'; readonly limits: VideoLimits }
  | { readonly codec: 'VP9'; readonly profile: number; readonly limits: VideoLimits }
  | {
      readonly codec: 'H264';
      readonly profile: H264Profile;
      readonly level: H264Level;
      readonly packetizationMode: 1;
      readonly limits: VideoLimits;
    }
  | ({ readonly codec: 'AV1'; readonly limits: VideoLimits } & Av1ProfileLevel);

/** What two sides agree on for one codec. */
export interface VideoAgreement {
  readonly send: VideoSendParameters;
  /** The parameters of this side's answer. */
  readonly answer: FormatParameters;
}

const LARGE = { min: 1, max: 2 ** 40 };

/** What two sides that both describe the codec agree on; undefined if their parameters do not fit together. */
export function agreeOnVideo(
  local: CodecDescription,
  remote: CodecDescription,
): VideoAgreement | undefined {
  switch (local.name.toUpperCase()) {
    case 'VP8':
      return { send: { codec: 'VP8', limits: vpLimits(remote) }, answer: local.parameters };
    case 'VP9':
      return agreeOnVp9(local, remote);
    case 'H264':
      return agreeOnH264(local.parameters, remote.parameters);
    case 'AV1':
      return agreeOnAv1(local, remote);
    default:
      return undefined;
  }
}

/** max-fs and max-fr tell what can be decoded (RFC 7741 §6.1, RFC 9628 §6). */
function vpLimits({ parameters }: CodecDescription): VideoLimits {
  const macroblocks = integerParameter(parameters, 'max-fs', LARGE);
  const side = macroblocks && 16 * Math.floor(Math.sqrt(8 * macroblocks));
  return {
    ...UNLIMITED,
    maxWidth: side,
    maxHeight: side,
    maxPixels: macroblocks && 256 * macroblocks,
    maxFrameRate: integerParameter(parameters, 'max-fr', LARGE),
  };
}

/** The profile is the same in both directions (RFC 9628 §6). */
function agreeOnVp9(local: CodecDescription, remote: CodecDescription): VideoAgreement | undefined {
  const profile = vp9Profile(local);
  if (profile === undefined || profile !== vp9Profile(remote)) return undefined;
  return { send: { codec: 'VP9', profile, limits: vpLimits(remote) }, answer: local.parameters };
}

function vp9Profile({ parameters }: CodecDescription): number | undefined {
  if (parameters['profile-id'] === undefined) return 0;
  return integerParameter(parameters, 'profile-id', { min: 0, max: 3 });
}

/**
 * Profile and packetization mode are the same in both directions; so is the level, the lower one of both,
 * unless both sides allow it to differ (RFC 6184 §8.2.2). Only packetization mode 1 is taken.
 */
function agreeOnH264(
  local: FormatParameters,
  remote: FormatParameters,
): VideoAgreement | undefined {
  const mode = 'packetization-mode';
  if (local[mode] !== '1' || remote[mode] !== '1') return undefined;
  const ours = parseProfileLevelId(local['profile-level-id']);
  const theirs = parseProfileLevelId(remote['profile-level-id']);
  if (!ours || !theirs || ours.profile !== theirs.profile) return undefined;
  const asymmetry = 'level-asymmetry-allowed';
  const asymmetric = flagParameter(local, asymmetry) && flagParameter(remote, asymmetry);
  const common = lowerLevel(ours.level, theirs.level);
  const level = asymmetric ? theirs.level : common;
  const { [asymmetry]: _, ...rest } = local;
  const extra = (name: string): number | undefined => integerParameter(remote, name, LARGE);
  const { profile } = theirs;
  const limits = h264Limits(
    { ...theirs, level },
    {
      macroblocksPerSecond: extra('max-mbps'),
      macroblocks: extra('max-fs'),
      bitrate: extra('max-br'),
    },
  );
  return {
    send: { codec: 'H264', profile, level, packetizationMode: 1, limits },
    answer: {
      ...(asymmetric ? { [asymmetry]: '1' } : {}),
      ...rest,
      'profile-level-id': formatProfileLevelId({
        ...theirs,
        level: asymmetric ? ours.level : common,
      }),
    },
  };
}

/** Each side states what it receives, and sends no more than the other one does (RTP Payload Format For AV1 §7.2.2). */
function agreeOnAv1(local: CodecDescription, remote: CodecDescription): VideoAgreement | undefined {
  const ours = av1ProfileLevel(local.parameters);
  const theirs = av1ProfileLevel(remote.parameters);
  const { levelIdx, tier } = theirs;
  const send = { profile: Math.min(ours.profile, theirs.profile), levelIdx, tier };
  return { send: { codec: 'AV1', ...send, limits: av1Limits(send) }, answer: local.parameters };
}

/** Main profile, level 3.1 and Main tier where nothing is said (RTP Payload Format For AV1 §7.1). */
const av1ProfileLevel = (parameters: FormatParameters): Av1ProfileLevel => ({
  profile: integerParameter(parameters, 'profile', { min: 0, max: 2 }) ?? 0,
  levelIdx: integerParameter(parameters, 'level-idx', { min: 0, max: 31 }) ?? 5,
  tier: integerParameter(parameters, 'tier', { min: 0, max: 1 }) ?? 0,
});
