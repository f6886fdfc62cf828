import type { Micros } from '../frames/audio-frame.js';

/** Names of the Opus implementations this package can load. */
export type OpusEngineName = 'libopus-wasm' | 'opusscript';

/**
 * What the encoder optimises for (RFC 6716 §2.1): `voip` intelligibility, at the cost of the waveform;
 * `audio` closeness to the input; `lowdelay` the same with 4 ms less delay and no speech coder.
 */
export type OpusApplication = 'voip' | 'audio' | 'lowdelay';

/** What an engine can do. Asking for anything else throws `UnsupportedError`. */
export interface OpusCapabilities {
  /** Sample rates in Hz that can be encoded from and decoded to. */
  readonly sampleRates: readonly number[];
  /** Channel counts. A packet is decoded to the decoder's count whatever its own. */
  readonly channels: readonly number[];
  /** Frame durations `encode` accepts. */
  readonly frameDurations: readonly Micros[];
  /** Encoders and decoders that may be open at the same time in one thread. */
  readonly maxInstances: number;
  /** Who fills losses: libopus from its decoder state, or the repetition of the last pitch period. */
  readonly concealment: 'codec' | 'repetition';
  /** Whether `decodeFec` recovers frames; where not, it gives undefined for every packet. */
  readonly decodesFec: boolean;
  /** Precision in which samples reach libopus; `s16` rounds and saturates them. */
  readonly sampleFormat: 'f32' | 's16';
}

/** Settings of an encoder that can change between two frames. */
export interface OpusEncoderSettings {
  /** Target in bit/s, 6000 to 510,000 (RFC 6716 §2.1.1). The rate of single packets varies around it. */
  readonly bitrate: number;
  /** Computation spent per frame, 0 to 10. */
  readonly complexity: number;
}

/** What an encoder is made with. */
export interface OpusEncoderOptions extends OpusEncoderSettings {
  /** Samples per second of the input. */
  readonly sampleRate: number;
  /** Channels of the input. */
  readonly channels: number;
  readonly application: OpusApplication;
}

/** What a decoder is made with. */
export interface OpusDecoderOptions {
  /** Samples per second of the output. */
  readonly sampleRate: number;
  /** Channels of the output. */
  readonly channels: number;
}

/** One Opus encoder: frames in, packets out. Holds WebAssembly memory until `close()`. */
export interface OpusEncoder {
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel by which the decoded signal lags behind the encoded one. */
  readonly lookahead: number;
  /**
   * Encodes one frame of interleaved samples in −1…1; its length decides the frame duration.
   * The packet belongs to the caller. Throws `ArgumentError` for any other length than a frame
   * duration's, `ClosedError` after `close()`.
   */
  encode(pcm: Float32Array): Uint8Array;
  /** Changes settings from the next frame on. Throws `ArgumentError` out of range. */
  configure(settings: Partial<OpusEncoderSettings>): void;
  /** Frees the encoder's memory. Further calls do nothing. */
  close(): void;
}

/** One Opus decoder: packets in, frames out. Holds WebAssembly memory until `close()`. */
export interface OpusDecoder {
  readonly sampleRate: number;
  readonly channels: number;
  /**
   * Decodes one packet to interleaved samples that belong to the caller, or gives undefined if the
   * bytes are no Opus packet; the decoder stays usable. Throws `ClosedError` after `close()`.
   */
  decode(packet: Uint8Array): Float32Array | undefined;
  /**
   * Continues the signal over a loss by exactly `samples` per channel, 1 to `sampleRate` (one second).
   * Throws `ArgumentError` out of range, `ClosedError` after `close()`.
   */
  decodeLost(samples: number): Float32Array;
  /**
   * Recovers the `samples` per channel, 1 to `sampleRate`, that came right before the packet `next` from the
   * in-band FEC in it; `decode(next)` then goes on seamlessly. The redundancy covers one frame of the length
   * of those in `next`: what was lost before that is concealed, and of a shorter loss the end is given.
   * Interleaved samples that belong to the caller; undefined, with the decoder as it was, when there is
   * nothing to recover from (see `packetHasFec`; or the frame before the loss was of the CELT mode): use
   * `decodeLost` then. Throws `ArgumentError` out of range, `ClosedError` after `close()`.
   */
  decodeFec(next: Uint8Array, samples: number): Float32Array | undefined;
  /** Frees the decoder's memory. Further calls do nothing. */
  close(): void;
}

/**
 * An Opus implementation, loaded into this thread.
 *
 * Creation is asynchronous because engines instantiate WebAssembly on demand; everything on the
 * encoders and decoders themselves is synchronous, as a media clock needs it.
 */
export interface OpusEngine {
  readonly name: OpusEngineName;
  readonly capabilities: OpusCapabilities;
  /** Throws `UnsupportedError` beyond `capabilities`, `ArgumentError` for settings out of range. */
  createEncoder(options: OpusEncoderOptions): Promise<OpusEncoder>;
  /** Throws `UnsupportedError` beyond `capabilities`. */
  createDecoder(options: OpusDecoderOptions): Promise<OpusDecoder>;
}
