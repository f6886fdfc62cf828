import { VoiceActivity } from '@rm/codecs';
import { z } from 'zod';
import { defineNode } from '../graph/node.js';
import type { Emit, NodeType, PipelineNode } from '../graph/node.js';
import type { AudioData, RuntimeData } from '../runtime-data/runtime-data.js';
import { PerStream } from './per-stream.js';

const mode = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);

/**
 * `VAD`: passes everything through and says when somebody begins and ends to speak (WebRTC's detector).
 *
 * Params: `mode` 0…3, default 2: from missing least voice to taking least else for it; `hangover_ms` 0…10,000, default
 * 200: for how long voice is said to go on behind its last frame. Takes mono frames of 10, 20 or 30 ms at 8, 16, 32 or
 * 48 kHz; others fail with what is wrong: put `Resample` or `Chunker` before it. Emits JSON `{ type: 'vad', speaking,
 * timestamp_us }` before the frame that changes it.
 */
export const voiceActivity: NodeType = defineNode({
  name: 'VAD',
  aliases: ['VADNode'],
  params: z.strictObject({
    mode: mode.default(2),
    hangover_ms: z.number().min(0).max(10_000).default(200),
  }),
  create: (params) => new VoiceActivityNode(params.mode, params.hangover_ms),
});

interface Detection {
  readonly sampleRate: number;
  readonly activity: VoiceActivity;
  speaking: boolean;
}

class VoiceActivityNode implements PipelineNode {
  // The detector of a new stream takes a moment to make.
  readonly asynchronous = true;
  readonly #mode: 0 | 1 | 2 | 3;
  readonly #hangover: number;
  readonly #streams = new PerStream<Detection>(({ activity }) => activity.close());

  constructor(sensitivity: 0 | 1 | 2 | 3, hangover: number) {
    this.#mode = sensitivity;
    this.#hangover = hangover;
  }

  /** Loads the library, so that no stream has to wait for it. */
  async open(): Promise<void> {
    (await VoiceActivity.create({ sampleRate: 16_000 })).close();
  }

  process(data: RuntimeData, emit: Emit): void | Promise<void> {
    if (data.kind !== 'audio') {
      emit(data);
      return undefined;
    }
    const known = this.#streams.get(data.streamId);
    if (known?.sampleRate !== data.sampleRate) return this.#begin(data, emit);
    this.#detect(data, known, emit);
    return undefined;
  }

  close(): void {
    this.#streams.clear();
  }

  async #begin(data: AudioData, emit: Emit): Promise<void> {
    const { sampleRate, streamId } = data;
    const options = { sampleRate, mode: this.#mode, hangover: this.#hangover } as const;
    const activity = await VoiceActivity.create(options);
    const detection = { sampleRate, activity, speaking: false };
    this.#detect(data, this.#streams.set(streamId, detection), emit);
  }

  #detect(data: AudioData, detection: Detection, emit: Emit): void {
    const { streamId, capture, channels } = data;
    if (channels !== 1) throw new Error(`audio of ${channels} channels came; give it mono`);
    const speaking = detection.activity.process(data.samples);
    if (speaking !== detection.speaking) {
      detection.speaking = speaking;
      const value = { type: 'vad', speaking, timestamp_us: capture?.time ?? null };
      emit({ kind: 'json', streamId, capture, value });
    }
    emit(data);
  }
}
