// oxlint-disable-next-line typescript/triple-slash-reference -- an untyped module takes its types from a script
/// <reference path="./opusscript-native.d.ts" />
import instantiate, { type Handler, type Native } from 'opusscript/build/opusscript_native_wasm.js';
import { toPcm16 } from '../dsp/pcm16.js';
import { Repetition } from '../dsp/repetition.js';
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
import { parseToc } from './toc.js';

const APPLICATIONS: Record<OpusApplication, number> = { voip: 2048, audio: 2049, lowdelay: 2051 };
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;
/** 120 ms at 48 kHz, each sample in two 16-bit slots. */
const PCM_BYTES = 5760 * 4;

/**
 * The WebAssembly heap with one buffer for packets and one for samples, shared by all instances,
 * since every call is synchronous. opusscript's own front end addresses its sample buffers wrongly
 * and overwrites other instances; this one is used in its place.
 */
class Heap {
  readonly native: Native;
  readonly #packet: number;
  readonly #pcm: number;
  open = 0;

  constructor(native: Native) {
    this.native = native;
    this.#packet = native._malloc(limits.MAX_PACKET_BYTES);
    this.#pcm = native._malloc(PCM_BYTES);
  }

  create(sampleRate: number, application: OpusApplication): Handler {
    const handler = new this.native.OpusScriptHandler(sampleRate, 1, APPLICATIONS[application]);
    this.open++;
    return handler;
  }

  destroy(handler: Handler): void {
    this.native.OpusScriptHandler.destroy_handler(handler);
    this.open--;
  }

  encode(handler: Handler, pcm: Float32Array): Uint8Array {
    const slots = this.native.HEAPU16;
    let slot = this.#pcm >> 1;
    for (const sample of pcm) {
      const value = toPcm16(sample);
      slots[slot++] = value & 0xff;
      slots[slot++] = (value >> 8) & 0xff;
    }
    const bytes = handler._encode(this.#pcm, pcm.length, this.#packet, pcm.length);
    if (bytes < 0)
      throw new Error(`opusscript could not encode (libopus error ${bytes}); report it`);
    return this.native.HEAPU8.slice(this.#packet, this.#packet + bytes);
  }

  decode(handler: Handler, packet: Uint8Array): Float32Array | undefined {
    this.native.HEAPU8.set(packet, this.#packet);
    const samples = handler._decode(this.#packet, packet.length, this.#pcm);
    if (samples < 0) return undefined;
    const slots = this.native.HEAPU16;
    const out = new Float32Array(samples);
    for (let i = 0, slot = this.#pcm >> 1; i < samples; i++, slot += 2) {
      out[i] = (((slots[slot + 1]! << 24) >> 16) | slots[slot]!) / 32_768;
    }
    return out;
  }
}

class Encoder implements OpusEncoder {
  readonly sampleRate: number;
  readonly channels = 1;
  readonly lookahead: number;
  readonly #frameLengths: readonly number[];
  readonly #heap: Heap;
  #handler: Handler | undefined;

  constructor(heap: Heap, options: OpusEncoderOptions) {
    const { sampleRate, application } = options;
    this.sampleRate = sampleRate;
    // The build cannot be asked; libopus adds 4 ms to its 2.5 ms overlap where modes may switch.
    this.lookahead = sampleRate / 400 + (application === 'lowdelay' ? 0 : sampleRate / 250);
    this.#frameLengths = limits.frameLengths(sampleRate);
    this.#heap = heap;
    this.#handler = heap.create(sampleRate, application);
    this.configure(options);
  }

  encode(pcm: Float32Array): Uint8Array {
    const handler = this.#open();
    limits.frameLength(pcm, 1, this.#frameLengths);
    return this.#heap.encode(handler, pcm);
  }

  configure(settings: Partial<OpusEncoderSettings>): void {
    const handler = this.#open();
    limits.checkSettings(settings);
    if (settings.bitrate !== undefined) handler._encoder_ctl(SET_BITRATE, settings.bitrate);
    if (settings.complexity !== undefined)
      handler._encoder_ctl(SET_COMPLEXITY, settings.complexity);
  }

  close(): void {
    if (this.#handler) this.#heap.destroy(this.#handler);
    this.#handler = undefined;
  }

  #open(): Handler {
    if (this.#handler) return this.#handler;
    throw new ClosedError('this Opus encoder is closed; create another one');
  }
}

class Decoder implements OpusDecoder {
  readonly sampleRate: number;
  readonly channels = 1;
  readonly #heap: Heap;
  readonly #repetition: Repetition;
  #handler: Handler | undefined;

  constructor(heap: Heap, { sampleRate }: OpusDecoderOptions) {
    this.sampleRate = sampleRate;
    this.#heap = heap;
    this.#handler = heap.create(sampleRate, 'audio');
    this.#repetition = new Repetition({ sampleRate, channels: 1 });
  }

  decode(packet: Uint8Array): Float32Array | undefined {
    const handler = this.#open();
    if (!parseToc(packet).ok || packet.length > limits.MAX_PACKET_BYTES) return undefined;
    const pcm = this.#heap.decode(handler, packet);
    if (pcm) this.#repetition.received(pcm);
    return pcm;
  }

  decodeLost(samples: number): Float32Array {
    this.#open();
    limits.checkConcealment(samples, this.sampleRate);
    const out = new Float32Array(samples);
    this.#repetition.conceal(out);
    return out;
  }

  /** The build offers no way to ask libopus for the redundancy. */
  decodeFec(_next: Uint8Array, samples: number): undefined {
    this.#open();
    limits.checkConcealment(samples, this.sampleRate);
  }

  close(): void {
    if (this.#handler) this.#heap.destroy(this.#handler);
    this.#handler = undefined;
  }

  #open(): Handler {
    if (this.#handler) return this.#handler;
    throw new ClosedError('this Opus decoder is closed; create another one');
  }
}

/**
 * libopus 1.4 in WebAssembly through the package opusscript: a second engine, for comparison and for
 * places where the first does not load.
 *
 * Mono only: its 64 KiB stack is overrun by stereo frames of 40 and 60 ms. Its instances are limited
 * because its heap never shrinks.
 */
class Opusscript implements OpusEngine {
  readonly name = 'opusscript';
  readonly capabilities: OpusCapabilities = {
    sampleRates: limits.OPUS_SAMPLE_RATES,
    channels: [1],
    frameDurations: limits.OPUS_FRAME_DURATIONS,
    maxInstances: 200,
    concealment: 'repetition',
    decodesFec: false,
    sampleFormat: 's16',
  };
  readonly #heap: Heap;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  async createEncoder(options: OpusEncoderOptions): Promise<OpusEncoder> {
    limits.checkSupported(this, options, this.#heap.open);
    limits.checkSettings(options);
    return new Encoder(this.#heap, options);
  }

  async createDecoder(options: OpusDecoderOptions): Promise<OpusDecoder> {
    limits.checkSupported(this, options, this.#heap.open);
    return new Decoder(this.#heap, options);
  }
}

/** Instantiates opusscript in this thread. */
export async function loadOpusscript(): Promise<OpusEngine> {
  const native = instantiate();
  await native.ready;
  return new Opusscript(new Heap(native));
}
