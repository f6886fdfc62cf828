import type { Micros } from '../frames/audio-frame.js';
import type { OpusBandwidth } from './toc.js';

/** Names of the Opus implementations this package can load. */
export type OpusEngineName = 'libopus-wasm' | 'opusscript';

/**
 * What the encoder optimises for (RFC 6716 §2.1): `voip` intelligibility, at the cost of the waveform;
 * `audio` closeness to the input; `lowdelay` the same with 4 ms less delay and no speech coder, so
 * without in-band FEC.
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
  /** Changing it starts the coder anew: some milliseconds of the next frame are softer. */
  readonly application: OpusApplication;
  /** Target in bit/s, 6000 to 510,000 (RFC 6716 §2.1.1). The rate of single packets varies around it. */
  readonly bitrate: number;
  /** Computation spent per frame, 0 to 10. */
  readonly complexity: number;
  /**
   * Sends each frame of the speech coder a second time, coarser, in the packet after it (LBRR, RFC 6716
   * §2.1.7), within the bitrate. libopus does so from about 20 kbit/s on, and only as far as `expectedLoss`
   * warrants it; in `audio` some 10 % make it change to the speech coder. Default false.
   */
  readonly fec: boolean;
  /** Share of packets expected to be lost, 0 to 1; libopus takes whole percent. Default 0. */
  readonly expectedLoss: number;
  /**
   * Sends hardly anything during silence (see `isDtx`), in frames of 10 ms and more. In `audio` and `lowdelay`
   * libopus recognises silence from complexity 7 on; below that, version 1.6.1 only where all samples are 0,
   * version 1.4 not at all. Default false.
   */
  readonly dtx: boolean;
  /**
   * Widest audio bandwidth to code; the bitrate decides whether it is reached. The speech coder takes seconds
   * to go below wideband. Default `fullband`.
   */
  readonly maxBandwidth: OpusBandwidth;
}

type RequiredSetting = 'application' | 'bitrate' | 'complexity';

/** What an encoder is made with. */
export interface OpusEncoderOptions
  extends
    Pick<OpusEncoderSettings, RequiredSetting>,
    Partial<Omit<OpusEncoderSettings, RequiredSetting>> {
  /** Samples per second of the input. */
  readonly sampleRate: number;
  /** Channels of the input. */
  readonly channels: number;
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
  /** Samples per channel by which the decoded signal lags behind the encoded one; the application decides. */
  readonly lookahead: number;
  /**
   * Encodes one frame of interleaved samples in −1…1; its length decides the frame duration.
   * The packet belongs to the caller. Throws `ArgumentError` for any other length than a frame
   * duration's, `ClosedError` after `close()`, `AbortedError` when the engine failed twice in a row.
   */
  encode(pcm: Float32Array): Uint8Array;
  /** Changes settings from the next frame on. Throws `ArgumentError` out of range, `ClosedError` after `close()`. */
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
   * bytes are no Opus packet, or the engine aborted over them; the decoder stays usable. Throws `ClosedError`
   * after `close()`.
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
 * Its encoders and decoders share one WebAssembly heap. Should libopus abort, another heap takes its place
 * at once: every encoder and decoder goes on there from a fresh state, the one that failed as well until it
 * has failed three times. Creation is asynchronous because a heap may still be loading; everything on the
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
