import { describeParams } from '../manifest/check-shape.js';
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
  const findings = describeParams(type.params, params, (path) => ['params', ...path].join('.'));
  if (findings.length === 0) return type.create(params, context);
  throw new Error(findings.map(({ text }) => text).join('; '));
}
