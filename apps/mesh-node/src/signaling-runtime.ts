import { readFileSync } from 'node:fs';
import type { SignalingRuntime } from '@rm/signaling-protocol';
import { systemClock } from '@rm/webrtc-peer';
import { WebSocket } from 'ws';

/**
 * Sockets, clock and chance of this process, for the signaling client. The token in `tokenFile` is
 * read for every connection, so that it can be replaced before it expires.
 */
export const signalingRuntime = (tokenFile: string | undefined): SignalingRuntime => ({
  createSocket: (url, protocols) =>
    new WebSocket(url, protocols, {
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
      ...(tokenFile !== undefined && {
        headers: { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` },
      }),
    }),
  clock: systemClock,
  random: Math.random,
});
