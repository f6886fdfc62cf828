import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { PipelineUseError } from '../errors.js';
import type { NodeType } from './node.js';

/**
 * The node types that a module exports, under whatever names, by themselves or in lists. Rejects with what importing
 * it throws, and with PIPELINE_USE when there are none.
 */
export async function loadNodeTypes(url: string): Promise<readonly NodeType[]> {
  const exported = Object.values((await import(url)) as Record<string, unknown>);
  const types = new Set(exported.flat().filter(isNodeType));
  if (types.size > 0) return [...types];
  throw new PipelineUseError(
    `${url} exports no node type; export what defineNode returns, by itself or in a list`,
  );
}

/**
 * The URL of a module that a manifest names: of a file (`./nodes.mjs`, `/opt/nodes.mjs`, `file:` and `data:` URLs) or of
 * an npm package, both as seen from the folder `from`. Throws what resolving throws.
 */
export function moduleUrl(name: string, from: string): string {
  if (/^(file|data):/.test(name)) return name;
  const base = pathToFileURL(`${from}/`);
  if (/^(\.{0,2}\/)/.test(name)) return new URL(name, base).href;
  return pathToFileURL(createRequire(base).resolve(name)).href;
}

function isNodeType(value: unknown): value is NodeType {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'aliases' in value &&
    Array.isArray(value.aliases) &&
    'create' in value &&
    typeof value.create === 'function'
  );
}
