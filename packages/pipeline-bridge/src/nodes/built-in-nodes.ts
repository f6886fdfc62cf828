import type { NodeType } from '../graph/node.js';
import { chunker } from './chunker.js';
import { delay } from './delay.js';
import { gain } from './gain.js';
import { level } from './level.js';
import { passThrough } from './pass-through.js';
import { record } from './record.js';
import { resample } from './resample.js';
import { silenceDetector } from './silence-detector.js';
import { videoGrey } from './video-grey.js';
import { videoScale } from './video-scale.js';
import { voiceActivity } from './voice-activity.js';

/** The node types every `PipelineRunner` knows. */
export const builtInNodes: readonly NodeType[] = [
  passThrough,
  gain,
  level,
  record,
  resample,
  chunker,
  delay,
  silenceDetector,
  voiceActivity,
  videoGrey,
  videoScale,
];
