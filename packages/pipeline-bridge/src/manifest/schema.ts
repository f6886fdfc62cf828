import { z } from 'zod';

const id = z.string().min(1).max(128);

/** Where a node can run. */
export const placements = ['thread', 'worker', 'process'] as const;
/** RemoteMedia's own words for where: all of them mean this thread here. */
export const foreignPlacements = [
  '',
  'auto',
  'local',
  'prefer_local',
  'remote',
  'prefer_remote',
] as const;

const execution = z.strictObject({
  placement: z.enum([...placements, ...foreignPlacements]).nullish(),
  module: z.string().min(1).nullish(),
  open_timeout_ms: z.int().min(1).max(3_600_000).nullish(),
  timeout_ms: z.int().min(1).max(3_600_000).nullish(),
  reason: z.string().nullish(),
  fallback: z.string().nullish(),
});

/** RemoteMedia's fields about where and on what a node runs: accepted, kept, without effect in this runner. */
const metadata = z.strictObject({
  name: z.string().min(1),
  description: z.string().nullish(),
  created_at: z.string().nullish(),
  auto_negotiate: z.boolean().nullish(),
});

const node = z.strictObject({
  id,
  node_type: z.string().min(1),
  params: z.record(z.string(), z.unknown()).nullish(),
  is_streaming: z.boolean().nullish(),
  is_output_node: z.boolean().nullish(),
  capabilities: z.unknown().optional(),
  media_capabilities: z.unknown().optional(),
  host: z.unknown().optional(),
  runtime_hint: z.unknown().optional(),
  execution: execution.nullish(),
  docker: z.unknown().optional(),
  fast_path: z.unknown().optional(),
  python_deps: z.unknown().optional(),
});

const connection = z.strictObject({ from: id, to: id });

/** The shape of a manifest, before its graph and its nodes' params are looked at. */
export const manifestSchema = z.strictObject({
  version: z.literal('v1'),
  metadata,
  nodes: z.array(node).min(1).max(256),
  connections: z.array(connection).max(4096),
  python_env: z.unknown().optional(),
});

/** The keys an object of the manifest may have, by the kind of object. */
export const manifestKeys = {
  root: Object.keys(manifestSchema.shape),
  metadata: Object.keys(metadata.shape),
  node: Object.keys(node.shape),
  execution: Object.keys(execution.shape),
  connection: Object.keys(connection.shape),
} as const;

/** Node fields that are accepted because RemoteMedia writes them, and change nothing here. */
export const unusedNodeKeys = [
  'capabilities',
  'media_capabilities',
  'host',
  'runtime_hint',
  'docker',
  'fast_path',
  'python_deps',
] as const;

/** Where and from what a node is run. */
export interface NodeExecution {
  /**
   * `thread` (default): where the session is made, without copies. `worker`: in a worker thread of its own. `process`:
   * in a Python process. RemoteMedia's `local`, `remote`, … are accepted and mean `thread`.
   */
  readonly placement?:
    | (typeof placements)[number]
    | (typeof foreignPlacements)[number]
    | null
    | undefined;
  /**
   * What has the node type, unless it is one that the runner knows: a file, relative to `PipelineRunnerOptions.modulesFrom`,
   * or the name of an npm package; for `process` a Python module.
   */
  readonly module?: string | null | undefined;
  /** Longest time until the node is open, 1…3,600,000 ms; default 10,000, and 300,000 in a process. */
  readonly open_timeout_ms?: number | null | undefined;
  /**
   * Longest time for one piece of data, 1…3,600,000 ms; default 30,000. Then the piece is given up with NODE_TIMEOUT, and
   * a worker or process is started anew. What blocks this thread itself cannot be ended.
   */
  readonly timeout_ms?: number | null | undefined;
  /** RemoteMedia's; accepted without effect. */
  readonly reason?: string | null | undefined;
  readonly fallback?: string | null | undefined;
}

/** One node of a manifest. */
export interface ManifestNode {
  /** Unique in the manifest, 1–128 characters. */
  readonly id: string;
  /** The name or an alias of a registered node type. */
  readonly node_type: string;
  /** The node type's own parameters. */
  readonly params?: Readonly<Record<string, unknown>> | null | undefined;
  /** Accepted as RemoteMedia writes it; every node here streams. */
  readonly is_streaming?: boolean | null | undefined;
  /** True to make what the node emits an output of the pipeline, though other nodes follow. */
  readonly is_output_node?: boolean | null | undefined;
  readonly execution?: NodeExecution | null | undefined;
  /** RemoteMedia's fields on placement: accepted, with a warning that they have no effect. */
  readonly capabilities?: unknown;
  readonly media_capabilities?: unknown;
  readonly host?: unknown;
  readonly runtime_hint?: unknown;
  readonly docker?: unknown;
  readonly fast_path?: unknown;
  readonly python_deps?: unknown;
}

/** Where the node runs. */
export function placementOf({ execution: where }: ManifestNode): (typeof placements)[number] {
  return placements.find((each) => each === where?.placement) ?? 'thread';
}

/** A RemoteMedia manifest, version 1: a graph of nodes, written as in its YAML and JSON files. */
export interface Manifest {
  readonly version: 'v1';
  readonly metadata: {
    readonly name: string;
    readonly description?: string | null | undefined;
    readonly created_at?: string | null | undefined;
    readonly auto_negotiate?: boolean | null | undefined;
  };
  /** 1–256 nodes. Those no connection leads to are the pipeline's inputs. */
  readonly nodes: readonly ManifestNode[];
  /** Up to 4096 connections. Nodes none leaves from are the pipeline's outputs. */
  readonly connections: readonly { readonly from: string; readonly to: string }[];
  readonly python_env?: unknown;
}
