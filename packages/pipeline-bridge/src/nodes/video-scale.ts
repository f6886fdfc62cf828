import { i420Picture, i420Size } from '@rm/codecs';
import type { VideoPicture } from '@rm/codecs';
import { z } from 'zod';
import { defineNode } from '../graph/node.js';
import type { Emit, NodeType, PipelineNode } from '../graph/node.js';
import { planesOf } from '../runtime-data/picture.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import { PlaneScaler } from './plane-scaler.js';

const side = z.int().min(2).max(4096);

/**
 * `VideoScale`: makes pictures larger or smaller, without regard to their proportions.
 *
 * Params: `width` and `height` in pixels, 2…4096. Takes I420; pictures of other formats fail with what is wrong, all other
 * data passes, and so do pictures that have that size. The picture that comes out is lent until `emit` returns.
 */
export const videoScale: NodeType = defineNode({
  name: 'VideoScale',
  params: z.strictObject({ width: side, height: side }),
  create: ({ width, height }) => new VideoScaleNode(width, height),
});

class VideoScaleNode implements PipelineNode {
  readonly #pixels: Uint8Array;
  readonly #to: VideoPicture;
  #scalers: { readonly luma: PlaneScaler; readonly chroma: PlaneScaler } | undefined;
  #width = 0;
  #height = 0;

  constructor(width: number, height: number) {
    this.#pixels = new Uint8Array(i420Size(width, height));
    this.#to = i420Picture(width, height, this.#pixels);
  }

  process(data: RuntimeData, emit: Emit): void {
    const { width, height } = this.#to;
    if (data.kind !== 'video' || (data.width === width && data.height === height)) {
      emit(data);
      return;
    }
    if (data.format !== 'i420') {
      throw new Error(`a picture of format ${data.format} came; it takes i420`);
    }
    this.#scale(planesOf(data));
    emit({ ...data, width, height, pixels: this.#pixels, lease: undefined });
  }

  #scale(from: VideoPicture): void {
    const to = this.#to;
    if (this.#scalers === undefined || from.width !== this.#width || from.height !== this.#height) {
      this.#width = from.width;
      this.#height = from.height;
      this.#scalers = {
        luma: new PlaneScaler(from, to),
        chroma: new PlaneScaler(chromaOf(from), chromaOf(to)),
      };
    }
    const { luma, chroma } = this.#scalers;
    luma.scale(from.y, to.y.data);
    chroma.scale(from.u, to.u.data);
    chroma.scale(from.v, to.v.data);
  }
}

function chromaOf({ width, height }: VideoPicture): { width: number; height: number } {
  return { width: (width + 1) >> 1, height: (height + 1) >> 1 };
}
