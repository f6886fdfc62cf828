import type { ZodType } from 'zod';
import type { RuntimeData } from '../runtime-data/runtime-data.js';

/** Passes data to every node behind; returns when all that are synchronous have handled it. */
export type Emit = (data: RuntimeData) => void;

/**
 * One processing step of one session.
 *
 * Data is borrowed: its buffers are valid until `process` returns, or for an asynchronous node until its
 * promise settles. What a node emits it lends in the same way: until `emit` returns.
 */
export interface PipelineNode {
  /**
   * True when `process` returns promises. Such a node gets copies, through a bounded queue in front of it, one
   * at a time and in order. Default false: it gets the sender's own buffers, with no copy.
   */
  readonly asynchronous?: boolean;
  /**
   * True when an asynchronous node has no more need of the buffers once `process` has returned: it has copied them,
   * or holds their lease. Its promise then only says when the next piece may come, and nothing is copied for it.
   */
  readonly handsOff?: boolean;
  /**
   * True when `process` writes into the data's buffers. It then gets some that nobody else sees, copied only if
   * somebody else could, and gives up what it emits. Default false: they are only read.
   */
  readonly mutates?: boolean;
  /** Called once, before any data; a rejection fails the creation of the session. */
  open?(): void | Promise<void>;
  /** Handles one piece of data and emits any number of results; a throw costs that piece only. */
  process(data: RuntimeData, emit: Emit): void | Promise<void>;
  /**
   * Gives up what the node works on and holds back: because nobody wants it any more (`flush`), or because it took
   * longer than it may (`timeout`).
   */
  flush?(reason: 'flush' | 'timeout'): void | Promise<void>;
  /** Called once, after the last data has been processed; releases what the node holds. */
  close?(): void | Promise<void>;
}

/** What a node is told about the place it runs in. */
export interface NodeContext {
  /** The node's id in the manifest. */
  readonly nodeId: string;
  /** Emits outside of `process`: at any time from the end of `open` to that of `close`. */
  readonly emit: Emit;
  /** Reports a failure outside of `process` (a disk, a socket) as an error event of this node. */
  readonly reportError: (error: unknown) => void;
}

/** A kind of node that manifests can name. */
export interface NodeType {
  /** What manifests write as `node_type`. */
  readonly name: string;
  /** Further names of the same type. */
  readonly aliases: readonly string[];
  /** What `params` must look like. */
  readonly params: ZodType;
  /** Makes a node; `params` has passed the schema. */
  create(params: unknown, context: NodeContext): PipelineNode;
}

/** Declares a node type; `create` receives what the `params` schema returns, typed by it. */
export function defineNode<Params>(definition: {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly params: ZodType<Params>;
  create(params: Params, context: NodeContext): PipelineNode;
}): NodeType {
  return {
    name: definition.name,
    aliases: definition.aliases ?? [],
    params: definition.params,
    create: (params, context) => definition.create(definition.params.parse(params), context),
  };
}
