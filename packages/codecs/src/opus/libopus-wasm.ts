import {
  Application,
  createDecoder,
  createEncoder,
  isOpusError,
  loadLibopus,
  type OpusDecoderHandle,
  type OpusEncoderHandle,
  type SampleRate,
} from 'libopus-wasm';
import { ClosedError } from '../errors.js';
import type {
  OpusApplication,
  OpusCapabilities,
  OpusDecoder,
  OpusDecoderOptions,
  OpusEncoder,
  OpusEncoderOptions,
  OpusEncoderSettings,
  OpusEngine,
} from './engine.js';
import * as limits from './limits.js';
import { packetHasFec } from './packet-contents.js';
import { parseToc, type OpusMode, type OpusToc } from './toc.js';

const APPLICATIONS: Record<OpusApplication, Application> = {
  voip: Application.Voip,
  audio: Application.Audio,
  lowdelay: Application.RestrictedLowDelay,
};

type Format = { sampleRate: SampleRate; channels: 1 | 2 };

class Encoder implements OpusEncoder {
  readonly sampleRate: number;
  readonly channels: number;
  readonly lookahead: number;
  readonly #frameLengths: readonly number[];
  readonly #frame: { frameSize: number } = { frameSize: 0 };
  #handle: OpusEncoderHandle | undefined;

  constructor(handle: OpusEncoderHandle) {
    this.sampleRate = handle.sampleRate;
    this.channels = handle.channels;
    this.lookahead = handle.getLookahead();
    this.#frameLengths = limits.frameLengths(handle.sampleRate);
    this.#handle = handle;
  }

  encode(pcm: Float32Array): Uint8Array {
    const handle = this.#open();
    this.#frame.frameSize = limits.frameLength(pcm, this.channels, this.#frameLengths);
    return handle.encodeFloat(pcm, this.#frame);
  }

  configure(settings: Partial<OpusEncoderSettings>): void {
    const handle = this.#open();
    limits.checkSettings(settings);
    if (settings.bitrate !== undefined) handle.setBitrate(settings.bitrate);
    if (settings.complexity !== undefined) handle.setComplexity(settings.complexity);
  }

  close(): void {
    this.#handle?.free();
    this.#handle = undefined;
  }

  #open(): OpusEncoderHandle {
    if (this.#handle) return this.#handle;
    throw new ClosedError('this Opus encoder is closed; create another one');
  }
}

/** What `decode` gives, or undefined where libopus refuses the packet. */
function unlessRefused(decode: () => Float32Array): Float32Array | undefined {
  try {
    return decode();
  } catch (error) {
    if (isOpusError(error)) return undefined;
    throw error;
  }
}

class Decoder implements OpusDecoder {
  readonly sampleRate: number;
  readonly channels: number;
  /** Losses are concealed in frames like the last received: libopus fades from one to the next. */
  readonly #lost: { frameSize: number };
  /** Concealed samples not yet asked for, less than one frame, so that short requests join up. */
  #surplus: Float32Array = new Float32Array(0);
  /** Mode of the last packet; libopus does not recover what follows one of the CELT mode. */
  #mode: OpusMode | undefined;
  #handle: OpusDecoderHandle | undefined;

  constructor(handle: OpusDecoderHandle) {
    this.sampleRate = handle.sampleRate;
    this.channels = handle.channels;
    this.#lost = { frameSize: handle.sampleRate / 50 };
    this.#handle = handle;
  }

  decode(packet: Uint8Array): Float32Array | undefined {
    const handle = this.#open();
    const toc = parseToc(packet);
    if (!toc.ok || packet.length > limits.MAX_PACKET_BYTES) return undefined;
    const pcm = unlessRefused(() => handle.decodeFloat(packet));
    if (pcm) this.#follow(toc.value);
    return pcm;
  }

  decodeLost(samples: number): Float32Array {
    const handle = this.#open();
    limits.checkConcealment(samples, this.sampleRate);
    const out = new Float32Array(samples * this.channels);
    let filled = 0;
    for (;;) {
      const part = this.#surplus.subarray(0, out.length - filled);
      out.set(part, filled);
      filled += part.length;
      this.#surplus = this.#surplus.subarray(part.length);
      if (filled === out.length) return out;
      this.#surplus = handle.decodeFloat(null, this.#lost);
    }
  }

  decodeFec(next: Uint8Array, samples: number): Float32Array | undefined {
    const handle = this.#open();
    limits.checkConcealment(samples, this.sampleRate);
    if (next.length > limits.MAX_PACKET_BYTES || this.#mode === 'celt') return undefined;
    const toc = parseToc(next);
    if (!toc.ok || !packetHasFec(next)) return undefined;
    const frameSize = this.#frameSize(toc.value);
    const out = new Float32Array(samples * this.channels);
    if (samples > frameSize) out.set(this.decodeLost(samples - frameSize));
    const recovered = unlessRefused(() => handle.decodeFloat(next, { decodeFec: true, frameSize }));
    if (!recovered) return undefined;
    this.#follow(toc.value);
    const surplus = Math.max(0, recovered.length - out.length);
    out.set(recovered.subarray(surplus), out.length - recovered.length + surplus);
    return out;
  }

  close(): void {
    this.#handle?.free();
    this.#handle = undefined;
  }

  #frameSize({ frameDuration }: OpusToc): number {
    return (frameDuration * this.sampleRate) / 1_000_000;
  }

  #follow(toc: OpusToc): void {
    this.#lost.frameSize = this.#frameSize(toc);
    this.#surplus = this.#surplus.subarray(0, 0);
    this.#mode = toc.mode;
  }

  #open(): OpusDecoderHandle {
    if (this.#handle) return this.#handle;
    throw new ClosedError('this Opus decoder is closed; create another one');
  }
}

/** libopus 1.6.1 in WebAssembly through the package libopus-wasm: the default engine. */
class LibopusWasm implements OpusEngine {
  readonly name = 'libopus-wasm';
  readonly capabilities: OpusCapabilities = {
    sampleRates: limits.OPUS_SAMPLE_RATES,
    channels: [1, 2],
    frameDurations: limits.OPUS_FRAME_DURATIONS,
    maxInstances: Number.POSITIVE_INFINITY,
    concealment: 'codec',
    decodesFec: true,
    sampleFormat: 'f32',
  };

  async createEncoder(options: OpusEncoderOptions): Promise<OpusEncoder> {
    limits.checkSupported(this, options, 0);
    limits.checkSettings(options);
    const { bitrate, complexity } = options;
    const { sampleRate, channels } = options as Format;
    const application = APPLICATIONS[options.application];
    return new Encoder(
      await createEncoder({ sampleRate, channels, application, bitrate, complexity }),
    );
  }

  async createDecoder(options: OpusDecoderOptions): Promise<OpusDecoder> {
    limits.checkSupported(this, options, 0);
    const { sampleRate, channels } = options as Format;
    return new Decoder(await createDecoder({ sampleRate, channels }));
  }
}

/** Instantiates libopus-wasm in this thread. */
export async function loadLibopusWasm(): Promise<OpusEngine> {
  await loadLibopus();
  return new LibopusWasm();
}
