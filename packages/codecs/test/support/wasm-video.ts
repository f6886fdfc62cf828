import type { VideoCodecs } from '../../src/index.js';
import { findVideoCodecs } from '../../src/video/find-video-codecs.js';
import { findH264decoder, findLibav } from '../../src/video/wasm/wasm-sources.js';

/** The codecs of a machine without the add-on. */
export const wasmCodecs: VideoCodecs = await findVideoCodecs([findLibav, findH264decoder]);
