import type { DecoderEngine, EncoderEngine } from '../engine.js';
import type { ReadableCodec } from '../frame-header.js';
import type { SourceCapability, VideoSource } from '../video-source.js';
import { ThreadDecoderEngine, ThreadEncoderEngine } from './thread-engines.js';

/** libvpx in WebAssembly, from the package `@libav.js/variant-webm-vp9`. Rejects where that is not installed. */
export async function findLibav(): Promise<VideoSource> {
  const library = await installed(
    () => import.meta.resolve('@libav.js/variant-webm-vp9'),
    'no libvpx in WebAssembly: npm install @libav.js/variant-webm-vp9@6.10.9',
  );
  return new WasmVideo('libav.js', library, [
    { codec: 'VP8', encode: true, decode: true, temporalLayers: 1 },
    { codec: 'VP9', encode: true, decode: true, temporalLayers: 1 },
  ]);
}

/** A decoder of H.264 constrained baseline in WebAssembly, from the package `h264decoder`. Rejects where that is not installed. */
export async function findH264decoder(): Promise<VideoSource> {
  const library = await installed(
    () => import.meta.resolve('h264decoder/dist/h264.wasm.js'),
    'no H.264 decoder in WebAssembly: npm install h264decoder@1.0.0',
  );
  return new WasmVideo('h264decoder', library, [
    { codec: 'H264', encode: false, decode: true, temporalLayers: 0 },
  ]);
}

/** The address that `resolve` finds. */
async function installed(resolve: () => string, missing: string): Promise<string> {
  try {
    return resolve();
  } catch (cause) {
    throw new Error(missing, { cause });
  }
}

class WasmVideo implements VideoSource {
  readonly name: string;
  readonly capabilities: readonly SourceCapability[];
  readonly #library: string;

  constructor(name: string, library: string, capabilities: readonly SourceCapability[]) {
    this.name = name;
    this.#library = library;
    this.capabilities = capabilities;
  }

  createEncoder(codec: ReadableCodec): EncoderEngine {
    return new ThreadEncoderEngine({ work: 'encode', codec, library: this.#library });
  }

  createDecoder(codec: ReadableCodec): DecoderEngine {
    return new ThreadDecoderEngine({ work: 'decode', codec, library: this.#library });
  }
}
