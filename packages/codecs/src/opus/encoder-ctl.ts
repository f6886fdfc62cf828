import type { OpusApplication, OpusEncoderSettings } from './engine.js';
import type { OpusBandwidth } from './toc.js';

/** libopus' numbers of the applications (opus_defines.h). */
export const APPLICATIONS: Readonly<Record<OpusApplication, number>> = {
  voip: 2048,
  audio: 2049,
  lowdelay: 2051,
};

/** libopus' numbers of the audio bandwidths (opus_defines.h). */
export const BANDWIDTHS: Readonly<Record<OpusBandwidth, number>> = {
  narrowband: 1101,
  mediumband: 1102,
  wideband: 1103,
  superwideband: 1104,
  fullband: 1105,
};

/** The `opus_encoder_ctl` requests, number and value, that put settings into effect (opus_defines.h). */
export const requests = (
  settings: Omit<OpusEncoderSettings, 'application'>,
): readonly (readonly [request: number, value: number])[] => [
  [4002, settings.bitrate],
  [4004, BANDWIDTHS[settings.maxBandwidth]],
  [4010, settings.complexity],
  [4012, Number(settings.fec)],
  [4014, Math.round(settings.expectedLoss * 100)],
  [4016, Number(settings.dtx)],
];

/**
 * The request that makes frames independent of those before (opus_defines.h). An encoder's first frame must be:
 * it may be made in mid-stream, where the decoder still has the state its predecessor left.
 */
export const SET_PREDICTION_DISABLED = 4042;
