import type { Micros } from '@rm/codecs';

/** What a node makes of its input: works on it (`enabled`), lets it pass unchanged, or lets nothing pass. */
export type NodeState = 'enabled' | 'bypassed' | 'disabled';

/** What one node has done since the session began. */
export interface NodeStats {
  readonly id: string;
  /** `node_type` as the manifest writes it. */
  readonly type: string;
  /** Pieces of data that came to the node. */
  readonly in: number;
  /** Pieces of data it emitted. */
  readonly out: number;
  /** Whether it works, is passed by, or lets nothing pass. */
  readonly state: NodeState;
  /** Pieces its queues dropped or refused. */
  readonly dropped: number;
  /** Pieces that ended here while it was disabled. */
  readonly skipped: number;
  /** Failures, each with an error event. */
  readonly errors: number;
  /** Pieces that wait in front of it now. */
  readonly queued: number;
  /**
   * Time spent in `process`: without the nodes behind it when it is synchronous, until the promise settled,
   * waiting included, when it is not.
   */
  readonly processing: Micros;
}

/** What passed along one connection, and what became of what had to wait at its end. */
export interface EdgeStats {
  /** The node it comes from; undefined for what the session was sent. */
  readonly from: string | undefined;
  readonly to: string;
  readonly passed: number;
  /** Pieces dropped by policy, refused, or flushed. */
  readonly dropped: number;
  readonly queued: number;
}

/** What left the pipeline. */
export interface OutputStats {
  /** Pieces that output nodes emitted. */
  readonly out: number;
  /** Pieces dropped or refused because nobody called `receive` in time. */
  readonly dropped: number;
  /** Pieces that wait for `receive`. */
  readonly queued: number;
  /** Listeners that threw. */
  readonly errors: number;
  /** Time spent in output listeners. */
  readonly processing: Micros;
}

/** Counters of a session, all since its beginning. */
export interface PipelineStats {
  readonly nodes: readonly NodeStats[];
  readonly edges: readonly EdgeStats[];
  readonly output: OutputStats;
}
