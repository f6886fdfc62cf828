import type { Micros } from '../frames/audio-frame.js';
import { OPUS_CLOCK_RATE } from '../opus/toc.js';
import { wholeNumber } from '../whole-number.js';
import {
  flagParameter,
  integerParameter,
  type CodecDescription,
  type FormatParameters,
} from './codec-description.js';

/** What a receiver of Opus asks for, and what it says of its own stream (RFC 7587 §6.1). */
export interface OpusPreferences {
  /** Stereo is preferred; false if left out. */
  readonly stereo?: boolean;
  /** This side is likely to send stereo; false if left out. */
  readonly sendsStereo?: boolean;
  /** In-band FEC is made use of; true if left out. */
  readonly inbandFec?: boolean;
  /** Silence need not be sent; false if left out. */
  readonly dtx?: boolean;
  /** Constant bitrate is preferred; false if left out. */
  readonly cbr?: boolean;
  /** Most bit/s on average, 6000 to 510,000. */
  readonly maxAverageBitrate?: number;
  /** Highest sampling rate that can be played, 8000 to 48,000 Hz. */
  readonly maxPlaybackRate?: number;
  /** Fewest milliseconds in a packet, 3 to 120; 10 if left out. */
  readonly minPtime?: number;
}

/** How Opus may be sent to the other side. */
export interface OpusSendParameters {
  readonly codec: 'opus';
  readonly channels: 1 | 2;
  readonly inbandFec: boolean;
  readonly dtx: boolean;
  readonly cbr: boolean;
  /** Most bit/s on average. */
  readonly maxAverageBitrate: number;
  /** More bandwidth than half of this is wasted, in Hz. */
  readonly maxPlaybackRate: number;
  readonly minPacketDuration: Micros;
  readonly maxPacketDuration: Micros;
  /** As preferred by the other side; 20 ms where it says nothing. */
  readonly packetDuration: Micros;
}

const BITRATE = { min: 6_000, max: 510_000 };
const PLAYBACK_RATE = { min: 8_000, max: OPUS_CLOCK_RATE };
const PTIME = { min: 3, max: 120 };
const DEFAULT_PTIME = 20;
const DEFAULT_OFFERED_MIN_PTIME = 10;

/** Describes Opus as this side receives it (RFC 7587 §7). Throws `ArgumentError` for values out of range. */
export function describeOpus(
  preferences: OpusPreferences = {},
  { payloadType = 111, transportCc = false }: { payloadType?: number; transportCc?: boolean } = {},
): CodecDescription {
  const { maxAverageBitrate, maxPlaybackRate, minPtime = DEFAULT_OFFERED_MIN_PTIME } = preferences;
  if (maxAverageBitrate !== undefined) {
    wholeNumber('maxAverageBitrate', maxAverageBitrate, BITRATE.min, BITRATE.max);
  }
  if (maxPlaybackRate !== undefined) {
    wholeNumber('maxPlaybackRate', maxPlaybackRate, PLAYBACK_RATE.min, PLAYBACK_RATE.max);
  }
  wholeNumber('minPtime', minPtime, PTIME.min, PTIME.max);
  wholeNumber('payloadType', payloadType, 0, 127);
  const entries: readonly (readonly [string, number | false | undefined])[] = [
    ['minptime', minPtime],
    ['useinbandfec', preferences.inbandFec === false ? 0 : 1],
    ['stereo', preferences.stereo === true && 1],
    ['sprop-stereo', preferences.sendsStereo === true && 1],
    ['usedtx', preferences.dtx === true && 1],
    ['cbr', preferences.cbr === true && 1],
    ['maxaveragebitrate', maxAverageBitrate],
    ['maxplaybackrate', maxPlaybackRate],
  ];
  const parameters = Object.fromEntries(
    entries.flatMap(([name, value]) =>
      value === undefined || value === false ? [] : [[name, String(value)]],
    ),
  ) as FormatParameters;
  const feedback = transportCc ? ['transport-cc'] : [];
  return {
    payloadType,
    name: 'opus',
    clockRate: OPUS_CLOCK_RATE,
    channels: 2,
    parameters,
    feedback,
  };
}

/** How Opus may be sent to a side that describes it so; `ptime` and `maxptime` in milliseconds (RFC 7587 §7.1). */
export function opusSendParameters(
  { parameters }: CodecDescription,
  {
    ptime,
    maxptime,
  }: { readonly ptime?: number | undefined; readonly maxptime?: number | undefined },
): OpusSendParameters {
  const maxPlaybackRate =
    integerParameter(parameters, 'maxplaybackrate', PLAYBACK_RATE) ?? PLAYBACK_RATE.max;
  const channels = flagParameter(parameters, 'stereo') ? 2 : 1;
  const min = integerParameter(parameters, 'minptime', PTIME) ?? PTIME.min;
  const max = Math.max(min, Math.min(maxptime ?? PTIME.max, PTIME.max));
  const preferred = Math.min(Math.max(ptime ?? DEFAULT_PTIME, min), max);
  return {
    codec: 'opus',
    channels,
    inbandFec: flagParameter(parameters, 'useinbandfec'),
    dtx: flagParameter(parameters, 'usedtx'),
    cbr: flagParameter(parameters, 'cbr'),
    maxAverageBitrate:
      integerParameter(parameters, 'maxaveragebitrate', BITRATE) ??
      recommendedBitrate(maxPlaybackRate, channels),
    maxPlaybackRate,
    minPacketDuration: micros(min),
    maxPacketDuration: micros(max),
    packetDuration: micros(preferred),
  };
}

const micros = (milliseconds: number): Micros => Math.round(1000 * milliseconds) as Micros;

/** What stands for `maxaveragebitrate` where it is left out (RFC 7587 §6.1): the most of the table in §3.1.1. */
function recommendedBitrate(maxPlaybackRate: number, channels: 1 | 2): number {
  if (maxPlaybackRate <= 8_000) return 12_000;
  if (maxPlaybackRate <= 16_000) return 20_000;
  return channels === 1 ? 64_000 : 128_000;
}
