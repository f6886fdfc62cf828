import { type MeshNode, WorkerMesh } from '@rm/webrtc-peer';

/** As `Mesh.create`, and from here on the same; only that the media path has a thread of its own. */
export function createNode(url: string, peerId: string): Promise<MeshNode> {
  const setup = new URL('choir-setup.mjs', import.meta.url);
  return WorkerMesh.create({ setup, data: { url, peerId } });
}
