import { UnsupportedError } from '../errors.js';
import type { VideoEncodingName } from '../sdp/video-format.js';
import type {
  VideoCapability,
  VideoDecoder,
  VideoEncoder,
  VideoEncoderOptions,
  VideoProvider,
} from './codec.js';
import { loadNativeVideo } from './native.js';

/** Every codec that is there, each by the fastest provider that has it. */
export interface VideoCodecs extends VideoProvider {
  /** One line that says which provider is not there and how to get it; undefined when all are. */
  readonly missing: string | undefined;
}

/** In the order they are preferred. */
const LOADERS: readonly (() => Promise<VideoProvider>)[] = [loadNativeVideo];

let loading: Promise<VideoCodecs> | undefined;

/**
 * Finds the video codecs of this machine, once per thread: later calls give the same ones. Never rejects: where a
 * provider is not there, `capabilities` are fewer and `missing` says why.
 */
export function loadVideoCodecs(): Promise<VideoCodecs> {
  loading ??= findProviders();
  return loading;
}

async function findProviders(): Promise<VideoCodecs> {
  const outcomes = await Promise.allSettled(LOADERS.map((load) => load()));
  const providers = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const reasons = outcomes.flatMap((each) =>
    each.status === 'rejected' ? [oneLine(each.reason)] : [],
  );
  return new FoundVideoCodecs(providers, reasons.length === 0 ? undefined : reasons.join('; '));
}

function oneLine(reason: unknown): string {
  const message = reason instanceof Error ? reason.message : String(reason);
  return message.replaceAll(/\s+/g, ' ');
}

class FoundVideoCodecs implements VideoCodecs {
  readonly name: string;
  readonly capabilities: readonly VideoCapability[];
  readonly missing: string | undefined;
  readonly #providers: readonly VideoProvider[];

  constructor(providers: readonly VideoProvider[], missing: string | undefined) {
    this.#providers = providers;
    this.missing = missing;
    this.name = providers.map(({ name }) => name).join(', ');
    const all = providers.flatMap(({ capabilities }) => capabilities);
    const codecs = [...new Set(all.map(({ codec }) => codec))];
    this.capabilities = codecs.map((codec) => {
      const of = all.filter((each) => each.codec === codec);
      const encoder = of.find(({ encode }) => encode);
      return {
        codec,
        encode: encoder !== undefined,
        decode: of.some(({ decode }) => decode),
        temporalLayers: encoder?.temporalLayers ?? 1,
      };
    });
  }

  async createEncoder(options: VideoEncoderOptions): Promise<VideoEncoder> {
    return this.#find(options.codec, 'encode').createEncoder(options);
  }

  async createDecoder(options: { readonly codec: VideoEncodingName }): Promise<VideoDecoder> {
    return this.#find(options.codec, 'decode').createDecoder(options);
  }

  #find(codec: VideoEncodingName, what: 'encode' | 'decode'): VideoProvider {
    const has = (each: VideoCapability): boolean => each.codec === codec && each[what];
    const provider = this.#providers.find(({ capabilities }) => capabilities.some(has));
    if (provider) return provider;
    throw new UnsupportedError(
      `nothing here can ${what} '${codec}'${this.missing === undefined ? '' : `: ${this.missing}`}`,
    );
  }
}
