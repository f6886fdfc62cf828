import { ownedCopy } from './owned-copy.js';
import type { AudioData, PictureData, RuntimeData } from './runtime-data.js';

/** Copies borrowed data; samples and pixels into buffers that are used again once released. */
export class DataPool {
  readonly #samples: Float32Array[] = [];
  readonly #pixels: Uint8Array[] = [];

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

  /** Takes back what `copy` returned; its buffers must not be touched any more. */
  release(data: RuntimeData): void {
    if (data.kind === 'audio') this.#samples.push(data.samples);
    else if (data.kind === 'video' && data.format !== 'encoded') this.#pixels.push(data.pixels);
  }

  #copyPicture(data: PictureData): PictureData {
    const { length } = data.pixels;
    const free = this.#pixels.pop();
    const pixels = free?.length === length ? free : new Uint8Array(length);
    pixels.set(data.pixels);
    return { ...data, pixels };
  }
}
