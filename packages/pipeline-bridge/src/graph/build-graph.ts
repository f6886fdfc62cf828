import { errorText, ManifestError, NodeError } from '../errors.js';
import { checkManifest } from '../manifest/parse-manifest.js';
import type { Manifest, ManifestNode } from '../manifest/schema.js';
import type { QueueLimits } from './data-queue.js';
import type { NodeContext, PipelineNode } from './node.js';
import type { NodeTypes } from './node-types.js';
import { Outputs } from './outputs.js';
import { NODE_TIMEOUT, placeNode } from './place-node.js';
import { Stage } from './stage.js';
import type { StageSurroundings } from './stage.js';
import type { Stopwatch } from './stopwatch.js';
import { sortTopologically } from './topology.js';

/** A manifest come to life, its nodes not yet opened. */
export interface Graph {
  /** By node id; every stage stands behind its sources. */
  readonly stages: ReadonlyMap<string, Stage>;
  /** The stages no connection leads to. */
  readonly sources: readonly Stage[];
  readonly outputs: Outputs;
  readonly errorListeners: Set<(error: NodeError) => void>;
  /** Makes the node of a stage anew with other params, not yet opened. Throws NODE_OPEN_FAILED. */
  remake(stage: Stage, params: Readonly<Record<string, unknown>>): PipelineNode;
}

/** What a graph is built with. */
export interface GraphOptions {
  readonly nodeTypes: NodeTypes;
  readonly stopwatch: Stopwatch;
  readonly limits: QueueLimits;
  readonly modulesFrom: string;
}

/** Makes the nodes of a manifest and connects them. Throws INVALID_MANIFEST, or NODE_OPEN_FAILED. */
export function buildGraph(manifest: Manifest, options: GraphOptions): Graph {
  const problems = checkManifest(manifest, options.nodeTypes);
  const topology = sortTopologically(
    manifest.nodes.map(({ id }) => id),
    manifest.connections,
  );
  if (problems.length > 0 || !topology.ok) throw new ManifestError(problems);
  const errorListeners = new Set<(error: NodeError) => void>();
  const surroundings: StageSurroundings = {
    stopwatch: options.stopwatch,
    limits: options.limits,
    report: (error) => report(errorListeners, error),
  };
  const outputs = new Outputs(surroundings);
  const nodes = new Map(manifest.nodes.map((node) => [node.id, node]));
  const stages = new Map<string, Stage>();
  for (const id of topology.order) {
    const described = nodes.get(id);
    if (described === undefined) continue;
    const timeout = described.execution?.timeout_ms ?? NODE_TIMEOUT;
    const stage = new Stage(id, described.node_type, timeout, surroundings);
    stages.set(id, stage);
    stage.install(make(described, stage, options));
  }
  const targets = new Set<string>();
  for (const { from, to } of manifest.connections) {
    const target = stages.get(to);
    if (target !== undefined) stages.get(from)?.connect(target);
    targets.add(to);
  }
  for (const stage of stages.values()) {
    if (stage.isEnd || nodes.get(stage.id)?.is_output_node === true) {
      stage.setOutput((data, nodeId) => outputs.deliver(data, nodeId));
    }
  }
  const sources = [...stages.values()].filter(({ id }) => !targets.has(id));
  return {
    stages,
    sources,
    outputs,
    errorListeners,
    remake: (stage, params) => make({ ...nodes.get(stage.id)!, params }, stage, options),
  };
}

function make(node: ManifestNode, stage: Stage, options: GraphOptions): PipelineNode {
  const context: NodeContext = {
    nodeId: node.id,
    emit: stage.emit,
    reportError: (error) => stage.fail('NODE_FAILED', errorText(error), error),
  };
  try {
    return placeNode(node, options.nodeTypes, options.modulesFrom, context);
  } catch (cause) {
    const message = `could not be made: ${errorText(cause)}`;
    throw new NodeError('NODE_OPEN_FAILED', node.id, message, cause);
  }
}

function report(listeners: ReadonlySet<(error: NodeError) => void>, error: NodeError): void {
  for (const listener of listeners) {
    try {
      listener(error);
    } catch {
      // An error listener that fails has nobody left to tell; the node's counter has the error.
    }
  }
}
