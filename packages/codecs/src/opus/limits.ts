import { ArgumentError, UnsupportedError } from '../errors.js';
import type { Micros } from '../frames/audio-frame.js';
import { APPLICATIONS, BANDWIDTHS } from './encoder-ctl.js';
import type { OpusDecoderOptions, OpusEncoderSettings, OpusEngine } from './engine.js';

/** Sample rates every Opus implementation offers (RFC 6716 §2.1.1 and table 1). */
export const OPUS_SAMPLE_RATES: readonly number[] = [8_000, 12_000, 16_000, 24_000, 48_000];

/** Frame durations an encoder can be asked for (RFC 6716 §2.1.4). */
export const OPUS_FRAME_DURATIONS: readonly Micros[] = [
  2_500, 5_000, 10_000, 20_000, 40_000, 60_000,
] as Micros[];

/** Larger packets are not decoded: 48 frames of 1275 bytes are the most a sane encoder makes. */
export const MAX_PACKET_BYTES = 65_536;

type Described = Pick<OpusEngine, 'name' | 'capabilities'>;

/** Throws `UnsupportedError` unless the engine declares rate and channels and has an instance left. */
export function checkSupported(
  { name, capabilities }: Described,
  { sampleRate, channels }: OpusDecoderOptions,
  openInstances: number,
): void {
  if (!capabilities.sampleRates.includes(sampleRate)) {
    const rates = capabilities.sampleRates.join(', ');
    throw new UnsupportedError(`${name} cannot code ${sampleRate} Hz; resample to one of ${rates}`);
  }
  if (!capabilities.channels.includes(channels)) {
    const counts = capabilities.channels.join(' or ');
    throw new UnsupportedError(
      `${name} cannot code ${channels} channels, only ${counts}; mix down or load another engine`,
    );
  }
  if (openInstances >= capabilities.maxInstances) {
    throw new UnsupportedError(
      `${name} allows ${capabilities.maxInstances} open encoders and decoders; close some or load another engine`,
    );
  }
}

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/** Throws `ArgumentError` unless the given settings are within their documented ranges. */
export function checkSettings(settings: Partial<OpusEncoderSettings>): void {
  const { application, bitrate, complexity, expectedLoss, maxBandwidth } = settings;
  if (application !== undefined && !Object.hasOwn(APPLICATIONS, application)) {
    const names = Object.keys(APPLICATIONS).join(', ');
    throw new ArgumentError(`application is '${application}'; give one of ${names}`);
  }
  if (bitrate !== undefined && !isWhole(bitrate, 6_000, 510_000)) {
    throw new ArgumentError(`bitrate is ${bitrate}; give whole bit/s from 6000 to 510000`);
  }
  if (complexity !== undefined && !isWhole(complexity, 0, 10)) {
    throw new ArgumentError(`complexity is ${complexity}; give a whole number from 0 to 10`);
  }
  if (expectedLoss !== undefined && !(expectedLoss >= 0 && expectedLoss <= 1)) {
    throw new ArgumentError(`expectedLoss is ${expectedLoss}; give a share from 0 to 1`);
  }
  if (maxBandwidth !== undefined && !Object.hasOwn(BANDWIDTHS, maxBandwidth)) {
    const names = Object.keys(BANDWIDTHS).join(', ');
    throw new ArgumentError(`maxBandwidth is '${maxBandwidth}'; give one of ${names}`);
  }
}

/** Frame lengths in samples per channel that `encode` accepts at a sample rate. */
export const frameLengths = (sampleRate: number): readonly number[] =>
  OPUS_FRAME_DURATIONS.map((duration) => (duration * sampleRate) / 1_000_000);

/** Throws `ArgumentError` unless a frame's samples per channel are one of `lengths`. */
export function checkFrameLength(length: number, lengths: readonly number[]): void {
  if (lengths.includes(length)) return;
  throw new ArgumentError(
    `a frame of ${length} samples per channel cannot be encoded; give one of ${lengths.join(', ')}`,
  );
}

/** Throws `ArgumentError` unless `samples` can be concealed in one call: 1 sample to one second. */
export function checkConcealment(samples: number, sampleRate: number): void {
  if (!(Number.isInteger(samples) && samples >= 1 && samples <= sampleRate)) {
    throw new ArgumentError(
      `cannot conceal ${samples} samples; ask for a whole number from 1 to ${sampleRate}`,
    );
  }
}
