import { Resampler } from '@rm/codecs';
import { z } from 'zod';
import { defineNode } from '../graph/node.js';
import type { Emit, NodeType, PipelineNode } from '../graph/node.js';
import type { AudioData, RuntimeData } from '../runtime-data/runtime-data.js';
import { captureAt } from './capture-at.js';
import { PerStream } from './per-stream.js';

const rate = z.int().min(1000).max(768_000);
const source = z.union([rate, z.literal('auto')]);

/**
 * `FastResampleNode`, also `Resample`: converts audio to another sample rate.
 *
 * Params: `target_rate`, also `targetRate`, 1000…768,000 samples a second; `source_rate`, also `sourceRate`, the only
 * rate that is taken, or `auto` (default): any. RemoteMedia's `quality` is accepted: there is one, the best. Each stream
 * is converted for itself; the capture time is that of the first sample that comes out. Audio at the target rate and
 * other data pass unchanged.
 */
export const resample: NodeType = defineNode({
  name: 'FastResampleNode',
  aliases: ['Resample'],
  params: z
    .strictObject({
      target_rate: rate.optional(),
      targetRate: rate.optional(),
      source_rate: source.optional(),
      sourceRate: source.optional(),
      quality: z.enum(['Low', 'Medium', 'High']).optional(),
    })
    .refine((params) => (params.target_rate === undefined) !== (params.targetRate === undefined), {
      message: 'give target_rate, once: the samples a second that shall come out',
    }),
  create: ({ target_rate, targetRate, source_rate, sourceRate }) => {
    const from = source_rate ?? sourceRate ?? 'auto';
    return new ResampleNode(target_rate ?? targetRate ?? 0, from === 'auto' ? undefined : from);
  },
});

class ResampleNode implements PipelineNode {
  readonly #target: number;
  readonly #source: number | undefined;
  readonly #conversions = new PerStream<Conversion>();

  constructor(target: number, from: number | undefined) {
    this.#target = target;
    this.#source = from;
  }

  process(data: RuntimeData, emit: Emit): void {
    if (data.kind !== 'audio') {
      emit(data);
      return;
    }
    const { sampleRate, channels, streamId } = data;
    if (this.#source !== undefined && sampleRate !== this.#source) {
      throw new Error(
        `audio of ${sampleRate} samples a second came; source_rate says ${this.#source}`,
      );
    }
    if (sampleRate === this.#target) {
      emit(data);
      return;
    }
    let conversion = this.#conversions.get(streamId);
    if (conversion?.takes(data) !== true) {
      conversion = new Conversion(sampleRate, this.#target, channels);
      this.#conversions.set(streamId, conversion);
    }
    conversion.convert(data, emit);
  }
}

/** The conversion of one stream. */
class Conversion {
  readonly #resampler: Resampler;
  #out = new Float32Array(0);
  /** Samples per channel taken in and given out so far: outputs stand for instants of the input. */
  #taken = 0;
  #given = 0;

  constructor(inputRate: number, outputRate: number, channels: number) {
    this.#resampler = new Resampler({ inputRate, outputRate, channels });
  }

  takes({ sampleRate, channels }: AudioData): boolean {
    return sampleRate === this.#resampler.inputRate && channels === this.#resampler.channels;
  }

  convert({ samples, streamId, capture }: AudioData, emit: Emit): void {
    const { channels, inputRate, outputRate } = this.#resampler;
    const length = samples.length / channels;
    const needed = this.#resampler.outputLength(length) * channels;
    if (this.#out.length < needed) this.#out = new Float32Array(needed);
    const count = this.#resampler.process(samples, this.#out);
    // The first output's instant, in input samples from the start of this block; it lies before it by the filter.
    const offset = (this.#given * inputRate) / outputRate - this.#taken;
    this.#taken += length;
    this.#given += count;
    if (count === 0) return;
    emit({
      kind: 'audio',
      streamId,
      capture: captureAt(capture, offset, inputRate),
      samples: this.#out.subarray(0, count * channels),
      sampleRate: outputRate,
      channels,
    });
  }
}
