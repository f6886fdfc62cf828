import { z } from 'zod';
import { describeIssue } from '../manifest/check-shape.js';
import type { NodeTypes } from './node-types.js';
import type { NodeContext, PipelineNode } from './node.js';

/** Makes a node of that type. Throws an `Error` that names what is wrong: no such type, or params it does not take. */
export function createNode(
  types: NodeTypes,
  nodeType: string,
  params: unknown,
  context: NodeContext,
): PipelineNode {
  const type = types.get(nodeType);
  if (type === undefined) {
    throw new Error(`there is no node type "${nodeType}"; known are ${types.names.join(', ')}`);
  }
  const checked = type.params.safeParse(params);
  if (checked.success) return type.create(params, context);
  const keys = type.params instanceof z.ZodObject ? Object.keys(type.params.shape) : [];
  const findings = checked.error.issues.flatMap((issue) => {
    const path = issue.path as (string | number)[];
    return describeIssue(issue, path, params, ['params', ...path].join('.'), keys);
  });
  throw new Error(findings.map(({ text }) => text).join('; '));
}
