import { loadWasmVideoCodecs, type VideoCodecs } from '../../src/index.js';

/** The codecs of a machine without the add-on. */
export const wasmCodecs: VideoCodecs = await loadWasmVideoCodecs();
