/** What a piece of sound is, taken as a tone. */
export interface ToneMeasurement {
  /** In Hz. */
  readonly frequency: number;
  readonly amplitude: number;
  /** Share of the sound's power that is the tone, 0 to 1. */
  readonly purity: number;
  /** Share of the blocks of 20 ms in which the tone has its amplitude, within a fifth, 0 to 1. */
  readonly continuity: number;
}

const BLOCK_SECONDS = 0.02;

/**
 * Measures the tone within 20 Hz of `expected`, best a multiple of 50 Hz: each block of 20 ms is correlated with
 * the expected tone, and the phase from one block to the next tells how far off the frequency is. Medians, as a
 * sound that is played by another clock has places where its phase jumps.
 */
export function measureTone(
  samples: ArrayLike<number>,
  expected: number,
  sampleRate: number = 48_000,
): ToneMeasurement {
  const size = Math.round(BLOCK_SECONDS * sampleRate);
  const amplitudes: number[] = [];
  const purities: number[] = [];
  const advances: number[] = [];
  let lastPhase: number | undefined;
  for (let from = 0; from + size <= samples.length; from += size) {
    let real = 0;
    let imaginary = 0;
    let power = 0;
    for (let i = from; i < from + size; i++) {
      const sample = samples[i]!;
      const angle = (2 * Math.PI * expected * i) / sampleRate;
      real += sample * Math.cos(angle);
      imaginary -= sample * Math.sin(angle);
      power += sample * sample;
    }
    const amplitude = (2 * Math.hypot(real, imaginary)) / size;
    amplitudes.push(amplitude);
    purities.push(power === 0 ? 0 : (amplitude * amplitude * size) / 2 / power);
    const phase = Math.atan2(imaginary, real);
    if (lastPhase !== undefined) advances.push(wrap(phase - lastPhase));
    lastPhase = phase;
  }
  const amplitude = median(amplitudes);
  const steady = amplitudes.filter((each) => Math.abs(each - amplitude) <= amplitude / 5);
  return {
    frequency: expected + median(advances) / (2 * Math.PI * BLOCK_SECONDS),
    amplitude,
    purity: median(purities),
    continuity: amplitude === 0 ? 0 : steady.length / amplitudes.length,
  };
}

/** An angle brought to -π … π. */
const wrap = (angle: number): number => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
