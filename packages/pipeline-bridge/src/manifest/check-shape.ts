import { z } from 'zod';
import { formatPath } from './problem.js';
import type { Finding, ManifestPath } from './problem.js';
import { manifestKeys, manifestSchema } from './schema.js';
import type { Manifest } from './schema.js';

/** Checks that a value is a manifest by its keys and types. */
export function checkShape(
  value: unknown,
): { ok: true; manifest: Manifest } | { ok: false; findings: readonly Finding[] } {
  const result = manifestSchema.safeParse(value);
  if (result.success) return { ok: true, manifest: result.data };
  return {
    ok: false,
    findings: result.error.issues.flatMap((issue) => {
      const path = issue.path as ManifestPath;
      return describeIssue(issue, path, value, formatPath(path), knownKeys(path));
    }),
  };
}

/** Says in our words what a schema found at `path` of `root`; `place` names it to the reader. */
function describeIssue(
  issue: z.core.$ZodIssue,
  path: ManifestPath,
  root: unknown,
  place: string,
  keys: readonly string[],
): readonly Finding[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keys.length === 0 ? 'it takes none' : `it may have ${keys.join(', ')}`;
    return issue.keys.map((key) => ({
      path: [...path, key],
      atKey: true,
      text: `unknown key "${key}" in ${place}; ${known}`,
    }));
  }
  const wanted = expectation(issue);
  if (wanted === undefined) return [{ path, text: `${place}: ${issue.message}` }];
  const found = valueAt(root, path);
  if (found !== undefined)
    return [{ path, text: `${place} must be ${wanted}, not ${show(found)}` }];
  return [{ path: path.slice(0, -1), text: `${place} is missing; it must be ${wanted}` }];
}

/** What is wrong with a node's params, their paths counted from themselves; `place` says how the reader knows each. */
export function describeParams(
  schema: z.ZodType,
  params: unknown,
  place: (path: ManifestPath) => string,
): readonly Finding[] {
  const result = schema.safeParse(params);
  if (result.success) return [];
  const keys = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return result.error.issues.flatMap((issue) => {
    const path = issue.path as ManifestPath;
    return describeIssue(issue, path, params, place(path), keys);
  });
}

/** What should have been there, where one word says it. */
function expectation(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'invalid_value') {
    return issue.values.map((value) => JSON.stringify(value)).join(' or ');
  }
  if (issue.code !== 'invalid_type') return undefined;
  const { expected } = issue;
  if (expected === 'array') return 'a list';
  return expected === 'object' || expected === 'record' ? 'a map' : `a ${expected}`;
}

function knownKeys(path: ManifestPath): readonly string[] {
  const [section, , part] = path;
  if (part === 'execution') return manifestKeys.execution;
  if (section === 'nodes') return manifestKeys.node;
  if (section === 'connections') return manifestKeys.connection;
  return section === 'metadata' ? manifestKeys.metadata : manifestKeys.root;
}

function valueAt(root: unknown, path: ManifestPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
