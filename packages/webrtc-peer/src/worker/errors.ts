/** Why the mesh's thread is there no more: it failed, or the mesh was closed. */
export type MeshWorkerFault = 'WORKER_FAILED' | 'WORKER_CLOSED';

/** The thread that runs the mesh is gone, or did not answer. */
export class MeshWorkerError extends Error {
  override readonly name = 'MeshWorkerError';
  readonly code: MeshWorkerFault;

  constructor(code: MeshWorkerFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
