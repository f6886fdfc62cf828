import type { CaptureTime } from '@rm/codecs';
import { z } from 'zod';
import { defineNode } from '../graph/node.js';
import type { Emit, NodeType, PipelineNode } from '../graph/node.js';
import type { AudioData, RuntimeData } from '../runtime-data/runtime-data.js';
import { captureAt } from './capture-at.js';
import { PerStream } from './per-stream.js';

const size = z.int().min(1).max(65_536);

/**
 * `AudioChunkerNode`, also `Chunker`: cuts the audio of each stream into chunks of one length.
 *
 * Params: `chunk_size`, also `chunkSize`: samples of each channel, 1…65536, default 512. A chunk's capture time is that
 * of its first sample. What is left over when the stream ends, or when its format changes, is dropped. Other data passes.
 */
export const chunker: NodeType = defineNode({
  name: 'AudioChunkerNode',
  aliases: ['Chunker'],
  params: z
    .strictObject({ chunk_size: size.optional(), chunkSize: size.optional() })
    .refine((params) => params.chunk_size === undefined || params.chunkSize === undefined, {
      message: 'chunk_size and chunkSize are both given; keep one',
    }),
  create: ({ chunk_size, chunkSize }) => new ChunkerNode(chunk_size ?? chunkSize ?? 512),
});

class ChunkerNode implements PipelineNode {
  readonly #size: number;
  readonly #chunks = new PerStream<Chunk>();

  constructor(size: number) {
    this.#size = size;
  }

  process(data: RuntimeData, emit: Emit): void {
    if (data.kind !== 'audio') {
      emit(data);
      return;
    }
    let chunk = this.#chunks.get(data.streamId);
    if (chunk?.fits(data) !== true) {
      chunk = this.#chunks.set(data.streamId, new Chunk(data, this.#size));
    }
    chunk.add(data, emit);
  }
}

/** The chunk of one stream that is being filled. */
class Chunk {
  readonly #sampleRate: number;
  readonly #channels: number;
  readonly #samples: Float32Array;
  #filled = 0;
  #capture: CaptureTime | undefined;

  constructor({ sampleRate, channels }: AudioData, size: number) {
    this.#sampleRate = sampleRate;
    this.#channels = channels;
    this.#samples = new Float32Array(size * channels);
  }

  fits({ sampleRate, channels }: AudioData): boolean {
    return sampleRate === this.#sampleRate && channels === this.#channels;
  }

  add({ samples, capture, streamId }: AudioData, emit: Emit): void {
    const sampleRate = this.#sampleRate;
    const channels = this.#channels;
    for (let at = 0; at < samples.length;) {
      if (this.#filled === 0) this.#capture = captureAt(capture, at / channels, sampleRate);
      const count = Math.min(samples.length - at, this.#samples.length - this.#filled);
      this.#samples.set(samples.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled < this.#samples.length) return;
      this.#filled = 0;
      emit({
        kind: 'audio',
        streamId,
        capture: this.#capture,
        samples: this.#samples,
        sampleRate,
        channels,
      });
    }
  }
}
