import { bytesOf, type BufferSource } from './buffer-source.js';
import { integer, notSupported, optionalInteger, timestampOf } from './web-idl.js';

/** How samples lie in memory: interleaved by channel, or channel after channel. */
export type AudioSampleFormat = 'f32' | 'f32-planar';

/** What audio data is made of (WebCodecs, AudioDataInit). */
export interface AudioDataInit {
  readonly format: AudioSampleFormat;
  /** Samples per second and channel. */
  readonly sampleRate: number;
  /** Samples per channel. */
  readonly numberOfFrames: number;
  readonly numberOfChannels: number;
  /** Microseconds. */
  readonly timestamp: number;
  /** 32-bit floats in −1…1, which are copied. */
  readonly data: BufferSource;
}

/** What is copied of audio data, and how (WebCodecs, AudioDataCopyToOptions). */
export interface AudioDataCopyToOptions {
  /** The channel, for planar samples; else 0. */
  readonly planeIndex: number;
  /** First sample of each channel; 0 if left out. */
  readonly frameOffset?: number;
  /** Samples of each channel; all that follow if left out. */
  readonly frameCount?: number;
  /** The data's own if left out. */
  readonly format?: AudioSampleFormat;
}

const FORMATS: readonly AudioSampleFormat[] = ['f32', 'f32-planar'];

/** A block of samples with its time (WebCodecs, AudioData). */
export class AudioData {
  readonly sampleRate: number;
  /** Microseconds. */
  readonly timestamp: number;
  readonly #format: AudioSampleFormat;
  readonly #frames: number;
  readonly #channels: number;
  #samples: Float32Array | undefined;

  /** Throws `TypeError` for sizes and times that cannot be, `NotSupportedError` for other formats. */
  constructor(init: AudioDataInit) {
    this.#format = formatOf(init.format);
    this.sampleRate = integer('sampleRate', init.sampleRate, 1);
    this.#frames = integer('numberOfFrames', init.numberOfFrames, 1);
    this.#channels = integer('numberOfChannels', init.numberOfChannels, 1);
    this.timestamp = timestampOf(init.timestamp);
    const bytes = bytesOf(init.data);
    const needed = this.#frames * this.#channels * Float32Array.BYTES_PER_ELEMENT;
    if (bytes.length < needed) {
      throw new TypeError(
        `${this.#frames} samples of ${this.#channels} channels take ${needed} bytes, not ${bytes.length}; give as many`,
      );
    }
    this.#samples = new Float32Array(this.#frames * this.#channels);
    new Uint8Array(this.#samples.buffer).set(bytes.subarray(0, needed));
  }

  /** Null once it is closed. */
  get format(): AudioSampleFormat | null {
    return this.#samples ? this.#format : null;
  }

  /** Samples per channel. */
  get numberOfFrames(): number {
    return this.#samples ? this.#frames : 0;
  }

  get numberOfChannels(): number {
    return this.#samples ? this.#channels : 0;
  }

  /** Microseconds. */
  get duration(): number {
    return Math.round((this.numberOfFrames / this.sampleRate) * 1_000_000);
  }

  /** Bytes that `copyTo` writes. Throws as it does. */
  allocationSize(options: AudioDataCopyToOptions): number {
    return this.#copied(options).elements * Float32Array.BYTES_PER_ELEMENT;
  }

  /**
   * Copies samples: of one channel to planar, of all to interleaved ones. Throws `InvalidStateError` when closed,
   * `RangeError` for a plane or samples that are not there and for lack of room, `TypeError` for a destination that
   * does not begin at a multiple of four bytes.
   */
  copyTo(destination: BufferSource, options: AudioDataCopyToOptions): void {
    const { planar, channel, from, count, elements } = this.#copied(options);
    const { buffer, byteOffset, length } = bytesOf(destination);
    const size = elements * Float32Array.BYTES_PER_ELEMENT;
    if (length < size)
      throw new RangeError(`the samples take ${size} bytes, not ${length}; give as many`);
    if (byteOffset % Float32Array.BYTES_PER_ELEMENT !== 0) {
      throw new TypeError(`the destination begins at byte ${byteOffset}; give a Float32Array`);
    }
    const out = new Float32Array(buffer, byteOffset, elements);
    const samples = this.#open();
    if (planar === (this.#format === 'f32-planar')) {
      const start = planar ? channel * this.#frames + from : from * this.#channels;
      out.set(samples.subarray(start, start + elements));
    } else if (planar) {
      for (let i = 0; i < count; i++) out[i] = samples[(from + i) * this.#channels + channel]!;
    } else {
      for (let i = 0; i < elements; i++) {
        const frame = from + Math.floor(i / this.#channels);
        out[i] = samples[(i % this.#channels) * this.#frames + frame]!;
      }
    }
  }

  /** A copy, to be closed by itself. Throws `InvalidStateError` when closed. */
  clone(): AudioData {
    return new AudioData({
      format: this.#format,
      sampleRate: this.sampleRate,
      numberOfFrames: this.#frames,
      numberOfChannels: this.#channels,
      timestamp: this.timestamp,
      data: this.#open(),
    });
  }

  /** Lets go of the samples. Further calls do nothing. */
  close(): void {
    this.#samples = undefined;
  }

  #open(): Float32Array {
    if (this.#samples) return this.#samples;
    throw new DOMException('the audio data is closed; clone it before', 'InvalidStateError');
  }

  #copied({ planeIndex, frameOffset, frameCount, format }: AudioDataCopyToOptions): {
    readonly planar: boolean;
    readonly channel: number;
    readonly from: number;
    readonly count: number;
    readonly elements: number;
  } {
    this.#open();
    const planar = (format === undefined ? this.#format : formatOf(format)) === 'f32-planar';
    const channel = integer('planeIndex', planeIndex, 0);
    const from = optionalInteger('frameOffset', frameOffset, 0) ?? 0;
    const rest = this.#frames - from;
    const count = optionalInteger('frameCount', frameCount, 0) ?? rest;
    if (channel >= (planar ? this.#channels : 1) || from >= this.#frames || count > rest) {
      throw new RangeError(
        `plane ${channel} has no ${count} samples from ${from} on; there are ${this.#frames} of ${this.#channels} channels`,
      );
    }
    return { planar, channel, from, count, elements: count * (planar ? 1 : this.#channels) };
  }
}

function formatOf(format: AudioSampleFormat | undefined): AudioSampleFormat {
  if (format === undefined)
    throw new TypeError("the format is missing; give 'f32' or 'f32-planar'");
  if (FORMATS.includes(format)) return format;
  throw notSupported(
    `the format '${String(format)}' is not known here; convert to f32 or f32-planar`,
  );
}
