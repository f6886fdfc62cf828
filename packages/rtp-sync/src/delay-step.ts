/** How much likelier two levels are than one, as a natural logarithm, when a step is believed. */
const EVIDENCE = 14;
/** Points on either side of a step. */
const MIN_SIDE = 2;
/** Slopes tried on either side of the best one at each refinement, and the fineness that ends it. */
const GRID = 8;
const PRECISION = 2e-6;
/** Mean heights below this many microseconds are the resolution of clocks. */
const RESOLUTION = 10;

/**
 * Finds where the level of the first `size` points (`x` increasing) steps: the index of the first point after it,
 * or −1 when two levels do not explain the points much better than one.
 *
 * The levels are lines of one slope (within ± `limit`) below all their points; what counts is the likelihood ratio
 * for exponential heights above them.
 */
export function findEnvelopeStep(
  x: Float64Array,
  y: Float64Array,
  size: number,
  limit: number,
): number {
  const lowest = new Float64Array(size);
  let least = Number.POSITIVE_INFINITY;
  let one = Number.POSITIVE_INFINITY;
  let slope = 0;
  let slopeOfOne = 0;
  let index = size;
  const tryAt = (b: number): void => {
    let sum = 0;
    let before = Number.POSITIVE_INFINITY;
    for (let i = 0; i < size; i++) {
      const height = y[i]! - b * x[i]!;
      sum += height;
      before = Math.min(before, height);
      lowest[i] = before;
    }
    const height = sum / size - before;
    if (height < one) {
      one = height;
      slopeOfOne = b;
    }
    let after = Number.POSITIVE_INFINITY;
    for (let split = size - 1; split >= MIN_SIDE; split--) {
      after = Math.min(after, y[split]! - b * x[split]!);
      const two = (sum - split * lowest[split - 1]! - (size - split) * after) / size;
      if (two >= least || size - split < MIN_SIDE) continue;
      least = two;
      slope = b;
      index = split;
    }
  };
  // Each grid of slopes is finer than the last, around what was best for one line and for two.
  for (let k = -GRID; k <= GRID; k++) tryAt((k / GRID) * limit);
  for (let width = limit / GRID; width > PRECISION; width /= GRID / 2) {
    const [centre, centreOfOne] = [slope, slopeOfOne];
    for (let k = -GRID; k <= GRID; k++) {
      tryAt(centre + (k / GRID) * width);
      tryAt(centreOfOne + (k / GRID) * width);
    }
  }
  return size * Math.log((one + RESOLUTION) / (least + RESOLUTION)) > EVIDENCE ? index : -1;
}

/** Like {@link findEnvelopeStep} for points that scatter on both sides of their line, as Gaussian noise does. */
export function findMeanStep(x: Float64Array, y: Float64Array, size: number): number {
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let sxy = 0;
  let syy = 0;
  const x0 = x[0]!;
  const y0 = y[0]!;
  for (let i = 0; i < size; i++) {
    const dx = x[i]! - x0;
    const dy = y[i]! - y0;
    sx += dx;
    sy += dy;
    sxx += dx * dx;
    sxy += dx * dy;
    syy += dy * dy;
  }
  const xx = sxx - (sx * sx) / size;
  const xy = sxy - (sx * sy) / size;
  const one = scatter(xx, xy, syy - (sy * sy) / size);
  let index = size;
  let least = one;
  let lx = 0;
  let ly = 0;
  for (let split = 1; split <= size - MIN_SIDE; split++) {
    lx += x[split - 1]! - x0;
    ly += y[split - 1]! - y0;
    if (split < MIN_SIDE) continue;
    const rest = size - split;
    const rx = sx - lx;
    const ry = sy - ly;
    const within = sxx - (lx * lx) / split - (rx * rx) / rest;
    const across = sxy - (lx * ly) / split - (rx * ry) / rest;
    const two = scatter(within, across, syy - (ly * ly) / split - (ry * ry) / rest);
    if (two >= least) continue;
    least = two;
    index = split;
  }
  return (size / 2) * Math.log(one / least) > EVIDENCE ? index : -1;
}

/** Sum of squares about lines of the best common slope. */
const scatter = (xx: number, xy: number, yy: number): number =>
  Math.max(yy - (xy * xy) / xx, RESOLUTION);
