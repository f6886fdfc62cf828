import type { VideoCapability } from '../video/codec.js';
import type { ReadableCodec } from '../video/frame-header.js';
import type { BufferSource } from './buffer-source.js';
import { parseVideoCodec } from './video-codec-string.js';
import { codecString, notSupported, oneOf, optionalInteger, present } from './web-idl.js';

/** How to decode video (WebCodecs, VideoDecoderConfig). */
export interface VideoDecoderConfig {
  /** `vp8`, `vp09.00.10.08` or `avc1.42e01f`, and the like. */
  readonly codec: string;
  /** Is to be left out: H.264 is taken as Annex B, with its parameter sets in band. */
  readonly description?: BufferSource;
  readonly codedWidth?: number;
  readonly codedHeight?: number;
  /** The shape in which frames are shown: their `displayWidth` follows it. */
  readonly displayAspectWidth?: number;
  readonly displayAspectHeight?: number;
  /** The decoders are software. */
  readonly hardwareAcceleration?: 'no-preference' | 'prefer-hardware' | 'prefer-software';
  /** No frame is held back, whether or not it is said. */
  readonly optimizeForLatency?: boolean;
}

/** A copy of what is known of a configuration. Throws `TypeError` unless it is valid (WebCodecs, § VideoDecoderConfig). */
export function readVideoDecoderConfig(config: VideoDecoderConfig): VideoDecoderConfig {
  const { codedWidth, codedHeight, displayAspectWidth, displayAspectHeight } = config;
  if ((codedWidth === undefined) !== (codedHeight === undefined))
    throw new TypeError('codedWidth and codedHeight go together; give both or none');
  if ((displayAspectWidth === undefined) !== (displayAspectHeight === undefined))
    throw new TypeError(
      'displayAspectWidth and displayAspectHeight go together; give both or none',
    );
  return present({
    codec: codecString(config.codec),
    description: config.description,
    codedWidth: optionalInteger('codedWidth', codedWidth, 1),
    codedHeight: optionalInteger('codedHeight', codedHeight, 1),
    displayAspectWidth: optionalInteger('displayAspectWidth', displayAspectWidth, 1),
    displayAspectHeight: optionalInteger('displayAspectHeight', displayAspectHeight, 1),
    hardwareAcceleration: oneOf(
      'hardwareAcceleration',
      config.hardwareAcceleration,
      ['no-preference', 'prefer-hardware', 'prefer-software'],
      'no-preference',
    ),
    optimizeForLatency: config.optimizeForLatency,
  });
}

/** The codec of a configuration. Throws `NotSupportedError` for what these decoders cannot. */
export function decodableCodec(
  config: VideoDecoderConfig,
  capabilities: readonly VideoCapability[],
): ReadableCodec {
  const codec = parseVideoCodec(config.codec)?.codec;
  if (!codec || !capabilities.some((each) => each.codec === codec && each.decode)) {
    throw notSupported(
      `'${config.codec}' cannot be decoded here; ask isConfigSupported() for others`,
    );
  }
  if (config.description !== undefined)
    throw notSupported('a description is not read; give H.264 as Annex B, and leave it out');
  if (config.hardwareAcceleration === 'prefer-hardware')
    throw notSupported("there is no hardware decoder; leave out 'prefer-hardware'");
  return codec;
}
