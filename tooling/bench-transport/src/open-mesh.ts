import { millis } from '@rm/rtp-sync';
import { SignalingClient } from '@rm/signaling-protocol';
import { Mesh, systemClock, weriftBackend } from '@rm/webrtc-peer';
import { WebSocket } from 'ws';

/** A node as `rm-mesh-node` makes it without options; it is not connected yet. */
export async function openMesh(url: string, peerId: string): Promise<Mesh> {
  return Mesh.create({
    signaling: new SignalingClient({
      url,
      peerId,
      room: 'bench',
      capabilities: ['audio', 'data'],
      runtime: {
        createSocket: (address, protocols) =>
          new WebSocket(address, protocols, { perMessageDeflate: false }),
        clock: systemClock,
        random: Math.random,
      },
    }),
    backend: await weriftBackend(),
    playoutDelay: { start: millis(15), min: millis(15), max: millis(500) },
  });
}
