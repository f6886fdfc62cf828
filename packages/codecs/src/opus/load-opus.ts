import { UnsupportedError } from '../errors.js';
import type { OpusEngine, OpusEngineName } from './engine.js';

const LOADERS: Record<OpusEngineName, () => Promise<OpusEngine>> = {
  'libopus-wasm': async () => (await import('./libopus-wasm.js')).loadLibopusWasm(),
  opusscript: async () => (await import('./opusscript.js')).loadOpusscript(),
};

const loaded = new Map<OpusEngineName, Promise<OpusEngine>>();

/**
 * Loads an Opus engine, once per thread: later calls give the same one. Engines not asked for are not
 * loaded. Rejects with `UnsupportedError` for an unknown name, and with the engine's own error where
 * WebAssembly cannot be instantiated; the next call then tries again.
 */
export function loadOpus(engine: OpusEngineName = 'libopus-wasm'): Promise<OpusEngine> {
  const present = loaded.get(engine);
  if (present) return present;
  if (!Object.hasOwn(LOADERS, engine)) {
    const names = Object.keys(LOADERS).join(' or ');
    return Promise.reject(new UnsupportedError(`no Opus engine '${engine}'; load ${names}`));
  }
  const loading = LOADERS[engine]();
  loaded.set(engine, loading);
  loading.catch(() => loaded.delete(engine));
  return loading;
}
