import { z } from 'zod';
import { defineNode } from '../graph/node.js';
import type { NodeType } from '../graph/node.js';

/** `PassThrough`: gives on what it gets, the very same buffers. */
export const passThrough: NodeType = defineNode({
  name: 'PassThrough',
  params: z.strictObject({}),
  create: () => ({ process: (data, emit) => emit(data) }),
});
