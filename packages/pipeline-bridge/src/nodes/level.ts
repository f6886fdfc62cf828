import { dbfs, measureLevel } from '@rm/codecs';
import type { Level } from '@rm/codecs';
import { z } from 'zod';
import { defineNode } from '../graph/node.js';
import type { Emit, NodeType, PipelineNode } from '../graph/node.js';
import type { AudioData, JsonData, RuntimeData } from '../runtime-data/runtime-data.js';
import { PerStream } from './per-stream.js';

/**
 * `AudioLevelNode`, also `Level`: passes everything through and says how loud the audio is.
 *
 * Params: `interval_ms` (10…60000, default 100). Once for each interval of a stream's audio, at the end of the
 * frame that completes it, it emits JSON `{ type: 'level', rms_dbfs, peak_dbfs, timestamp_us }`: decibels relative
 * to full scale, at least −127, and the capture time of the interval's first sample or null. Each stream is
 * measured for itself; of more than 64 those seen first are forgotten.
 */
export const level: NodeType = defineNode({
  name: 'AudioLevelNode',
  aliases: ['Level'],
  params: z.strictObject({ interval_ms: z.number().min(10).max(60_000).default(100) }),
  create: (params) => new LevelNode(params.interval_ms / 1000),
});

class LevelNode implements PipelineNode {
  readonly #interval: number;
  readonly #meters = new PerStream<Meter>();

  constructor(interval: number) {
    this.#interval = interval;
  }

  process(data: RuntimeData, emit: Emit): void {
    emit(data);
    if (data.kind !== 'audio' || data.samples.length === 0) return;
    const meter = this.#meters.get(data.streamId) ?? this.#meters.set(data.streamId, new Meter());
    const result = meter.add(data, this.#interval);
    if (result !== undefined) emit(result);
  }
}

/** The running level of one stream. */
class Meter {
  #first: AudioData['capture'];
  readonly #frame: Level = { rms: 0, peak: 0 };
  #sampleRate = 0;
  #channels = 0;
  #elapsed = 0;
  #measured = 0;
  #squares = 0;
  #peak = 0;

  /** Takes a frame in; the level when it completes `interval` seconds. */
  add(data: AudioData, interval: number): JsonData | undefined {
    const { length } = data.samples;
    if (data.sampleRate !== this.#sampleRate || data.channels !== this.#channels) {
      this.#sampleRate = data.sampleRate;
      this.#channels = data.channels;
      this.#elapsed = 0;
      this.#clear();
    }
    const { rms, peak } = measureLevel(data.samples, this.#frame);
    if (this.#measured === 0) this.#first = data.capture;
    this.#measured += length;
    this.#squares += rms * rms * length;
    this.#peak = Math.max(this.#peak, peak);
    this.#elapsed += length;
    const due = interval * data.sampleRate * data.channels;
    if (this.#elapsed < due) return undefined;
    const value = {
      type: 'level',
      rms_dbfs: decibels(Math.sqrt(this.#squares / this.#measured)),
      peak_dbfs: decibels(this.#peak),
      timestamp_us: this.#first?.time ?? null,
    };
    // What exceeds the interval counts towards the next one, so that the rate is kept with any frame size.
    this.#elapsed %= due;
    this.#clear();
    return { kind: 'json', streamId: data.streamId, capture: this.#first, value };
  }

  #clear(): void {
    this.#measured = 0;
    this.#squares = 0;
    this.#peak = 0;
  }
}

function decibels(linear: number): number {
  return Math.round(dbfs(linear) * 100) / 100;
}
