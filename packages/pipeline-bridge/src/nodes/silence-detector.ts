import { dbfs, measureLevel } from '@rm/codecs';
import { z } from 'zod';
import { defineNode } from '../graph/node.js';
import type { Emit, NodeType, PipelineNode } from '../graph/node.js';
import type { AudioData, JsonData, RuntimeData } from '../runtime-data/runtime-data.js';
import { PerStream } from './per-stream.js';

/**
 * `SilenceDetectorNode`, also `SilenceDetector`: passes everything through and says when a stream falls silent for long,
 * and when it is heard again.
 *
 * Params: `silence_threshold_db`, −127…0, default −50: at or below it a frame is silent; `sustained_silence_ms`,
 * 0…600,000, default 500: how long silence lasts before it is told. Emits JSON `{ type: 'silence', is_sustained_silence,
 * silence_duration_ms, rms_db, timestamp_us }` behind the frame that decides it.
 */
export const silenceDetector: NodeType = defineNode({
  name: 'SilenceDetectorNode',
  aliases: ['SilenceDetector'],
  params: z.strictObject({
    silence_threshold_db: z.number().min(-127).max(0).default(-50),
    sustained_silence_ms: z.number().min(0).max(600_000).default(500),
  }),
  create: (params) =>
    new SilenceDetectorNode(params.silence_threshold_db, params.sustained_silence_ms),
});

interface Silence {
  /** How long the stream has been silent, in ms. */
  duration: number;
  told: boolean;
}

class SilenceDetectorNode implements PipelineNode {
  readonly #threshold: number;
  readonly #sustained: number;
  readonly #streams = new PerStream<Silence>();

  constructor(threshold: number, sustained: number) {
    this.#threshold = threshold;
    this.#sustained = sustained;
  }

  process(data: RuntimeData, emit: Emit): void {
    emit(data);
    if (data.kind !== 'audio' || data.samples.length === 0) return;
    const silence =
      this.#streams.get(data.streamId) ??
      this.#streams.set(data.streamId, { duration: 0, told: false });
    const level = dbfs(measureLevel(data.samples).rms);
    const before = silence.duration;
    if (level > this.#threshold) silence.duration = 0;
    else silence.duration += (data.samples.length * 1000) / (data.sampleRate * data.channels);
    const sustained = silence.duration > 0 && silence.duration >= this.#sustained;
    if (sustained === silence.told) return;
    silence.told = sustained;
    emit(told(data, sustained, sustained ? silence.duration : before, level));
  }
}

function told(data: AudioData, sustained: boolean, duration: number, level: number): JsonData {
  const { streamId, capture } = data;
  const value = {
    type: 'silence',
    is_sustained_silence: sustained,
    silence_duration_ms: Math.round(duration),
    rms_db: Math.round(level * 100) / 100,
    timestamp_us: capture?.time ?? null,
  };
  return { kind: 'json', streamId, capture, value };
}
