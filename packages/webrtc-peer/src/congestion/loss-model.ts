/** What was lost of what was sent at one rate. */
export interface LossSample {
  /** Bits per second that were sent. */
  readonly rate: number;
  readonly packets: number;
  readonly lost: number;
}

/** What explains the loss best: a part that is lost at any rate, and a capacity above which the rest is lost. */
export interface LossExplanation {
  /** 0…1 */
  readonly inherent: number;
  /** Bits per second; undefined where loss does not depend on the rate. */
  readonly capacity: number | undefined;
}

const INHERENT = [0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2];
/** Capacities in relation to the rates that were sent. */
const CAPACITY_STEPS = 24;
/** A sample counts as so many packets at most, as losses come in bursts. */
const MAX_WEIGHT = 50;
/** How much likelier, as a logarithm, a capacity has to make the samples, as it is one assumption more. */
const EVIDENCE = 3;

/**
 * Tells loss that a path has at any rate from loss that is due to the rate, by the likelihood of the samples under
 * each: p = i + (1 − i) · max(0, 1 − c / r) for an inherent loss i, a capacity c and the rate r of a sample.
 */
export function explainLoss(samples: readonly LossSample[]): LossExplanation {
  const rates = samples.map(({ rate }) => rate);
  const lowest = 0.3 * Math.min(...rates);
  const highest = Math.max(...rates);
  let free = { likelihood: Number.NEGATIVE_INFINITY, inherent: 0 };
  let bound = { likelihood: Number.NEGATIVE_INFINITY, inherent: 0, capacity: highest };
  for (const inherent of INHERENT) {
    const likelihood = logLikelihood(samples, inherent, Number.POSITIVE_INFINITY);
    if (likelihood > free.likelihood) free = { likelihood, inherent };
    for (let step = 0; step < CAPACITY_STEPS; step++) {
      const capacity = lowest * (highest / lowest) ** (step / CAPACITY_STEPS);
      const bounded = logLikelihood(samples, inherent, capacity);
      if (bounded > bound.likelihood) bound = { likelihood: bounded, inherent, capacity };
    }
  }
  return bound.likelihood > free.likelihood + EVIDENCE
    ? { inherent: bound.inherent, capacity: bound.capacity }
    : { inherent: free.inherent, capacity: undefined };
}

function logLikelihood(samples: readonly LossSample[], inherent: number, capacity: number): number {
  let sum = 0;
  for (const { rate, packets, lost } of samples) {
    const excess = Math.max(0, 1 - capacity / rate);
    const p = Math.min(Math.max(inherent + (1 - inherent) * excess, 0.001), 0.999);
    const weight = Math.min(1, MAX_WEIGHT / packets);
    sum += weight * (lost * Math.log(p) + (packets - lost) * Math.log(1 - p));
  }
  return sum;
}
