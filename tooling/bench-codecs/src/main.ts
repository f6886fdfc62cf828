// npm run bench:codecs: what the codecs cost and gain, beside their goals. A benchmark measures, it does not judge.
import { type Part, runBenchmark } from '@rm/benchmark';
import { dspFigures } from './dsp.js';
import { opusFecFigures } from './opus-fec.js';
import { opusInstanceFigures } from './opus-instances.js';
import { opusSpeedFigures } from './opus-speed.js';
import { videoFigures } from './video.js';
import { wasmVideoFigures } from './video-wasm.js';

/** The parts of the benchmark; each gives its figures. */
const PARTS: readonly Part[] = [
  ['Opus speed', () => opusSpeedFigures()],
  ['Opus FEC', () => opusFecFigures()],
  ['Opus instances', opusInstanceFigures],
  ['DSP', () => dspFigures()],
  ['video', () => videoFigures()],
  ['video in WebAssembly', () => wasmVideoFigures()],
];

await runBenchmark('codecs', PARTS);
