import { UnsupportedError } from '../errors.js';
import type { VideoCodecs } from './codec.js';
import { loadNativeVideo } from './native.js';

let loading: Promise<VideoCodecs> | undefined;

/**
 * Finds the video codecs of this machine, once per thread: later calls give the same ones. Never rejects: where there are
 * none, `capabilities` is empty, `missing` says why, and nothing can be created.
 */
export function loadVideoCodecs(): Promise<VideoCodecs> {
  loading ??= loadNativeVideo().catch(noVideo);
  return loading;
}

/** What there is when the add-on is not. */
export function noVideo(reason: unknown): VideoCodecs {
  const message = reason instanceof Error ? reason.message : String(reason);
  const missing = message.replaceAll(/\s+/g, ' ');
  const create = async (): Promise<never> => {
    throw new UnsupportedError(`there are no video codecs here: ${missing}`);
  };
  return { name: 'none', capabilities: [], missing, createEncoder: create, createDecoder: create };
}
