import { leaseOf } from './bytes.js';
import { ownedCopy } from './owned-copy.js';
import type { AudioData, PictureData, RuntimeData } from './runtime-data.js';

/** Keeps borrowed data: by its lease, or as a copy whose samples or pixels are used again once released. */
export class DataPool {
  readonly #samples: Float32Array[] = [];
  readonly #pixels: Uint8Array[] = [];

  /** The data itself if it is leased, to be read only; else a copy. Either wants `release`. */
  keep(data: RuntimeData): RuntimeData {
    const lease = leaseOf(data);
    if (lease === undefined) return this.copy(data);
    lease.retain();
    return data;
  }

  /** A copy whose buffers belong to the caller until `release`, or for good. */
  copy(data: RuntimeData): RuntimeData {
    if (data.kind === 'audio') return this.copyAudio(data);
    return data.kind === 'video' && data.format !== 'encoded'
      ? this.#copyPicture(data)
      : ownedCopy(data);
  }

  /** Like `copy`, for audio. */
  copyAudio(data: AudioData): AudioData {
    const { length } = data.samples;
    const free = this.#samples.pop();
    // Buffers of another length belong to a format the stream has left: let them go.
    const samples = free?.length === length ? free : new Float32Array(length);
    samples.set(data.samples);
    return {
      kind: 'audio',
      streamId: data.streamId,
      capture: data.capture,
      samples,
      sampleRate: data.sampleRate,
      channels: data.channels,
    };
  }

  /** Takes back what `keep` or `copy` returned; its buffers must not be touched any more. */
  release(data: RuntimeData): void {
    const lease = leaseOf(data);
    if (lease !== undefined) lease.release();
    else if (data.kind === 'audio') this.#samples.push(data.samples);
    else if (data.kind === 'video' && data.format !== 'encoded') this.#pixels.push(data.pixels);
  }

  #copyPicture(data: PictureData): PictureData {
    const { length } = data.pixels;
    const free = this.#pixels.pop();
    const pixels = free?.length === length ? free : new Uint8Array(length);
    pixels.set(data.pixels);
    return { ...data, pixels, lease: undefined };
  }
}
