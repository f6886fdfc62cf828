import { z } from 'zod';
import { defineNode } from '../graph/node.js';
import type { Emit, NodeContext, NodeType, PipelineNode } from '../graph/node.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import { WavWriter } from './wav-writer.js';

/**
 * `Record`, also `Recorder`: passes everything through and writes the audio of one stream into a WAV file.
 *
 * Params: `path`, against the working directory; its folders are created, a file of that name is replaced. The
 * first audio decides the stream and its format; what differs is an error of the node and is not recorded.
 */
export const record: NodeType = defineNode({
  name: 'Record',
  aliases: ['Recorder'],
  params: z.strictObject({ path: z.string().min(1) }),
  create: (params, context) => new RecordNode(params.path, context),
});

class RecordNode implements PipelineNode {
  readonly #path: string;
  readonly #context: NodeContext;
  #writer: WavWriter | undefined;
  #streamId: string | undefined;

  constructor(path: string, context: NodeContext) {
    this.#path = path;
    this.#context = context;
  }

  async open(): Promise<void> {
    const onError = (error: Error): void => this.#context.reportError(error);
    this.#writer = await WavWriter.open(this.#path, { onError });
  }

  process(data: RuntimeData, emit: Emit): void {
    emit(data);
    if (data.kind !== 'audio') return;
    this.#streamId ??= data.streamId;
    if (data.streamId !== this.#streamId) {
      throw new Error(
        `${this.#path} records stream "${this.#streamId}", not "${data.streamId}"; mix them, or use a Record node each`,
      );
    }
    this.#writer?.append(data);
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }
}
