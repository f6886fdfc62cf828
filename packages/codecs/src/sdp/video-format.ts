import { wholeNumber } from '../whole-number.js';
import type { CodecDescription, FormatParameters } from './codec-description.js';

/** Video codecs that can be described and negotiated, by their encoding names. */
export type VideoEncodingName = 'VP8' | 'VP9' | 'H264' | 'AV1';

/** Which video codecs to offer and take: `vp9-primary-h264-fallback` is recommended. */
export type VideoCodecPreference = 'vp9-only' | 'h264-only' | 'vp9-primary-h264-fallback';

const PREFERENCES: Readonly<Record<VideoCodecPreference, readonly VideoEncodingName[]>> = {
  'vp9-only': ['VP9'],
  'h264-only': ['H264'],
  'vp9-primary-h264-fallback': ['VP9', 'H264'],
};

/** Ticks per second of the RTP timestamps of all video. */
export const VIDEO_CLOCK_RATE = 90_000;

/** Options of {@link describeVideo}. */
export interface VideoDescriptionOptions {
  /** Payload type of the first codec, the others follow: 0 to 127, 96 if left out. */
  readonly firstPayloadType?: number;
  /** Whether transport-wide congestion control feedback is offered; false if left out. */
  readonly transportCc?: boolean;
}

/** What this side can receive: VP9 profile 0, H.264 constrained baseline 3.1 in packetization mode 1, AV1 Main 3.1. */
const PARAMETERS: Readonly<Record<VideoEncodingName, FormatParameters>> = {
  VP8: {},
  VP9: { 'profile-id': '0' },
  H264: {
    'level-asymmetry-allowed': '1',
    'packetization-mode': '1',
    'profile-level-id': '42e01f',
  },
  AV1: { 'level-idx': '5', profile: '0', tier: '0' },
};

const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'goog-remb'];

/** Describes video codecs in order of preference, for an offer or as what an answer is chosen from. Throws `ArgumentError` if they do not fit the payload types. */
export function describeVideo(
  preference: VideoCodecPreference | readonly VideoEncodingName[],
  { firstPayloadType = 96, transportCc = false }: VideoDescriptionOptions = {},
): readonly CodecDescription[] {
  const names = typeof preference === 'string' ? PREFERENCES[preference] : preference;
  wholeNumber('firstPayloadType', firstPayloadType, 0, 128 - names.length);
  return names.map((name, i) => ({
    payloadType: firstPayloadType + i,
    name,
    clockRate: VIDEO_CLOCK_RATE,
    channels: 1,
    parameters: PARAMETERS[name],
    feedback: transportCc ? [...FEEDBACK, 'transport-cc'] : FEEDBACK,
  }));
}
