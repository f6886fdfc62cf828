/** A straight line through points. */
export interface MeanLine {
  /** Its slope, and how far that can be wrong. */
  readonly value: number;
  readonly bound: number;
  /** The middle of the points, through which it goes. */
  readonly x: number;
  readonly y: number;
}

/** The bound is this many standard errors: five for the noise, four for a step too small to be found. */
const COVERAGE = 9;

/**
 * The least-squares line through the first `size` points, at least 3; the standard error allows for errors that
 * follow each other (first-order autocorrelation of the residuals).
 */
export function fitMeanLine(x: Float64Array, y: Float64Array, size: number): MeanLine {
  let mx = 0;
  let my = 0;
  for (let i = 0; i < size; i++) {
    mx += x[i]! / size;
    my += y[i]! / size;
  }
  let sxx = 0;
  let sxy = 0;
  for (let i = 0; i < size; i++) {
    sxx += (x[i]! - mx) ** 2;
    sxy += (x[i]! - mx) * (y[i]! - my);
  }
  const value = sxy / sxx;
  let squares = 0;
  let products = 0;
  let before = 0;
  for (let i = 0; i < size; i++) {
    const residual = y[i]! - my - value * (x[i]! - mx);
    squares += residual * residual;
    products += residual * before;
    before = residual;
  }
  const correlation = squares > 0 ? Math.max(0, Math.min(0.9, products / squares)) : 0;
  const variance = (squares / (size - 2)) * ((1 + correlation) / (1 - correlation));
  return { value, bound: COVERAGE * Math.sqrt(variance / sxx), x: mx, y: my };
}
