/**
 * A low-pass filter sampled at many fractional delays. Between two of them its coefficients follow their
 * slopes: a small correction, for which a shorter filter is as good.
 */
export interface SincTable {
  /** Input samples under the filter; a multiple of 4. */
  readonly taps: number;
  /** Input samples in the middle of those under the filter that the slopes reach; a multiple of 4. */
  readonly slopeTaps: number;
  /** Fractional delays per input sample. */
  readonly phases: number;
  /** `phases + 1` rows of `taps` coefficients; row `p` delays by `p / phases` and sums to 1. */
  readonly rows: Float64Array;
  /** `phases + 1` rows of `slopeTaps`: how the coefficients change from one row to the next. */
  readonly slopes: Float64Array;
}

/** Least number of rows: so close that what the slopes leave is 100 dB down. */
const MIN_PHASES = 320;

interface Shape {
  readonly taps: number;
  readonly slopeTaps: number;
  /** Centre of the transition band, as part of the lower Nyquist frequency. */
  readonly cutoff: number;
}

/** Nothing is to be kept out between equal rates: flat up to 20 kHz at 48 kHz. */
const SAME_RATE: Shape = { taps: 40, slopeTaps: 20, cutoff: 1 };
/** Passes 0.82 of the lower Nyquist frequency, and stops from 1.06 of it on. */
const CONVERSION: Shape = { taps: 48, slopeTaps: 28, cutoff: 0.93 };

/** Kaiser window parameters for a ripple of 97 dB, and of 55 dB in the slopes, which count 1/640 at most. */
const BETA = 9.7;
const SLOPE_BETA = 5;

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** Fills `row` with a Kaiser-windowed sinc that sums to 1, delayed by `delay` samples beyond its middle. */
function windowedSinc(row: Float64Array, delay: number, cutoff: number, beta: number): void {
  const half = row.length / 2;
  let sum = 0;
  for (let tap = 0; tap < row.length; tap++) {
    const t = tap - (half - 1) - delay;
    const edge = 1 - (t / half) ** 2;
    const window = edge <= 0 ? 0 : bessel0(beta * Math.sqrt(edge));
    const angle = Math.PI * t * cutoff;
    row[tap] = window * (angle === 0 ? 1 : Math.sin(angle) / angle);
    sum += row[tap]!;
  }
  for (let tap = 0; tap < row.length; tap++) row[tap] = row[tap]! / sum;
}

function design(inputRate: number, outputRate: number): SincTable {
  const shape = inputRate === outputRate ? SAME_RATE : CONVERSION;
  const stretch = Math.min(1, outputRate / inputRate);
  const cutoff = shape.cutoff * stretch;
  const taps = 4 * Math.ceil(shape.taps / 4 / stretch);
  const slopeTaps = 4 * Math.ceil(shape.slopeTaps / 4 / stretch);
  // A stretched filter is smoother, so it needs fewer rows. Without a correction only certain delays
  // occur; if they are few enough, each of them has a row to itself.
  const least = Math.ceil(MIN_PHASES * stretch);
  const phases = outputRate <= least ? outputRate * Math.ceil(least / outputRate) : least;
  const rows = new Float64Array((phases + 1) * taps);
  const slopes = new Float64Array((phases + 1) * slopeTaps);
  const before = new Float64Array(slopeTaps);
  const after = new Float64Array(slopeTaps);
  windowedSinc(before, -0.5 / phases, cutoff, SLOPE_BETA);
  for (let phase = 0; phase <= phases; phase++) {
    windowedSinc(rows.subarray(phase * taps, (phase + 1) * taps), phase / phases, cutoff, BETA);
    windowedSinc(after, (phase + 0.5) / phases, cutoff, SLOPE_BETA);
    for (let tap = 0; tap < slopeTaps; tap++) {
      slopes[phase * slopeTaps + tap] = after[tap]! - before[tap]!;
    }
    before.set(after);
  }
  return { taps, slopeTaps, phases, rows, slopes };
}

/** Tables are kept, the latest few: a design takes a millisecond, and streams of the same rates share one. */
const MAX_TABLES = 16;
const tables = new Map<string, SincTable>();

/**
 * The filter for converting from `inputRate` to `outputRate`, both divided by what they have in common.
 * Downwards it is longer in proportion, so that its cutoff follows the output's Nyquist frequency.
 */
export function sincTable(inputRate: number, outputRate: number): SincTable {
  const key = `${inputRate}:${outputRate}`;
  let table = tables.get(key);
  if (table === undefined) {
    table = design(inputRate, outputRate);
    if (tables.size === MAX_TABLES) tables.delete(tables.keys().next().value!);
    tables.set(key, table);
  }
  return table;
}
