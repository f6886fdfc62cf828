/** What a tick plays, in samples. */
const TICK_SAMPLES = 480;

/** Counters of samples, up to and with each tick. */
export interface PlayedTicks {
  readonly concealed: Float64Array;
  readonly played: Float64Array;
}

/** Samples concealed of all samples played from tick `from` on (W3C concealedSamples / totalSamplesReceived). */
export function concealedShare(
  { concealed, played }: PlayedTicks,
  from: number,
): { readonly concealed: number; readonly played: number } {
  return {
    concealed: concealed.at(-1)! - concealed[from]!,
    played: played.at(-1)! - played[from]!,
  };
}

/** How often `ms` or more were concealed in a row, from tick `from` on. */
export function interruptions({ concealed }: PlayedTicks, from: number, ms: number): number {
  const least = (ms / 10) * TICK_SAMPLES;
  let count = 0;
  let run = 0;
  for (let tick = from + 1; tick <= concealed.length; tick++) {
    const more = tick < concealed.length ? concealed[tick]! - concealed[tick - 1]! : 0;
    if (more > 0) run += more;
    else {
      if (run >= least) count++;
      run = 0;
    }
  }
  return count;
}
