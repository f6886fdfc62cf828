import { ownedCopy } from './owned-copy.js';
import type { AudioData, RuntimeData } from './runtime-data.js';

/** Copies borrowed data into sample buffers that are used again once released. */
export class DataPool {
  readonly #free: Float32Array[] = [];

  /** A copy whose buffers belong to the caller until `release`, or for good. */
  copy(data: RuntimeData): RuntimeData {
    return data.kind === 'audio' ? this.copyAudio(data) : ownedCopy(data);
  }

  /** Like `copy`, for audio. */
  copyAudio(data: AudioData): AudioData {
    const samples = this.#take(data.samples.length);
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

  /** Takes back what `copy` returned; its samples must not be touched any more. */
  release(data: RuntimeData): void {
    if (data.kind === 'audio') this.#free.push(data.samples);
  }

  #take(length: number): Float32Array {
    const free = this.#free.pop();
    // Buffers of another length belong to a format the stream has left: let them go.
    return free?.length === length ? free : new Float32Array(length);
  }
}
