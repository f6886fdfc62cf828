import { z } from 'zod';
import { defineNode } from '../graph/node.js';
import type { Emit, NodeType, PipelineNode } from '../graph/node.js';
import type { AudioData, RuntimeData } from '../runtime-data/runtime-data.js';
import { captureAt } from './capture-at.js';
import { PerStream } from './per-stream.js';

/**
 * `Delay`: has the audio of each stream come later by a fixed time, to go with something that takes longer.
 *
 * Params: `delay_ms`, 0…10,000. Samples come out that much after they came in, with their own capture time, in blocks of
 * the length that goes in; before the first there is silence. A stream whose format changes begins anew. Other data
 * passes at once.
 */
export const delay: NodeType = defineNode({
  name: 'Delay',
  params: z.strictObject({ delay_ms: z.number().min(0).max(10_000) }),
  create: ({ delay_ms }) => new DelayNode(delay_ms / 1000),
});

class DelayNode implements PipelineNode {
  readonly #seconds: number;
  readonly #lines = new PerStream<DelayLine>();

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  process(data: RuntimeData, emit: Emit): void {
    if (data.kind !== 'audio') {
      emit(data);
      return;
    }
    let line = this.#lines.get(data.streamId);
    if (line?.takes(data) !== true) {
      line = this.#lines.set(data.streamId, new DelayLine(data, this.#seconds));
    }
    emit(line.delay(data));
  }
}

/** The samples of one stream that are still to come out, in a ring. */
class DelayLine {
  readonly #sampleRate: number;
  readonly #channels: number;
  readonly #ring: Float32Array;
  #at = 0;
  #out = new Float32Array(0);

  constructor({ sampleRate, channels }: AudioData, seconds: number) {
    this.#sampleRate = sampleRate;
    this.#channels = channels;
    this.#ring = new Float32Array(Math.round(seconds * sampleRate) * channels);
  }

  takes({ sampleRate, channels }: AudioData): boolean {
    return sampleRate === this.#sampleRate && channels === this.#channels;
  }

  delay(data: AudioData): AudioData {
    const { samples } = data;
    const ring = this.#ring;
    if (ring.length === 0) return data;
    if (this.#out.length !== samples.length) this.#out = new Float32Array(samples.length);
    for (let index = 0; index < samples.length; index++) {
      this.#out[index] = ring[this.#at]!;
      ring[this.#at] = samples[index]!;
      this.#at = (this.#at + 1) % ring.length;
    }
    const before = -ring.length / this.#channels;
    return {
      kind: 'audio',
      streamId: data.streamId,
      capture: captureAt(data.capture, before, this.#sampleRate),
      samples: this.#out,
      sampleRate: this.#sampleRate,
      channels: this.#channels,
    };
  }
}
