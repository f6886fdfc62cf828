import type { SignalingRuntime } from '@rm/signaling-protocol';
import { systemClock } from '@rm/webrtc-peer';
import { WebSocket } from 'ws';

/** Sockets, clock and chance of this process, for the signaling client. */
export const signalingRuntime: SignalingRuntime = {
  createSocket: (url, protocols) =>
    new WebSocket(url, protocols, { perMessageDeflate: false, handshakeTimeout: 10_000 }),
  clock: systemClock,
  random: Math.random,
};
