import type { ManifestProblem } from './manifest/problem.js';

/** Why a node is in an `error` event. */
export type NodeErrorCode =
  | 'NODE_OPEN_FAILED'
  | 'NODE_FAILED'
  | 'NODE_CLOSE_FAILED'
  | 'NODE_QUEUE_FULL'
  | 'NODE_TIMEOUT'
  | 'UNDECLARED_PROMISE'
  | 'TOO_MANY_OUTPUTS'
  | 'LISTENER_FAILED';

/** Something went wrong at one node; the rest of the pipeline goes on. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: NodeErrorCode;
  /** The node's id in the manifest; for `LISTENER_FAILED` the node whose output was being delivered. */
  readonly nodeId: string;

  constructor(code: NodeErrorCode, nodeId: string, message: string, cause?: unknown) {
    super(
      `node "${nodeId}": ${message}`,
      // An absent cause must stay absent: `cause: undefined` prints as one.
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.nodeId = nodeId;
  }
}

/** Thrown when a session is created from a manifest that can't run; `problems` has them all. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'INVALID_MANIFEST';
  readonly problems: readonly ManifestProblem[];

  constructor(problems: readonly ManifestProblem[]) {
    super(
      `the manifest can't run; correct it and create the session again:\n${problems
        .map((problem) => problem.message)
        .join('\n')}`,
    );
    this.problems = problems;
  }
}

/** Thrown when a session or a pipeline is used after it was closed. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError';
  readonly code = 'CLOSED';

  constructor(what: string) {
    super(`the ${what} is closed; create a new one`);
  }
}

/** Thrown when data is sent to a node that the manifest does not have. */
export class UnknownNodeError extends Error {
  override readonly name = 'UnknownNodeError';
  readonly code = 'UNKNOWN_NODE';

  constructor(nodeId: string, known: readonly string[]) {
    super(`there is no node "${nodeId}" in this session; its nodes are ${known.join(', ')}`);
  }
}

/** Thrown when two node types claim the same name. */
export class DuplicateNodeTypeError extends Error {
  override readonly name = 'DuplicateNodeTypeError';
  readonly code = 'DUPLICATE_NODE_TYPE';

  constructor(name: string) {
    super(`node type "${name}" is registered already; choose another name`);
  }
}

/** Thrown when a `MultiPeerPipeline` is used in a way its options exclude. */
export class PipelineUseError extends Error {
  override readonly name = 'PipelineUseError';
  readonly code = 'PIPELINE_USE';
}

/** Why a WAV file is not, or no longer, written as asked. */
export type WavErrorCode = 'WAV_WRITE_FAILED' | 'WAV_FORMAT' | 'WAV_FULL' | 'WAV_BACKLOG';

/** Reported by `WavWriter`, at most once for each code. */
export class WavError extends Error {
  override readonly name = 'WavError';
  readonly code: WavErrorCode;

  constructor(code: WavErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What was thrown, in words. */
export function errorText(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
