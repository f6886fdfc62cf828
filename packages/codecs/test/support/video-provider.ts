import {
  i420Picture,
  type VideoCapability,
  type VideoPicture,
  type VideoProvider,
} from '../../src/index.js';
import type { DecoderEngine, EncoderEngine, EngineSettings } from '../../src/video/engine.js';
import { QueuedDecoder } from '../../src/video/queued-decoder.js';
import { QueuedEncoder } from '../../src/video/queued-encoder.js';

/** Heads of VP8 frames (RFC 6386 §9.1), of a key frame for 16 by 16 pixels. */
export const KEY: readonly number[] = [0xf0, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0];
export const DELTA: readonly number[] = [0xb1, 0, 0, 0];

const CAPABILITIES: readonly VideoCapability[] = (['VP8', 'VP9', 'H264'] as const).map((codec) => ({
  codec,
  encode: true,
  decode: true,
  temporalLayers: codec === 'VP9' ? 3 : 1,
}));

/**
 * A provider whose "codec" makes frames of a VP8 head and the picture's first sample, and pictures of such frames. It
 * works while it is not held; a sample of 255 is dropped by rate control, one of 254 makes it fail.
 */
export class TestProvider implements VideoProvider {
  readonly name = 'test';
  readonly capabilities = CAPABILITIES;
  readonly settings: EngineSettings[] = [];
  /** RTP timestamps of the pictures that encoders were given. */
  readonly timestamps: number[] = [];
  encoders = 0;
  decoders = 0;
  open = 0;
  readonly recycled: VideoPicture[] = [];
  #held: (() => void)[] | undefined;

  hold(): void {
    this.#held = [];
  }

  /** Ends what is under way; lets all go on if `all` is set. */
  step(all = false): void {
    const held = this.#held?.splice(0) ?? [];
    if (all) this.#held = undefined;
    for (const go of held) go();
  }

  async #turn(): Promise<void> {
    await new Promise<void>((resolve) => (this.#held ? this.#held.push(resolve) : resolve()));
  }

  async createEncoder(options: Parameters<VideoProvider['createEncoder']>[0]) {
    await this.#turn();
    this.encoders++;
    this.open++;
    let frames = 0;
    const engine: EncoderEngine = {
      encode: async ({ y }, settings) => {
        this.settings.push(settings);
        const value = y.data[0]!;
        await this.#turn();
        if (value === 255) return undefined;
        if (value === 254) throw new Error('out of memory');
        const key = frames === 0 || settings.keyFrame;
        const temporalId = [0, 2, 1, 2][frames++ % 4]! % settings.temporalLayers;
        return { data: Uint8Array.from([...(key ? KEY : DELTA), value]), key, temporalId };
      },
      close: () => void this.open--,
    };
    const capability = CAPABILITIES.find(({ codec }) => codec === options.codec)!;
    const encoder = new QueuedEncoder(options, capability, engine);
    const encode = encoder.encode.bind(encoder);
    encoder.encode = (frame, how) => {
      this.timestamps.push(frame.timestamp);
      return encode(frame, how);
    };
    return encoder;
  }

  async createDecoder({ codec }: Parameters<VideoProvider['createDecoder']>[0]) {
    if (codec === 'AV1') throw new Error('not asked for');
    await this.#turn();
    this.decoders++;
    this.open++;
    const engine: DecoderEngine = {
      decode: async (data) => {
        await this.#turn();
        if (data.at(-1) === 254) throw new Error('damaged');
        const picture = i420Picture(16, 16);
        picture.y.data.fill(data.at(-1)!);
        return picture;
      },
      close: () => void this.open--,
    };
    const decoder = new QueuedDecoder(codec, engine);
    const recycle = decoder.recycle.bind(decoder);
    decoder.recycle = (frame) => {
      this.recycled.push(frame);
      recycle(frame);
    };
    return decoder;
  }
}
