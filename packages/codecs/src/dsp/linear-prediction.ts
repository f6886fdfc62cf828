/**
 * Writes the autocorrelation of the samples from `start` on, at the lags 0, 1, … to `out`, not
 * normalised. `out` is for a multiple of four lags, and so many zeros stand before `start`.
 */
export function autocorrelate(samples: Float32Array, start: number, out: Float64Array): void {
  // Four lags a turn: an addition need not wait for the one before.
  for (let lag = 0; lag < out.length; lag += 4) {
    let sum = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let i = start, before = start - lag; i < samples.length; i++, before++) {
      const sample = samples[i]!;
      sum += sample * samples[before]!;
      sum1 += sample * samples[before - 1]!;
      sum2 += sample * samples[before - 2]!;
      sum3 += sample * samples[before - 3]!;
    }
    out[lag] = sum;
    out[lag + 1] = sum1;
    out[lag + 2] = sum2;
    out[lag + 3] = sum3;
  }
}

/**
 * Finds the weights with which the last samples predict the next one best, from the autocorrelation at
 * the lags 0 to `predictor.length`: x[n] ≈ Σ predictor[k] · x[n − 1 − k]. Gives the power of what is not
 * predicted (Levinson-Durbin recursion). The filter 1 / (1 − Σ predictor[k] · z^(−1 − k)) is stable.
 */
export function levinsonDurbin(autocorrelation: Float64Array, predictor: Float64Array): number {
  let error = autocorrelation[0]!;
  predictor.fill(0);
  for (let order = 0; order < predictor.length && error > 0; order++) {
    let rest = autocorrelation[order + 1]!;
    for (let k = 0; k < order; k++) rest -= predictor[k]! * autocorrelation[order - k]!;
    const reflection = rest / error;
    // From both ends at once, so that no copy is needed; an odd one in the middle meets itself.
    for (let k = 0, mirror = order - 1; k <= mirror; k++, mirror--) {
      const front = predictor[k]!;
      const back = predictor[mirror]!;
      predictor[k] = front - reflection * back;
      predictor[mirror] = back - reflection * front;
    }
    predictor[order] = reflection;
    error *= 1 - reflection * reflection;
  }
  return error;
}
