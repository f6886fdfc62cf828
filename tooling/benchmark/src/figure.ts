/** One line of a benchmark's result. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `–` where there is nothing to reach: the figure explains another. */
  readonly goal: string;
  readonly met: boolean;
}

/** What a figure should be: at most or at least so much. */
export type Goal = { readonly most: number } | { readonly least: number };

/** A figure beside its goal; without one it only informs. Three decimals are kept. */
export function figure(name: string, value: number, unit: string, goal?: Goal): Figure {
  const rounded = Math.round(value * 1000) / 1000;
  if (goal === undefined) return { name, value: rounded, unit, goal: '–', met: true };
  const [sign, limit] = 'most' in goal ? ['≤', goal.most] : ['≥', goal.least];
  const met = 'most' in goal ? rounded <= limit : rounded >= limit;
  return { name, value: rounded, unit, goal: `${sign} ${limit}`, met };
}
