import { z } from 'zod';
import { i420Size } from '@rm/codecs';
import { defineNode } from '../graph/node.js';
import type { Emit, NodeType, PipelineNode } from '../graph/node.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';

/** Chroma of grey, in BT.601 and BT.709 alike. */
const NO_COLOUR = 128;

/**
 * `VideoGrey`: takes the colour out of pictures, in place. No params. Takes I420 and NV12; pictures of other formats
 * fail with what is wrong, all other data passes.
 */
export const videoGrey: NodeType = defineNode({
  name: 'VideoGrey',
  params: z.strictObject({}),
  create: () => new VideoGreyNode(),
});

class VideoGreyNode implements PipelineNode {
  readonly mutates = true;

  process(data: RuntimeData, emit: Emit): void {
    if (data.kind === 'video') {
      if (data.format !== 'i420' && data.format !== 'nv12') {
        throw new Error(`a picture of format ${data.format} came; it takes i420 and nv12`);
      }
      const { pixels, width, height } = data;
      // In both formats all of the chroma lies behind the luma.
      pixels.fill(NO_COLOUR, width * height, i420Size(width, height));
    }
    emit(data);
  }
}
