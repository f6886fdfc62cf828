import type { Micros } from '@rm/codecs';

/** What one node has done since the session began. */
export interface NodeStats {
  readonly id: string;
  /** `node_type` as the manifest writes it. */
  readonly type: string;
  /** Pieces of data that came to the node. */
  readonly in: number;
  /** Pieces of data it emitted. */
  readonly out: number;
  /** Pieces its queue dropped or refused. */
  readonly dropped: number;
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

/** What passed along one connection. */
export interface EdgeStats {
  readonly from: string;
  readonly to: string;
  readonly passed: number;
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
