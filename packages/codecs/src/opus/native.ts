import type { OpusDecoderOptions, OpusEncoderSettings } from './engine.js';
import type { OpusToc } from './toc.js';

/**
 * One WebAssembly instance of libopus, and all that lives in its heap. Arguments have been checked.
 *
 * Whatever they throw means that the instance can no longer be trusted: WebAssembly has trapped, or libopus
 * refuses a frame that it takes in sound state.
 */
export interface NativeHeap {
  createEncoder(format: OpusDecoderOptions, settings: OpusEncoderSettings): NativeEncoder;
  createDecoder(format: OpusDecoderOptions): NativeDecoder;
}

/** An encoder in a heap. */
export interface NativeEncoder {
  encode(pcm: Float32Array): Uint8Array;
  /** Changes all settings but the application, which a native encoder keeps. */
  configure(settings: Omit<OpusEncoderSettings, 'application'>): void;
  free(): void;
}

/** A decoder in a heap. */
export interface NativeDecoder {
  /** Samples of a packet; undefined if libopus refuses it. */
  decode(packet: Uint8Array, toc: OpusToc): Float32Array | undefined;
  /** Continues the signal by `samples` per channel. */
  conceal(samples: number): Float32Array;
  /** The `samples` per channel before a packet with in-band FEC; undefined if they cannot be recovered. */
  recover(next: Uint8Array, toc: OpusToc, samples: number): Float32Array | undefined;
  free(): void;
}
