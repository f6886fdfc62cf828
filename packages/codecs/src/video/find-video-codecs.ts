import { UnsupportedError } from '../errors.js';
import type { VideoEncodingName } from '../sdp/video-format.js';
import { checkLayers, checkRates } from './check-options.js';
import type { VideoCapability, VideoCodecs, VideoEncoderOptions } from './codec.js';
import type { ReadableCodec } from './frame-header.js';
import { QueuedDecoder } from './queued-decoder.js';
import { QueuedEncoder } from './queued-encoder.js';
import type { FindVideoSource, SourceCapability, VideoSource } from './video-source.js';

const CODECS: readonly ReadableCodec[] = ['VP8', 'VP9', 'H264'];

type Work = 'encode' | 'decode';

/**
 * Puts codecs together from libraries in the order of preference: each codec is taken, either way, from the first that
 * has it. Those behind are not looked for once every codec is there both ways. Never rejects.
 */
export async function findVideoCodecs(finders: readonly FindVideoSource[]): Promise<VideoCodecs> {
  const sources: VideoSource[] = [];
  const missing: string[] = [];
  for (const find of finders) {
    if (
      CODECS.every(
        (codec) => sourceOf(sources, 'encode', codec) && sourceOf(sources, 'decode', codec),
      )
    )
      break;
    try {
      sources.push(await find());
    } catch (reason) {
      const message = reason instanceof Error ? reason.message : String(reason);
      missing.push(message.replaceAll(/\s+/g, ' '));
    }
  }
  return new FoundVideo(sources, missing.length > 0 ? missing.join('; ') : undefined);
}

interface Found {
  readonly source: VideoSource;
  readonly capability: SourceCapability;
}

/** The first source that does the work. */
function sourceOf(sources: readonly VideoSource[], work: Work, codec: string): Found | undefined {
  for (const source of sources) {
    const capability = source.capabilities.find((each) => each.codec === codec && each[work]);
    if (capability) return { source, capability };
  }
  return undefined;
}

class FoundVideo implements VideoCodecs {
  readonly name: string;
  readonly capabilities: readonly VideoCapability[];
  readonly missing: string | undefined;
  readonly #sources: readonly VideoSource[];

  constructor(sources: readonly VideoSource[], missing: string | undefined) {
    this.#sources = sources;
    this.name = sources.map(({ name }) => name).join(', ') || 'none';
    this.missing = missing;
    this.capabilities = CODECS.map((codec) => {
      const encoder = sourceOf(sources, 'encode', codec);
      return {
        codec,
        encode: encoder !== undefined,
        decode: sourceOf(sources, 'decode', codec) !== undefined,
        temporalLayers: encoder?.capability.temporalLayers ?? 0,
      };
    }).filter(({ encode, decode }) => encode || decode);
  }

  async createEncoder(options: VideoEncoderOptions): Promise<QueuedEncoder> {
    const { source, capability } = this.#find('encode', options.codec);
    checkRates(options);
    checkLayers(options.temporalLayers ?? 1, capability.temporalLayers);
    return new QueuedEncoder(options, capability, source.createEncoder(capability.codec));
  }

  async createDecoder(options: { readonly codec: VideoEncodingName }): Promise<QueuedDecoder> {
    const { source, capability } = this.#find('decode', options.codec);
    return new QueuedDecoder(capability.codec, source.createDecoder(capability.codec));
  }

  #find(work: Work, codec: VideoEncodingName): Found {
    const found = sourceOf(this.#sources, work, codec);
    if (found) return found;
    const others = this.capabilities.filter((each) => each[work]).map((each) => each.codec);
    throw new UnsupportedError(
      [
        `nothing here can ${work} '${codec}'`,
        ...(others.length > 0 ? [`take one of ${others.join(', ')}`] : []),
        ...(this.missing === undefined ? [] : [this.missing]),
      ].join('; '),
    );
  }
}
