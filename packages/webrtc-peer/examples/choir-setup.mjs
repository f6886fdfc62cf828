import { SignalingClient } from '@rm/signaling-protocol';
import { systemClock, weriftBackend } from '@rm/webrtc-peer';
import { WebSocket } from 'ws';

/**
 * Runs in the worker: makes there what cannot cross threads.
 * @type {import('@rm/webrtc-peer').MeshSetup<{ url: string, peerId: string }>}
 */
export default async ({ url, peerId }) => {
  const runtime = {
    createSocket: (address, protocols) => new WebSocket(address, protocols),
    clock: systemClock,
    random: Math.random,
  };
  const signaling = new SignalingClient({ url, peerId, room: 'choir', runtime });
  return { signaling, backend: await weriftBackend() };
};
