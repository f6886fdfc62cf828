import type { JsonValue } from '../runtime-data/runtime-data.js';
import { limits } from './layout.js';

/** The value of a JSON text, or undefined if it is none or too deep to be passed on safely. */
export function parseJson(text: string): JsonValue | undefined {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
  return nestedWithin(value, limits.jsonDepth) ? value : undefined;
}

/** Whether maps and lists are at most `depth` deep. */
export function nestedWithin(value: JsonValue, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  return Object.values(value).every((inner: JsonValue) => nestedWithin(inner, depth - 1));
}

/** Whether a value is a map. */
export function isMap(
  value: JsonValue | undefined,
): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
