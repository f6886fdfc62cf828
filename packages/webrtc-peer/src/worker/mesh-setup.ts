import type { Transferable } from 'node:worker_threads';
import type { MeshOptions } from '../mesh/mesh-options.js';
import type { MeshStatistics } from '../mesh/statistics.js';

/**
 * Default export of the module that sets a mesh up in its worker: makes there what cannot cross threads, the signaling
 * client with its sockets and the backend. `data` is a clone of what `WorkerMesh.create` was given. The clock is that of
 * the process, which is the same in all threads.
 */
export type MeshSetup<Data = never> = (
  data: Data,
) => Omit<MeshOptions, 'clock'> | Promise<Omit<MeshOptions, 'clock'>>;

/** How a `WorkerMesh` is made. */
export interface WorkerMeshOptions {
  /** Address of an ES module whose default export is a `MeshSetup`; it is imported and called in the worker. */
  readonly setup: URL | string;
  /** What that is called with; it must be possible to clone it (`structuredClone`). */
  readonly data?: unknown;
  /** What of `data` moves instead: a `MessagePort`, to reach what the setup makes, such as a flight recorder. */
  readonly transfer?: readonly Transferable[];
}

/** What was dropped because one of the threads did not keep up. */
export interface CrossingDrops {
  /** Received ticks. */
  readonly ticks: number;
  /** Received pictures, replaced by newer ones. */
  readonly pictures: number;
  readonly encodedPictures: number;
  /** Received application messages and states of peers. */
  readonly messages: number;
  /** Received on data channels that may lose messages. */
  readonly channelMessages: number;
  /** Written sound, in pieces of up to 10 ms. */
  readonly writtenPieces: number;
  /** Written pictures, replaced by newer ones. */
  readonly writtenPictures: number;
}

/** Statistics of a `WorkerMesh`: those of the mesh, and what was lost between the threads. */
export interface WorkerMeshStatistics extends MeshStatistics {
  readonly dropped: CrossingDrops;
}
