/** A low-pass filter sampled at many fractional delays: row `p` holds the taps for a delay of `p / phases`. */
export interface SincTable {
  /** Input samples under the filter; even. */
  readonly taps: number;
  /** Fractional delays per input sample. */
  readonly phases: number;
  /** `phases + 1` rows of `taps` coefficients; each row sums to 1. */
  readonly coefficients: Float32Array;
}

const TAPS = 32;
const PHASES = 256;
/** Centre of the transition band as part of the lower Nyquist frequency: lets 10 kHz through at 24 kHz. */
const CUTOFF = 0.92;
/** Kaiser window parameter for 90 dB beside the transition band and more further off. */
const BETA = 9;

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

/**
 * Designs the filter for converting with `scale` = output rate / input rate. Below 1 the filter gets
 * longer in proportion, so that its cutoff follows the output's Nyquist frequency.
 */
export function sincTable(scale: number): SincTable {
  const stretch = Math.min(1, scale);
  const half = Math.ceil(TAPS / 2 / stretch);
  const taps = half * 2;
  // A stretched filter is smoother, so it needs fewer rows for the same interpolation error.
  const phases = Math.ceil(PHASES * stretch);
  const coefficients = new Float32Array((phases + 1) * taps);
  const row = new Float64Array(taps);
  const windowPeak = bessel0(BETA);
  for (let phase = 0; phase <= phases; phase++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const t = tap - (half - 1) - phase / phases;
      const edge = 1 - (t / half) ** 2;
      const window = edge <= 0 ? 0 : bessel0(BETA * Math.sqrt(edge)) / windowPeak;
      const angle = Math.PI * t * CUTOFF * stretch;
      row[tap] = window * (angle === 0 ? 1 : Math.sin(angle) / angle);
      sum += row[tap]!;
    }
    for (let tap = 0; tap < taps; tap++) coefficients[phase * taps + tap] = row[tap]! / sum;
  }
  return { taps, phases, coefficients };
}
