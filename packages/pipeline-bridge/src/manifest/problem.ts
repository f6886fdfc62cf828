/** One thing wrong with a manifest, and what would be right. */
export interface ManifestProblem {
  /** The sentence to show; it starts with the place when the manifest came from a text. */
  readonly message: string;
  /** Line in the text, from 1; undefined for a manifest that was not parsed from a text. */
  readonly line: number | undefined;
  /** Column in the text, from 1. */
  readonly column: number | undefined;
}

/** Where something is in a text, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Keys and indexes from the manifest's root to a value. */
export type ManifestPath = readonly (string | number)[];

/** A problem before its place in a text is known. */
export interface Finding {
  readonly path: ManifestPath;
  /** Whether the key at `path` is meant rather than its value. */
  readonly atKey?: boolean;
  readonly text: string;
}

/** `['nodes', 0, 'params']` as `nodes[0].params`. */
export function formatPath(path: ManifestPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text === '' ? 'the manifest' : text;
}
