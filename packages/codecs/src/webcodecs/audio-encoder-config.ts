import type { OpusApplication, OpusCapabilities, OpusEncoderOptions } from '../opus/engine.js';
import { codecString, integer, notSupported, oneOf, optionalInteger, present } from './web-idl.js';

/** How to encode Opus (WebCodecs Opus registration, OpusEncoderConfig). */
export interface OpusEncoderConfig {
  /** Packets as they are; `ogg` is not made here. */
  readonly format?: 'opus' | 'ogg';
  /** `audio` if left out. */
  readonly application?: OpusApplication;
  /** Microseconds of a packet: 2500, 5000, 10,000, 20,000, 40,000 or 60,000; 20,000 if left out. */
  readonly frameDuration?: number;
  /** Computation spent, 0 to 10; 5 if left out. */
  readonly complexity?: number;
  /** Percent of packets expected to be lost; 0 if left out. */
  readonly packetlossperc?: number;
  /** Whether packets repeat the one before them, coarser; false if left out. */
  readonly useinbandfec?: boolean;
  /** Whether hardly anything is sent in silence; false if left out. */
  readonly usedtx?: boolean;
}

/** How to encode audio (WebCodecs, AudioEncoderConfig). */
export interface AudioEncoderConfig {
  /** `opus`. */
  readonly codec: string;
  /** 8000, 12,000, 16,000, 24,000 or 48,000. */
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  /** Bits per second, 6000 to 510,000; 50,000 a channel if left out. */
  readonly bitrate?: number;
  /** The rate of single packets varies around the bitrate. */
  readonly bitrateMode?: 'constant' | 'variable';
  readonly opus?: OpusEncoderConfig;
}

const FRAME_DURATIONS = [2_500, 5_000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 120_000];
const DEFAULT_FRAME_DURATION = 20_000;
const DEFAULT_BITRATE = 50_000;
const DEFAULT_COMPLEXITY = 5;

/** A copy of what is known of a configuration. Throws `TypeError` unless it is valid (WebCodecs, § AudioEncoderConfig). */
export function readAudioEncoderConfig(config: AudioEncoderConfig): AudioEncoderConfig {
  return present({
    codec: codecString(config.codec),
    sampleRate: integer('sampleRate', config.sampleRate, 1),
    numberOfChannels: integer('numberOfChannels', config.numberOfChannels, 1),
    bitrate: optionalInteger('bitrate', config.bitrate, 1),
    bitrateMode: oneOf('bitrateMode', config.bitrateMode, ['constant', 'variable'], 'variable'),
    opus: config.opus && readOpusConfig(config.opus),
  });
}

function readOpusConfig(opus: OpusEncoderConfig): OpusEncoderConfig {
  const { frameDuration = DEFAULT_FRAME_DURATION, useinbandfec = false, usedtx = false } = opus;
  if (!FRAME_DURATIONS.includes(frameDuration)) {
    const known = FRAME_DURATIONS.join(', ');
    throw new TypeError(`opus.frameDuration is ${frameDuration}; give one of ${known}`);
  }
  return {
    format: oneOf('opus.format', opus.format, ['opus', 'ogg'], 'opus'),
    application: oneOf(
      'opus.application',
      opus.application,
      ['voip', 'audio', 'lowdelay'],
      'audio',
    ),
    frameDuration,
    complexity: integer('opus.complexity', opus.complexity ?? DEFAULT_COMPLEXITY, 0, 10),
    packetlossperc: integer('opus.packetlossperc', opus.packetlossperc ?? 0, 0, 100),
    useinbandfec,
    usedtx,
  };
}

/** What an Opus encoder is made with, and the samples per channel of its frames. */
export interface AudioEncoding {
  readonly options: OpusEncoderOptions;
  readonly frameLength: number;
}

/** How to encode by a configuration. Throws `NotSupportedError` for what these encoders cannot. */
export function audioEncoding(
  config: AudioEncoderConfig,
  capabilities: OpusCapabilities,
): AudioEncoding {
  const { sampleRate, numberOfChannels, bitrate = DEFAULT_BITRATE * numberOfChannels } = config;
  checkOpus(config, capabilities);
  const { format, frameDuration, ...opus } = readOpusConfig(config.opus ?? {});
  if (format === 'ogg') throw notSupported("packets come as they are; leave out format 'ogg'");
  if (!capabilities.frameDurations.some((each) => each === frameDuration)) {
    const known = capabilities.frameDurations.join(', ');
    throw notSupported(`frames of ${frameDuration} µs cannot be encoded; give one of ${known}`);
  }
  if (config.bitrateMode === 'constant')
    throw notSupported("the bitrate of packets varies; take bitrateMode 'variable'");
  if (bitrate < 6_000 || bitrate > 510_000)
    throw notSupported(`bitrate is ${bitrate}; give 6000 to 510000 bits per second`);
  const { application = 'audio', complexity = DEFAULT_COMPLEXITY, packetlossperc = 0 } = opus;
  const options = {
    sampleRate,
    channels: numberOfChannels,
    bitrate,
    application,
    complexity,
    expectedLoss: packetlossperc / 100,
    fec: opus.useinbandfec ?? false,
    dtx: opus.usedtx ?? false,
  };
  const duration = frameDuration ?? DEFAULT_FRAME_DURATION;
  return { options, frameLength: (sampleRate * duration) / 1_000_000 };
}

/** Throws `NotSupportedError` unless it is Opus at a rate and with channels that the engine has. */
export function checkOpus(
  { codec, sampleRate, numberOfChannels }: AudioEncoderConfig,
  { sampleRates, channels }: OpusCapabilities,
): void {
  if (codec !== 'opus') throw notSupported(`'${codec}' is not known here; take opus`);
  if (!sampleRates.includes(sampleRate))
    throw notSupported(
      `${sampleRate} Hz is no rate of Opus; resample to ${sampleRates.join(', ')}`,
    );
  if (!channels.includes(numberOfChannels))
    throw notSupported(
      `${numberOfChannels} channels are too many; mix down to ${channels.join(' or ')}`,
    );
}
