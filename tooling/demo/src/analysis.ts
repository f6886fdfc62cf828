/** Where a recording lies in its source, and how well it matches. */
export interface Match {
  /** Sample of the (repeated) source at which the recording begins. */
  readonly offset: number;
  /** Normalised correlation of the whole recording with the source at that place, −1…1. */
  readonly correlation: number;
  /** Level of the recording against the source, in dB, by least squares. */
  readonly gainDb: number;
}

/** Factor by which both are decimated for the coarse search: 48 kHz → 3 kHz. */
const DECIMATION = 16;
/** The loudest stretch of the recording of this length is searched for in the source. */
const PROBE_SECONDS = 1;

/**
 * Finds a recording in a source that was played in a loop: one alignment for all of it, to the sample.
 * @param sampleRate - Of both, in Hz.
 */
export function match(recording: Float32Array, source: Float32Array, sampleRate: number): Match {
  const coarseRecording = decimate(recording);
  const coarseSource = decimate(source);
  const length = Math.min(coarseRecording.length, (PROBE_SECONDS * sampleRate) / DECIMATION);
  const start = loudest(coarseRecording, length);
  const probe = coarseRecording.subarray(start, start + length);
  const coarse = bestLag(probe, coarseSource) * DECIMATION;
  // The same probe at full rate, around the place found.
  const from = start * DECIMATION;
  const fine = recording.subarray(from, from + length * DECIMATION);
  let offset = 0;
  let score = -1;
  for (let d = -2 * DECIMATION; d <= 2 * DECIMATION; d++) {
    const lag = coarse + d;
    const found = correlate(fine, source, lag).correlation;
    if (found > score) [score, offset] = [found, lag - from];
  }
  offset = modulo(offset, source.length);
  const { correlation, gain } = correlate(recording, source, offset);
  return { offset, correlation, gainDb: 20 * Math.log10(Math.abs(gain)) };
}

/** Amplitude of the sine of `frequency` in `samples`. */
export function toneAmplitude(
  samples: Float32Array,
  frequency: number,
  sampleRate: number,
): number {
  let re = 0;
  let im = 0;
  const step = (2 * Math.PI * frequency) / sampleRate;
  for (let n = 0; n < samples.length; n++) {
    re += samples[n]! * Math.cos(step * n);
    im += samples[n]! * Math.sin(step * n);
  }
  return (2 * Math.hypot(re, im)) / samples.length;
}

/** Root mean square of `samples`. */
export function rms(samples: Float32Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return Math.sqrt(energy / samples.length);
}

/** `part` against the repeated `whole` from sample `lag` on. */
function correlate(
  part: Float32Array,
  whole: Float32Array,
  lag: number,
): { correlation: number; gain: number } {
  let cross = 0;
  let partEnergy = 0;
  let wholeEnergy = 0;
  let at = modulo(lag, whole.length);
  for (const p of part) {
    const w = whole[at]!;
    cross += p * w;
    partEnergy += p * p;
    wholeEnergy += w * w;
    if (++at === whole.length) at = 0;
  }
  const energy = Math.sqrt(partEnergy * wholeEnergy);
  return {
    correlation: energy === 0 ? 0 : cross / energy,
    gain: wholeEnergy === 0 ? 0 : cross / wholeEnergy,
  };
}

/** The lag at which `part` matches the repeated `whole` best. */
function bestLag(part: Float32Array, whole: Float32Array): number {
  // Written out twice, so that the inner loop need not wrap; energies come from running sums.
  const twice = new Float32Array(whole.length + part.length);
  for (let i = 0; i < twice.length; i++) twice[i] = whole[i % whole.length]!;
  const energyBefore = new Float64Array(twice.length + 1);
  for (let i = 0; i < twice.length; i++) energyBefore[i + 1] = energyBefore[i]! + twice[i]! ** 2;
  let best = 0;
  let most = -1;
  for (let lag = 0; lag < whole.length; lag++) {
    let cross = 0;
    for (let i = 0; i < part.length; i++) cross += part[i]! * twice[lag + i]!;
    const energy = energyBefore[lag + part.length]! - energyBefore[lag]!;
    const score = energy > 0 ? cross / Math.sqrt(energy) : 0;
    if (score > most) [most, best] = [score, lag];
  }
  return best;
}

function decimate(samples: Float32Array): Float32Array {
  const out = new Float32Array(Math.floor(samples.length / DECIMATION));
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < DECIMATION; j++) sum += samples[i * DECIMATION + j]!;
    out[i] = sum / DECIMATION;
  }
  return out;
}

/** Start of the loudest `length` samples. */
function loudest(samples: Float32Array, length: number): number {
  let energy = 0;
  let most = -1;
  let start = 0;
  for (let end = 0; end < samples.length; end++) {
    energy += samples[end]! ** 2;
    if (end >= length) energy -= samples[end - length]! ** 2;
    if (end >= length - 1 && energy > most) [most, start] = [energy, end - length + 1];
  }
  return start;
}

const modulo = (a: number, b: number): number => ((a % b) + b) % b;
