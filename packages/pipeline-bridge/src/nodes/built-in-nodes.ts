import type { NodeType } from '../graph/node.js';
import { gain } from './gain.js';
import { level } from './level.js';
import { passThrough } from './pass-through.js';
import { record } from './record.js';

/** The node types every `PipelineRunner` knows. */
export const builtInNodes: readonly NodeType[] = [passThrough, gain, level, record];
