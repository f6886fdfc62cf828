// oxlint-disable-next-line typescript/triple-slash-reference -- an untyped module takes its types from a script
/// <reference path="./fvad-wasm.d.ts" />
import type { Fvad } from '@echogarden/fvad-wasm';
import { toPcm16 } from './pcm16.js';

/** Longest frame: 30 ms at 48 kHz. */
const MAX_FRAME = 1440;

/** An instance of libfvad, with one buffer for all its detectors, since every call is synchronous. */
interface Heap {
  readonly fvad: Fvad;
  /** Pointer to {@link MAX_FRAME} 16-bit samples. */
  readonly frame: number;
}

let loaded: Promise<Heap> | undefined;

async function load(): Promise<Heap> {
  // Who detects nothing does not load it.
  const { default: instantiate } = await import('@echogarden/fvad-wasm');
  const fvad = await instantiate();
  return { fvad, frame: allocated(fvad._malloc(MAX_FRAME * Int16Array.BYTES_PER_ELEMENT)) };
}

function allocated(pointer: number): number {
  if (pointer === 0) throw new Error('libfvad has no memory left; close detectors no longer used');
  return pointer;
}

/** A detector of WebRTC's, which sorts frames by a mixture of Gaussians over six bands up to 4 kHz. */
export class FvadDetector {
  readonly #heap: Heap;
  readonly #pointer: number;

  private constructor(heap: Heap, sampleRate: number, mode: number) {
    this.#heap = heap;
    this.#pointer = allocated(heap.fvad._fvad_new());
    heap.fvad._fvad_set_sample_rate(this.#pointer, sampleRate);
    heap.fvad._fvad_set_mode(this.#pointer, mode);
  }

  /** Makes a detector. The library is loaded once per thread, or tried again if it could not be. */
  static async create(sampleRate: number, mode: number): Promise<FvadDetector> {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return new FvadDetector(await loaded, sampleRate, mode);
  }

  /** Whether a frame of 10, 20 or 30 ms has voice in it. */
  process(frame: Float32Array): boolean {
    const { fvad, frame: pointer } = this.#heap;
    const first = pointer / Int16Array.BYTES_PER_ELEMENT;
    for (let i = 0; i < frame.length; i++) fvad.HEAP16[first + i] = toPcm16(frame[i]!);
    return fvad._fvad_process(this.#pointer, pointer, frame.length) === 1;
  }

  /** Frees its memory. To be called once. */
  close(): void {
    this.#heap.fvad._fvad_free(this.#pointer);
  }
}
