import type { RuntimeData } from '../runtime-data/runtime-data.js';

/** What a worker thread is started with. */
export interface NodeJob {
  readonly nodeId: string;
  readonly nodeType: string;
  readonly params: unknown;
  /** URL of the module that exports the node type; undefined for a built-in one. */
  readonly module: string | undefined;
}

/** To the worker. Buffers are in shared memory and carry no lease; the sender holds it until `done`. */
export type ToNode =
  | { readonly kind: 'data'; readonly sequence: number; readonly data: RuntimeData }
  /** A buffer of the worker's is not used any more. */
  | { readonly kind: 'release'; readonly buffer: number }
  /** Whatever waits is not wanted any more. */
  | { readonly kind: 'flush' }
  /** No more data comes: finish, close, and say so. */
  | { readonly kind: 'close' };

/** From the worker. */
export type FromNode =
  | { readonly kind: 'opened'; readonly mutates: boolean }
  | {
      readonly kind: 'emitted';
      readonly data: RuntimeData;
      /** The worker's buffer that the data is in, to be released; or the sequence number of the input whose it is. */
      readonly buffer?: number;
      readonly input?: number;
    }
  | { readonly kind: 'done'; readonly sequence: number }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'closed' };
