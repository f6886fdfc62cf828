// oxlint-disable-next-line typescript/triple-slash-reference -- an untyped module takes its types from a script
/// <reference path="./libopus-module.d.ts" />
import type { Libopus } from 'libopus-wasm/dist/generated/libopus.generated.mjs';
import type { OpusDecoderOptions, OpusEncoderSettings, OpusEngine } from './engine.js';
import * as ctl from './encoder-ctl.js';
import { HeapSupply } from './heap-supply.js';
import * as limits from './limits.js';
import type { NativeDecoder, NativeEncoder, NativeHeap } from './native.js';
import type { OpusMode, OpusToc } from './toc.js';
import { WasmEngine } from './wasm-engine.js';

/** The longest packet an encoder makes: 60 ms at 510 kbit/s are 3825 bytes. */
const ENCODED_BYTES = 4000;
/** Two channels of 120 ms at 48 kHz. */
const PCM_BYTES = 5760 * 2 * Float32Array.BYTES_PER_ELEMENT;

/** An instance of libopus with one buffer for packets and one for samples, since every call is synchronous. */
class Heap implements NativeHeap {
  readonly libopus: Libopus;
  readonly packet: number;
  readonly pcm: number;

  constructor(libopus: Libopus) {
    this.libopus = libopus;
    this.packet = allocate(libopus, limits.MAX_PACKET_BYTES);
    this.pcm = allocate(libopus, PCM_BYTES);
  }

  createEncoder(format: OpusDecoderOptions, settings: OpusEncoderSettings): NativeEncoder {
    return new Encoder(this, format, settings);
  }

  createDecoder(format: OpusDecoderOptions): NativeDecoder {
    return new Decoder(this, format);
  }
}

function allocate(libopus: Libopus, bytes: number): number {
  const pointer = libopus._malloc(bytes);
  if (pointer === 0) throw new Error('no memory for a WebAssembly heap');
  return pointer;
}

class Encoder implements NativeEncoder {
  readonly #heap: Heap;
  readonly #pointer: number;
  readonly #channels: number;
  #first = true;

