import type { VideoCodecs } from './codec.js';
import { findVideoCodecs } from './find-video-codecs.js';
import { findNativeVideo } from './native.js';
import { findH264decoder, findLibav } from './wasm/wasm-sources.js';

let loading: Promise<VideoCodecs> | undefined;

/**
 * Finds the video codecs of this machine, once per thread: later calls give the same ones. The add-on comes first; what
 * it does not have comes in WebAssembly. Never rejects: where there are none, `capabilities` is empty, `missing` says
 * why, and nothing can be created.
 */
export function loadVideoCodecs(): Promise<VideoCodecs> {
  loading ??= findVideoCodecs([findNativeVideo, findLibav, findH264decoder]);
  return loading;
}

/**
 * The video codecs in WebAssembly alone, as a machine without the add-on has them: what can be relied on everywhere.
 * Never rejects.
 */
export function loadWasmVideoCodecs(): Promise<VideoCodecs> {
  return findVideoCodecs([findLibav, findH264decoder]);
}
