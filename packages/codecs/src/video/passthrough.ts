import { ClosedError } from '../errors.js';
import type { VideoEncodingName } from '../sdp/video-format.js';
import { checkLayers, checkRates } from './check-options.js';
import { NO_FAULTS } from './codec.js';
import type {
  EncodedVideoFrame,
  VideoCapability,
  VideoDecodeResult,
  VideoDecoder,
  VideoDecoderStatistics,
  VideoEncoder,
  VideoEncoderOptions,
  VideoEncoderSettings,
  VideoEncoderStatistics,
  VideoProvider,
  VideoRates,
} from './codec.js';

/** What encodes in place of an encoder of ours: a camera, a file, another peer. */
export interface EncodedVideoSource {
  /** Asks for a key frame soon; again with every frame that waits for one, so limit how often where that costs. */
  requestKeyFrame(): void;
  /** Tells what the network can carry. */
  setRates(rates: VideoRates): void;
}

const MAX_LAYERS = 8;
const CODECS: readonly VideoEncodingName[] = ['VP8', 'VP9', 'H264', 'AV1'];

/**
 * Encoders and decoders for frames that stay encoded, with the same face as those that do the work. An encoder passes
 * frames on from the first key frame on, those of the first `temporalLayers` layers (all if not given), and what is asked
 * of it to `source`;
 * a decoder gives the frames themselves, from the first key frame on.
 */
export function passthroughVideo(source: EncodedVideoSource): VideoProvider<EncodedVideoFrame> {
  return {
    name: 'passthrough',
    capabilities: CODECS.map((codec): VideoCapability => ({
      codec,
      encode: true,
      decode: true,
      temporalLayers: MAX_LAYERS,
    })),
    createEncoder: async (options) => new PassthroughEncoder(options, source),
    createDecoder: async ({ codec }) => new PassthroughDecoder(codec),
  };
}

class PassthroughEncoder implements VideoEncoder<EncodedVideoFrame> {
  readonly codec: VideoEncodingName;
  readonly #source: EncodedVideoSource;
  readonly #counts = { encoded: 0, keyFrames: 0, replaced: 0, rateDropped: 0, failed: 0 };
  #rates: VideoRates;
  #layers: number;
  #started = false;
  #closed = false;

  constructor(options: VideoEncoderOptions, source: EncodedVideoSource) {
    const { codec, bitrate, fps, temporalLayers = MAX_LAYERS } = options;
    checkRates(options);
    checkLayers(temporalLayers, MAX_LAYERS);
    this.codec = codec;
    this.#rates = { bitrate, fps };
    this.#layers = temporalLayers;
    this.#source = source;
    source.setRates(this.#rates);
  }

  get statistics(): VideoEncoderStatistics {
    return { ...this.#counts };
  }

  async encode(
    frame: EncodedVideoFrame,
    { keyFrame = false }: { readonly keyFrame?: boolean } = {},
  ): Promise<EncodedVideoFrame | undefined> {
    if (this.#closed) throw new ClosedError('the encoder is closed; make a new one');
    if (!frame.key && (keyFrame || !this.#started)) this.#source.requestKeyFrame();
    this.#started ||= frame.key;
    if (!this.#started || frame.temporalId >= this.#layers) {
      this.#counts.rateDropped++;
      return undefined;
    }
    this.#counts.encoded++;
    if (frame.key) this.#counts.keyFrames++;
    return frame;
  }

  setRates(rates: Partial<VideoRates>): void {
    const next = { ...this.#rates, ...rates };
    checkRates(next);
    this.#rates = next;
    this.#source.setRates(next);
  }

  configure({ temporalLayers = this.#layers }: Partial<VideoEncoderSettings>): void {
    checkLayers(temporalLayers, MAX_LAYERS);
    this.#layers = temporalLayers;
  }

  close(): void {
    this.#closed = true;
  }
}

class PassthroughDecoder implements VideoDecoder<EncodedVideoFrame> {
  readonly codec: VideoEncodingName;
  readonly #dropped = { ...NO_FAULTS };
  #decoded = 0;
  #started = false;
  #closed = false;

  constructor(codec: VideoEncodingName) {
    this.codec = codec;
  }

  get statistics(): VideoDecoderStatistics {
    return { decoded: this.#decoded, dropped: { ...this.#dropped } };
  }

  async decode(frame: EncodedVideoFrame): Promise<VideoDecodeResult<EncodedVideoFrame>> {
    this.#started ||= frame.key;
    const reason = this.#closed ? 'closed' : this.#started ? undefined : 'key-frame-needed';
    if (reason) {
      this.#dropped[reason]++;
      return { ok: false, reason };
    }
    this.#decoded++;
    return { ok: true, frame };
  }

  /** Leaves the frame to its owner: there is no memory of its own. */
  recycle(): void {}

  close(): void {
    this.#closed = true;
  }
}
