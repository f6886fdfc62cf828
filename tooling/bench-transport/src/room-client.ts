import { SignalingClient } from '@rm/signaling-protocol';
import { systemClock } from '@rm/webrtc-peer';
import { WebSocket } from 'ws';

/** A client of the signaling server at `url` that is not connected yet. */
export const roomClient = (url: string, room: string, peerId: string): SignalingClient =>
  new SignalingClient({
    url,
    peerId,
    room,
    capabilities: ['audio', 'video', 'data'],
    runtime: {
      createSocket: (address, protocols) =>
        new WebSocket(address, protocols, { perMessageDeflate: false }),
      clock: systemClock,
      random: Math.random,
    },
  });
