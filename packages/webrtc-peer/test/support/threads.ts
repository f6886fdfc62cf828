import type { Backend, MeshNode, MeshOptions } from '../../src/index.js';
import { Mesh, WorkerMesh } from '../../src/index.js';
import type { SignalingServer } from './memory-signaling.js';

/** Where the media path of a node can run. */
export const THREADS = ['in this thread', 'in a worker'] as const;
export type Thread = (typeof THREADS)[number];

/** Options that can cross to a worker; `random` is one number again and again. */
export type CrossingOptions = Omit<
  MeshOptions,
  'signaling' | 'backend' | 'opus' | 'clock' | 'flightRecorder' | 'random'
> & { readonly random?: number };

/** A node that is not connected yet. */
export async function createNode(
  thread: Thread,
  server: SignalingServer,
  backend: Backend,
  peerId: string,
  { random, ...options }: CrossingOptions = {},
): Promise<MeshNode> {
  if (thread === 'in a worker') {
    const url = await server.address(peerId);
    const setup = new URL('mesh-setup.mjs', import.meta.url);
    return WorkerMesh.create({ setup, data: { url, peerId, random, options } });
  }
  return Mesh.create({
    ...options,
    signaling: server.client(peerId),
    backend,
    ...(random !== undefined && { random: () => random }),
  });
}
