import { sortTopologically } from '../graph/topology.js';
import type { NodeTypes } from '../graph/node-types.js';
import { describeParams } from './check-shape.js';
import type { Finding, ManifestPath } from './problem.js';
import { placementOf, placements, unusedNodeKeys } from './schema.js';
import type { Manifest, ManifestNode } from './schema.js';

/** Everything that keeps a well-formed manifest from running with these node types. */
export function checkGraph(manifest: Manifest, types: NodeTypes): readonly Finding[] {
  const findings = manifest.nodes.flatMap((node, index) => checkNode(node, index, types));
  const seen = new Map<string, number>();
  for (const [index, { id }] of manifest.nodes.entries()) {
    const first = seen.get(id);
    if (first === undefined) seen.set(id, index);
    else {
      findings.push({
        path: ['nodes', index, 'id'],
        text: `nodes[${index}] has the id "${id}" of nodes[${first}]; give each node its own`,
      });
    }
  }
  const connections = checkConnections(manifest, seen);
  if (connections.length > 0) return [...findings, ...connections];
  const topology = sortTopologically([...seen.keys()], manifest.connections);
  if (topology.ok) return findings;
  const cycle = topology.cycle.join(' → ');
  const closing = manifest.connections.findIndex(
    ({ from, to }) => from === topology.cycle.at(-2) && to === topology.cycle.at(-1),
  );
  return [
    ...findings,
    {
      path: ['connections', closing],
      text: `the connections form a cycle: ${cycle}; remove one of them, data may only flow forward`,
    },
  ];
}

/** Fields that are accepted and change nothing here, so that nobody relies on them. */
export function findUnused(manifest: Manifest): readonly Finding[] {
  const findings: Finding[] = [];
  const note = (path: (string | number)[], text: string): void => {
    findings.push({ path, atKey: true, text: `${text} has no effect here` });
  };
  if (manifest.python_env !== undefined) note(['python_env'], 'python_env');
  if (manifest.metadata.auto_negotiate === true) {
    findings.push({
      path: ['metadata', 'auto_negotiate'],
      atKey: true,
      text: 'metadata.auto_negotiate has no effect: connect nodes that take each other’s format',
    });
  }
  for (const [index, node] of manifest.nodes.entries()) {
    for (const key of unusedNodeKeys) {
      if (node[key] !== undefined && node[key] !== null) {
        note(['nodes', index, key], `${key} of node "${node.id}"`);
      }
    }
    const placement = node.execution?.placement;
    if (placement !== undefined && placement !== null && placementOf(node) !== placement) {
      findings.push({
        path: ['nodes', index, 'execution', 'placement'],
        text: `placement "${placement}" of node "${node.id}" means thread here; write ${placements.join(', ')}`,
      });
    }
    for (const key of ['reason', 'fallback'] as const) {
      if (node.execution?.[key] !== undefined && node.execution[key] !== null)
        note(['nodes', index, 'execution', key], `execution.${key} of node "${node.id}"`);
    }
  }
  return findings;
}

function checkNode(node: ManifestNode, index: number, types: NodeTypes): readonly Finding[] {
  const module = node.execution?.module ?? undefined;
  if (placementOf(node) === 'process' && module === undefined) {
    return [
      {
        path: ['nodes', index, 'execution'],
        text: `node "${node.id}" runs in a Python process; name the Python module of "${node.node_type}" as execution.module`,
      },
    ];
  }
  // What a module has is known when it has been loaded, where the node runs.
  if (module !== undefined) return [];
  const type = types.get(node.node_type);
  if (type === undefined) {
    return [
      {
        path: ['nodes', index, 'node_type'],
        text: `node "${node.id}" has the unknown type "${node.node_type}"; known types are ${types.names.join(', ')}`,
      },
    ];
  }
  const place = (path: ManifestPath): string =>
    `${['params', ...path].join('.')} of node "${node.id}"`;
  return describeParams(type.params, node.params ?? {}, place).map((finding) => ({
    ...finding,
    path: ['nodes', index, 'params', ...finding.path],
  }));
}

function checkConnections(
  manifest: Manifest,
  nodes: ReadonlyMap<string, number>,
): readonly Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const [index, connection] of manifest.connections.entries()) {
    for (const end of ['from', 'to'] as const) {
      if (nodes.has(connection[end])) continue;
      findings.push({
        path: ['connections', index, end],
        text: `connections[${index}].${end} names "${connection[end]}", which is no node; nodes are ${[...nodes.keys()].join(', ')}`,
      });
    }
    const key = JSON.stringify([connection.from, connection.to]);
    if (seen.has(key)) {
      findings.push({
        path: ['connections', index],
        text: `${connection.from} → ${connection.to} is connected twice; remove connections[${index}]`,
      });
    }
    seen.add(key);
  }
  return findings;
}
