import { placementOf } from '../manifest/schema.js';
import type { ManifestNode } from '../manifest/schema.js';
import { WorkerNode } from '../worker/worker-node.js';
import { createNode } from './create-node.js';
import { moduleUrl } from './load-node-types.js';
import type { NodeTypes } from './node-types.js';
import type { NodeContext, PipelineNode } from './node.js';

/** Longest time until a node in a worker thread is open, in ms. */
const OPEN_TIMEOUT = 10_000;
/** Longest time for one piece of data in ms, unless the manifest says otherwise. */
export const NODE_TIMEOUT = 30_000;

/** Makes a node where its manifest says it runs. Throws what `createNode` throws, or what resolving its module throws. */
export function placeNode(
  { node_type: nodeType, params, execution, ...rest }: ManifestNode,
  types: NodeTypes,
  modulesFrom: string,
  context: NodeContext,
): PipelineNode {
  if (placementOf({ node_type: nodeType, execution, ...rest }) !== 'worker')
    return createNode(types, nodeType, params ?? {}, context);
  const module = execution?.module ?? undefined;
  return new WorkerNode(
    {
      nodeType,
      params: params ?? {},
      module: module === undefined ? undefined : moduleUrl(module, modulesFrom),
      openTimeout: execution?.open_timeout_ms ?? OPEN_TIMEOUT,
      timeout: execution?.timeout_ms ?? NODE_TIMEOUT,
    },
    context,
  );
}
