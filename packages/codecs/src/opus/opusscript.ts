// oxlint-disable-next-line typescript/triple-slash-reference -- an untyped module takes its types from a script
/// <reference path="./opusscript-native.d.ts" />
import instantiate, { type Handler, type Native } from 'opusscript/build/opusscript_native_wasm.js';
import { toPcm16 } from '../dsp/pcm16.js';
import { Repetition } from '../dsp/repetition.js';
import * as ctl from './encoder-ctl.js';
import type {
  OpusApplication,
  OpusDecoderOptions,
  OpusEncoderSettings,
  OpusEngine,
} from './engine.js';
import { HeapSupply } from './heap-supply.js';
import * as limits from './limits.js';
import type { NativeDecoder, NativeEncoder, NativeHeap } from './native.js';
import { WasmEngine } from './wasm-engine.js';

/** 120 ms at 48 kHz, each sample in two 16-bit slots. */
const PCM_BYTES = 5760 * 4;

/**
 * An instance of opusscript with one buffer for packets and one for samples, since every call is synchronous.
 * opusscript's own front end addresses its sample buffers wrongly and overwrites other instances; this one is
 * used in its place.
 */
class Heap implements NativeHeap {
  readonly native: Native;
  readonly packet: number;
  readonly pcm: number;

  constructor(native: Native) {
    this.native = native;
    this.packet = native._malloc(limits.MAX_PACKET_BYTES);
    this.pcm = native._malloc(PCM_BYTES);
  }

  createEncoder({ sampleRate }: OpusDecoderOptions, settings: OpusEncoderSettings): NativeEncoder {
    return new Encoder(this, sampleRate, settings);
  }

  createDecoder({ sampleRate }: OpusDecoderOptions): NativeDecoder {
    return new Decoder(this, sampleRate);
  }

  createHandler(sampleRate: number, application: OpusApplication): Handler {
    return new this.native.OpusScriptHandler(sampleRate, 1, ctl.APPLICATIONS[application]);
  }
}

class Encoder implements NativeEncoder {
  readonly #heap: Heap;
  readonly #handler: Handler;
  #first = true;

  constructor(heap: Heap, sampleRate: number, settings: OpusEncoderSettings) {
    this.#heap = heap;
    this.#handler = heap.createHandler(sampleRate, settings.application);
    this.configure(settings);
    this.#control(ctl.SET_PREDICTION_DISABLED, 1);
  }

  encode(pcm: Float32Array): Uint8Array {
    const { native, packet, pcm: samples } = this.#heap;
    const slots = native.HEAPU16;
    let slot = samples >> 1;
    for (const sample of pcm) {
      const value = toPcm16(sample);
      slots[slot++] = value & 0xff;
      slots[slot++] = (value >> 8) & 0xff;
    }
    const bytes = this.#handler._encode(samples, pcm.length, packet, pcm.length);
    if (bytes < 0) throw new Error(`libopus could not encode (error ${bytes})`);
    if (this.#first) this.#control(ctl.SET_PREDICTION_DISABLED, 0);
    this.#first = false;
    return native.HEAPU8.slice(packet, packet + bytes);
  }

  configure(settings: Omit<OpusEncoderSettings, 'application'>): void {
    for (const [request, value] of ctl.requests(settings)) this.#control(request, value);
  }

  free(): void {
    this.#heap.native.OpusScriptHandler.destroy_handler(this.#handler);
  }

  #control(request: number, value: number): void {
    this.#handler._encoder_ctl(request, value);
  }
}

class Decoder implements NativeDecoder {
  readonly #heap: Heap;
  readonly #handler: Handler;
  readonly #repetition: Repetition;

  constructor(heap: Heap, sampleRate: number) {
    this.#heap = heap;
    this.#handler = heap.createHandler(sampleRate, 'audio');
    this.#repetition = new Repetition({ sampleRate, channels: 1 });
  }

  decode(packet: Uint8Array): Float32Array | undefined {
    const { native, packet: at, pcm } = this.#heap;
    native.HEAPU8.set(packet, at);
    const samples = this.#handler._decode(at, packet.length, pcm);
    if (samples < 0) return undefined;
    const slots = native.HEAPU16;
    const out = new Float32Array(samples);
    for (let i = 0, slot = pcm >> 1; i < samples; i++, slot += 2) {
      out[i] = (((slots[slot + 1]! << 24) >> 16) | slots[slot]!) / 32_768;
    }
    this.#repetition.received(out);
    return out;
  }

  conceal(samples: number): Float32Array {
    const out = new Float32Array(samples);
    this.#repetition.conceal(out);
    return out;
  }

  /** The build offers no way to ask libopus for the redundancy. */
  recover(): undefined {}

  free(): void {
    this.#heap.native.OpusScriptHandler.destroy_handler(this.#handler);
  }
}

/**
 * Loads libopus 1.4 in WebAssembly, from the package opusscript: a second engine, for comparison and for places
 * where the first does not load.
 *
 * Mono only: its 64 KiB stack is overrun by stereo frames of 40 and 60 ms. Its instances are limited because
 * its heap never shrinks.
 */
export async function loadOpusscript(): Promise<OpusEngine> {
  const supply = await HeapSupply.open(async () => {
    const native = instantiate({ print: () => {}, printErr: () => {} });
    await native.ready;
    return new Heap(native);
  });
  return new WasmEngine(
    'opusscript',
    {
      sampleRates: limits.OPUS_SAMPLE_RATES,
      channels: [1],
      frameDurations: limits.OPUS_FRAME_DURATIONS,
      maxInstances: 200,
      concealment: 'repetition',
      decodesFec: false,
      sampleFormat: 's16',
    },
    supply,
  );
}
