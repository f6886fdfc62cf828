/** The exports of libfvad's WebAssembly build, as far as they are used here. */
declare module '@echogarden/fvad-wasm' {
  export interface Fvad {
    /** Replaced when the heap grows. */
    readonly HEAP16: Int16Array;
    _malloc(bytes: number): number;
    /** A detector, or 0 without memory for it. */
    _fvad_new(): number;
    _fvad_free(detector: number): void;
    /** 0 to 3; gives −1 for others. */
    _fvad_set_mode(detector: number, mode: number): number;
    /** 8000, 16000, 32000 or 48000 Hz; gives −1 for others. */
    _fvad_set_sample_rate(detector: number, sampleRate: number): number;
    /** A frame of 16-bit samples, of 10, 20 or 30 ms: gives 1 for voice, 0 for none, −1 for other lengths. */
    _fvad_process(detector: number, samples: number, length: number): number;
  }

  export default function instantiate(): Promise<Fvad>;
}
