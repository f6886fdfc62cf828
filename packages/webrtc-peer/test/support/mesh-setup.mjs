// Sets up a mesh in a worker: what cannot cross threads is made here.
import { SignalingClient } from '@rm/signaling-protocol';
import { systemClock, weriftBackend } from '@rm/webrtc-peer';
import { WebSocket } from 'ws';

/** @type {import('@rm/webrtc-peer').MeshSetup<{ url: string, peerId: string, random?: number, options: object }>} */
export default async ({ url, peerId, random, options }) => {
  const signaling = new SignalingClient({
    url,
    peerId,
    room: 'test',
    runtime: {
      createSocket: (address, protocols) => new WebSocket(address, protocols),
      clock: systemClock,
      random: () => 0.5,
    },
  });
  const given = random === undefined ? {} : { random: () => random };
  return { ...options, ...given, signaling, backend: await weriftBackend() };
};
