import { fitsLimits } from '../sdp/video-limits.js';
import {
  MAX_PICTURE_PIXELS,
  type VideoCapability,
  type VideoEncoderOptions,
} from '../video/codec.js';
import { parseVideoCodec } from './video-codec-string.js';
import { codecString, integer, notSupported, oneOf, optionalInteger, present } from './web-idl.js';

/** How to encode video (WebCodecs, VideoEncoderConfig). */
export interface VideoEncoderConfig {
  /** `vp8`, `vp09.00.10.08` or `avc1.42e01f`, and the like. */
  readonly codec: string;
  /** Pixels, 16 to 8192, even for H.264. Frames of another size are scaled to it. */
  readonly width: number;
  readonly height: number;
  readonly displayWidth?: number;
  readonly displayHeight?: number;
  /** Bits per second, 10,000 to 100,000,000; a tenth of a bit per pixel if left out. */
  readonly bitrate?: number;
  /** Frames per second, 1 to 240; 30 if left out. */
  readonly framerate?: number;
  /** The encoders are software. */
  readonly hardwareAcceleration?: 'no-preference' | 'prefer-hardware' | 'prefer-software';
  readonly alpha?: 'discard' | 'keep';
  /** `L1T1`, `L1T2` or `L1T3`: temporal layers, as far as the codec has them. */
  readonly scalabilityMode?: string;
  /** Constant and variable are the same; the rate is held within half a second. */
  readonly bitrateMode?: 'constant' | 'variable' | 'quantizer';
  /** `realtime` must be said, as frames are dropped to hold the bitrate. */
  readonly latencyMode?: 'quality' | 'realtime';
  /** `annexb` must be said for H.264. */
  readonly avc?: { readonly format?: 'annexb' | 'avc' };
}

const DEFAULT_FRAMERATE = 30;
const DEFAULT_BITS_PER_PIXEL = 0.1;
const MIN_BITRATE = 10_000;
const MAX_BITRATE = 100_000_000;
const MIN_SIDE = 16;
const MAX_SIDE = 8192;
const LAYERS = ['L1T1', 'L1T2', 'L1T3'];

/** A copy of what is known of a configuration. Throws `TypeError` unless it is valid (WebCodecs, § VideoEncoderConfig). */
export function readVideoEncoderConfig(config: VideoEncoderConfig): VideoEncoderConfig {
  const { framerate } = config;
  if (framerate !== undefined && !(framerate > 0 && Number.isFinite(framerate))) {
    throw new TypeError(`framerate is ${framerate}; give frames per second`);
  }
  const avc = config.avc && {
    format: oneOf('avc.format', config.avc.format, ['annexb', 'avc'], 'avc'),
  };
  return present({
    codec: codecString(config.codec),
    width: integer('width', config.width, 1),
    height: integer('height', config.height, 1),
    displayWidth: optionalInteger('displayWidth', config.displayWidth, 1),
    displayHeight: optionalInteger('displayHeight', config.displayHeight, 1),
    bitrate: optionalInteger('bitrate', config.bitrate, 1),
    framerate,
    hardwareAcceleration: oneOf(
      'hardwareAcceleration',
      config.hardwareAcceleration,
      ['no-preference', 'prefer-hardware', 'prefer-software'],
      'no-preference',
    ),
    alpha: oneOf('alpha', config.alpha, ['discard', 'keep'], 'discard'),
    scalabilityMode: config.scalabilityMode,
    bitrateMode: oneOf(
      'bitrateMode',
      config.bitrateMode,
      ['constant', 'variable', 'quantizer'],
      'variable',
    ),
    latencyMode: oneOf('latencyMode', config.latencyMode, ['quality', 'realtime'], 'quality'),
    avc,
  });
}

/** What an encoder is made with for a configuration. Throws `NotSupportedError` for what these encoders cannot. */
export function videoEncoderOptions(
  config: VideoEncoderConfig,
  capabilities: readonly VideoCapability[],
): Required<VideoEncoderOptions> {
  const { width, height, framerate: fps = DEFAULT_FRAMERATE } = config;
  const said = parseVideoCodec(config.codec);
  const capability = capabilities.find(({ codec }) => codec === said?.codec);
  if (!said || !capability?.encode) {
    throw notSupported(
      `'${config.codec}' cannot be encoded here; ask isConfigSupported() for others`,
    );
  }
  const { codec, limits } = said;
  const temporalLayers = LAYERS.indexOf(config.scalabilityMode ?? 'L1T1') + 1;
  if (temporalLayers === 0 || temporalLayers > capability.temporalLayers) {
    const known = LAYERS.slice(0, capability.temporalLayers).join(', ');
    throw notSupported(`scalabilityMode is '${config.scalabilityMode}'; ${codec} has ${known}`);
  }
  if (config.hardwareAcceleration === 'prefer-hardware')
    throw notSupported("there is no hardware encoder; leave out 'prefer-hardware'");
  if (config.alpha === 'keep') throw notSupported("there is no alpha in I420; leave out 'keep'");
  if (config.bitrateMode === 'quantizer')
    throw notSupported("quantizers cannot be set; take bitrateMode 'constant'");
  if (config.latencyMode !== 'realtime')
    throw notSupported("frames are dropped to hold the bitrate; say latencyMode 'realtime'");
  if (codec === 'H264' && config.avc?.format !== 'annexb')
    throw notSupported("H.264 comes as Annex B; say avc: { format: 'annexb' }");
  const step = codec === 'H264' ? 2 : 1;
  const fits = [width, height].every(
    (side) => side >= MIN_SIDE && side <= MAX_SIDE && side % step === 0,
  );
  if (!fits || width * height > MAX_PICTURE_PIXELS || !(fps >= 1 && fps <= 240)) {
    throw notSupported(
      `${width}x${height} at ${fps} frames per second cannot be encoded; give ${step === 2 ? 'even ' : ''}sides of ${MIN_SIDE} to ${MAX_SIDE}, and 1 to 240 frames`,
    );
  }
  const usual = Math.max(MIN_BITRATE, Math.round(width * height * fps * DEFAULT_BITS_PER_PIXEL));
  const most = Math.min(MAX_BITRATE, limits?.maxBitrate ?? MAX_BITRATE);
  const bitrate = config.bitrate ?? Math.min(usual, most);
  if (bitrate < MIN_BITRATE || bitrate > most) {
    throw notSupported(`bitrate is ${bitrate}; give ${MIN_BITRATE} to ${most} bits per second`);
  }
  if (limits && !fitsLimits(limits, { width, height, frameRate: fps })) {
    throw notSupported(
      `${width}x${height} at ${fps} frames per second is more than the level of '${config.codec}' allows; take a higher one`,
    );
  }
  return { codec, bitrate, fps, temporalLayers };
}