  constructor(heap: Heap, format: OpusDecoderOptions, settings: OpusEncoderSettings) {
    this.#heap = heap;
    this.#channels = format.channels;
    const application = ctl.APPLICATIONS[settings.application];
    const { sampleRate, channels } = format;
    this.#pointer = heap.libopus._oc_create_encoder(sampleRate, channels, application, heap.pcm);
    if (this.#pointer === 0) throw new Error('libopus could not create an encoder');
    this.configure(settings);
    this.#control(ctl.SET_PREDICTION_DISABLED, 1);
  }

  encode(pcm: Float32Array): Uint8Array {
    const { libopus, packet, pcm: samples } = this.#heap;
    libopus.HEAPF32.set(pcm, samples >> 2);
    const length = pcm.length / this.#channels;
    const bytes = libopus._oc_encode_float(this.#pointer, samples, length, packet, ENCODED_BYTES);
    if (bytes < 0) throw new Error(`libopus could not encode (error ${bytes})`);
    if (this.#first) this.#control(ctl.SET_PREDICTION_DISABLED, 0);
    this.#first = false;
    return libopus.HEAPU8.slice(packet, packet + bytes);
  }

  configure(settings: Omit<OpusEncoderSettings, 'application'>): void {
    for (const [request, value] of ctl.requests(settings)) this.#control(request, value);
  }

  free(): void {
    this.#heap.libopus._oc_destroy_encoder(this.#pointer);
  }

  #control(request: number, value: number): void {
    this.#heap.libopus._oc_encoder_ctl(this.#pointer, request, value);
  }
}

class Decoder implements NativeDecoder {
  readonly #heap: Heap;
  readonly #pointer: number;
  readonly #sampleRate: number;
  readonly #channels: number;
  /** Losses are concealed in frames like the last received: libopus fades from one to the next. */
  #frame: number;
  /** Concealed samples not yet asked for, less than one frame, so that short requests join up. */
  #surplus: Float32Array = new Float32Array(0);
  /** Mode of the last packet; libopus does not recover what follows one of the CELT mode. */
  #mode: OpusMode | undefined;

  constructor(heap: Heap, { sampleRate, channels }: OpusDecoderOptions) {
    this.#heap = heap;
    this.#sampleRate = sampleRate;
    this.#channels = channels;
    this.#frame = sampleRate / 50;
    this.#pointer = heap.libopus._oc_create_decoder(sampleRate, channels, heap.pcm);
    if (this.#pointer === 0) throw new Error('libopus could not create a decoder');
  }

  decode(packet: Uint8Array, toc: OpusToc): Float32Array | undefined {
    const decoded = this.#decode(packet, (this.#sampleRate * 120) / 1000, false);
    if (decoded) this.#follow(toc);
    return decoded;
  }

  conceal(samples: number): Float32Array {
    const out = new Float32Array(samples * this.#channels);
    let filled = 0;
    for (;;) {
      const part = this.#surplus.subarray(0, out.length - filled);
      out.set(part, filled);
      filled += part.length;
      this.#surplus = this.#surplus.subarray(part.length);
      if (filled === out.length) return out;
      const frame = this.#decode(undefined, this.#frame, false);
      if (!frame) throw new Error('libopus could not conceal a frame');
      this.#surplus = frame;
    }
  }

  recover(next: Uint8Array, toc: OpusToc, samples: number): Float32Array | undefined {
    if (this.#mode === 'celt') return undefined;
    const frame = this.#frameLength(toc);
    const out = new Float32Array(samples * this.#channels);
    if (samples > frame) out.set(this.conceal(samples - frame));
    const recovered = this.#decode(next, frame, true);
    if (!recovered) return undefined;
    this.#follow(toc);
    const surplus = Math.max(0, recovered.length - out.length);
    out.set(recovered.subarray(surplus), out.length - recovered.length + surplus);
    return out;
  }

  free(): void {
    this.#heap.libopus._oc_destroy_decoder(this.#pointer);
  }

  #decode(packet: Uint8Array | undefined, length: number, fec: boolean): Float32Array | undefined {
    const { libopus, packet: at, pcm } = this.#heap;
    if (packet) libopus.HEAPU8.set(packet, at);
    const samples = libopus._oc_decode_float(
      this.#pointer,
      packet ? at : 0,
      packet?.length ?? 0,
      pcm,
      length,
      fec ? 1 : 0,
    );
    if (samples < 0) return undefined;
    return libopus.HEAPF32.slice(pcm >> 2, (pcm >> 2) + samples * this.#channels);
  }

  #follow(toc: OpusToc): void {
    this.#frame = this.#frameLength(toc);
    this.#surplus = this.#surplus.subarray(0, 0);
    this.#mode = toc.mode;
  }

  #frameLength({ frameDuration }: OpusToc): number {
    return (frameDuration * this.#sampleRate) / 1_000_000;
  }
}

/**
 * Loads libopus 1.6.1 in WebAssembly, from the package libopus-wasm: the default engine.
 *
 * Only its generated module is used. The front end around that keeps one heap for good, and creates its
 * encoders asynchronously, so that an aborted heap could not be replaced between two frames.
 */
export async function loadLibopusWasm(): Promise<OpusEngine> {
  const front = import.meta.resolve('libopus-wasm');
  const { default: instantiate } = (await import(
    new URL('generated/libopus.generated.mjs', front).href
  )) as typeof import('libopus-wasm/dist/generated/libopus.generated.mjs');
  const quiet = { print: () => {}, printErr: () => {} };
  const supply = await HeapSupply.open(async () => new Heap(await instantiate({ ...quiet })));
  return new WasmEngine(
    'libopus-wasm',
    {
      sampleRates: limits.OPUS_SAMPLE_RATES,
      channels: [1, 2],
      frameDurations: limits.OPUS_FRAME_DURATIONS,
      maxInstances: Number.POSITIVE_INFINITY,
      concealment: 'codec',
      decodesFec: true,
      sampleFormat: 'f32',
    },
    supply,
  );
}
