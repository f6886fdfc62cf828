// npm run bench:codecs: what the codecs cost and gain, beside their goals. A benchmark measures, it does not judge.
import { dspFigures } from './dsp.js';
import { type Figure, figuresTable } from './figures.js';
import { opusFecFigures } from './opus-fec.js';
import { opusInstanceFigures } from './opus-instances.js';
import { opusSpeedFigures } from './opus-speed.js';
import { videoFigures } from './video.js';

/** The parts of the benchmark; each gives its figures. */
const PARTS: readonly (readonly [name: string, measure: () => Figure[] | Promise<Figure[]>])[] = [
  ['Opus speed', () => opusSpeedFigures()],
  ['Opus FEC', () => opusFecFigures()],
  ['Opus instances', opusInstanceFigures],
  ['DSP', () => dspFigures()],
  ['video', () => videoFigures()],
];

const figures: Figure[] = [];
for (const [name, measure] of PARTS) {
  process.stderr.write(`bench:codecs: ${name}\n`);
  try {
    figures.push(...(await measure()));
  } catch (error) {
    process.stderr.write(`bench:codecs: ${name} failed: ${String(error)}\n`);
    figures.push({ name, value: Number.NaN, unit: 'failed', goal: 'runs', met: false });
  }
}
console.log(figuresTable(figures));
if (process.argv.includes('--json')) console.log(JSON.stringify({ bench: 'codecs', figures }));
