// `| 0` says that indices stay 32-bit integers: without the checks for overflow the loops take 13 % less.

/**
 * The sum of products of `taps` coefficients with the samples from `from` on; `taps` is a
 * multiple of 4. Four sums, as an addition takes longer than the time to the next one.
 */
export function convolve(
  coefficients: Float64Array,
  row: number,
  taps: number,
  samples: Float64Array,
  from: number,
): number {
  let sum = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  const end = row + taps;
  for (let i = row, at = from; i < end; i = (i + 4) | 0, at = (at + 4) | 0) {
    sum += coefficients[i]! * samples[at]!;
    sum1 += coefficients[(i + 1) | 0]! * samples[(at + 1) | 0]!;
    sum2 += coefficients[(i + 2) | 0]! * samples[(at + 2) | 0]!;
    sum3 += coefficients[(i + 3) | 0]! * samples[(at + 3) | 0]!;
  }
  return sum + sum1 + (sum2 + sum3);
}

/**
 * Writes to `sums` what {@link convolve} gives at `from` and at the next three samples. Every
 * coefficient and every sample is fetched once for all four: fetching is what takes the time.
 */
export function convolveFour(
  coefficients: Float64Array,
  row: number,
  taps: number,
  samples: Float64Array,
  from: number,
  sums: Float64Array,
): void {
  let sum = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sample = samples[from]!;
  let sample1 = samples[(from + 1) | 0]!;
  let sample2 = samples[(from + 2) | 0]!;
  let sample3 = 0;
  const end = row + taps;
  for (let i = row, at = from + 3; i < end; i = (i + 4) | 0, at = (at + 4) | 0) {
    let coefficient = coefficients[i]!;
    sample3 = samples[at]!;
    sum += coefficient * sample;
    sum1 += coefficient * sample1;
    sum2 += coefficient * sample2;
    sum3 += coefficient * sample3;
    coefficient = coefficients[(i + 1) | 0]!;
    sample = samples[(at + 1) | 0]!;
    sum += coefficient * sample1;
    sum1 += coefficient * sample2;
    sum2 += coefficient * sample3;
    sum3 += coefficient * sample;
    coefficient = coefficients[(i + 2) | 0]!;
    sample1 = samples[(at + 2) | 0]!;
    sum += coefficient * sample2;
    sum1 += coefficient * sample3;
    sum2 += coefficient * sample;
    sum3 += coefficient * sample1;
    coefficient = coefficients[(i + 3) | 0]!;
    sample2 = samples[(at + 3) | 0]!;
    sum += coefficient * sample3;
    sum1 += coefficient * sample;
    sum2 += coefficient * sample1;
    sum3 += coefficient * sample2;
  }
  sums[0] = sum;
  sums[1] = sum1;
  sums[2] = sum2;
  sums[3] = sum3;
}
