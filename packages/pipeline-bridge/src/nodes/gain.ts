import { applyGain, gainFromDb } from '@rm/codecs';
import { z } from 'zod';
import { defineNode } from '../graph/node.js';
import type { Emit, NodeType, PipelineNode } from '../graph/node.js';
import type { AudioData, JsonValue, RuntimeData } from '../runtime-data/runtime-data.js';

const decibels = z.number().min(-120).max(40);
const factor = z.number().min(0).max(100);
const setGain = z.strictObject({ type: z.literal('set_gain'), gain_db: decibels });

/**
 * `Gain`: makes audio louder or softer.
 *
 * Params: `gain_db` (−120…40 dB) or `gain` (a factor, 0…100); default 0 dB. JSON of the form
 * `{ "type": "set_gain", "gain_db": -6 }` sent to the node changes the gain, ramped over the next frame so that
 * it does not click. Other data passes unchanged. Samples may leave −1…1; nothing is clipped here.
 */
export const gain: NodeType = defineNode({
  name: 'Gain',
  aliases: ['GainNode'],
  params: z
    .strictObject({ gain_db: decibels.optional(), gain: factor.optional() })
    .refine((params) => params.gain_db === undefined || params.gain === undefined, {
      message: 'gain_db and gain are both given; keep one',
    }),
  create: (params) => new GainNode(params.gain ?? gainFromDb(params.gain_db ?? 0)),
});

class GainNode implements PipelineNode {
  #target: number;
  #current: number;
  #out = new Float32Array(0);

  constructor(initial: number) {
    this.#target = initial;
    this.#current = initial;
  }

  process(data: RuntimeData, emit: Emit): void {
    if (data.kind === 'audio') this.#amplify(data, emit);
    else if (data.kind === 'json' && typeOf(data.value) === 'set_gain') {
      this.#target = gainFromDb(setGain.parse(data.value).gain_db);
    } else emit(data);
  }

  #amplify(data: AudioData, emit: Emit): void {
    if (this.#current === 1 && this.#target === 1) {
      emit(data);
      return;
    }
    const { length } = data.samples;
    if (this.#out.length !== length) this.#out = new Float32Array(length);
    this.#out.set(data.samples);
    applyGain(this.#out, data.channels, this.#current, this.#target);
    if (length > 0) this.#current = this.#target;
    emit({
      kind: 'audio',
      streamId: data.streamId,
      capture: data.capture,
      samples: this.#out,
      sampleRate: data.sampleRate,
      channels: data.channels,
    });
  }
}

function typeOf(value: JsonValue): unknown {
  return typeof value === 'object' && value !== null && 'type' in value ? value['type'] : undefined;
}
